//! A step as it would be laid apart from what is below it.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Directory, Maker, Node, ROOT_OWNED, Rest, Tree, lineage};
use crate::accounts::Accounts;
use crate::paths::{absolute_file, parent};
use crate::plan::{Apart, CopyFilter, FileChange, Name, Owner, has_wildcard};

/// The directories that a change makes where they are missing.
#[derive(Clone, Copy)]
struct New {
    /// Their permissions and owner; `None` where releases of the daemon differ.
    meta: Option<Directory>,
    /// Whether it makes them at all.
    surely: bool,
}

/// A step as it would be laid apart.
pub(super) struct Attempt<'k> {
    index: usize,
    accounts: Option<&'k Accounts>,
    tree: Tree,
    /// The steps on whose layers it has to be made.
    after: BTreeSet<usize>,
    /// The directories that it meets and must leave as they are.
    kept: BTreeMap<String, Directory>,
    /// Whether directories that are not there come out as [`ROOT_OWNED`] by themselves.
    all_root_owned: bool,
}

impl<'k> Attempt<'k> {
    /// The attempt and its changes, with numbers for names; `None` where files could come out other than on top.
    pub(super) fn of(
        tree: &Tree,
        accounts: Option<&'k Accounts>,
        index: usize,
        changes: &[FileChange],
    ) -> Option<(Self, Vec<FileChange>)> {
        let tree = tree.clone();
        let (after, kept) = (BTreeSet::new(), BTreeMap::new());
        let mut attempt = Self { index, accounts, tree, after, kept, all_root_owned: true };
        let numbered = changes.iter().map(|change| attempt.change(change)).collect::<Option<_>>()?;
        Some((attempt, numbered))
    }

    /// What to do, all steps that the layer stands on, and what is known then.
    pub(super) fn finish(self, below: &BTreeMap<usize, BTreeSet<usize>>) -> (Apart, BTreeSet<usize>, Tree) {
        let needed = |path: &str, meta: &Directory| {
            // The deepest one of a line of equals makes those above it.
            !self.kept.iter().any(|(other, same)| parent(other) == path && same == meta)
        };
        let by_itself = self.all_root_owned && self.kept.values().all(|meta| *meta == ROOT_OWNED);
        let kept = self.kept.iter().filter(|(path, meta)| !by_itself && needed(path, meta));
        let directories = kept.map(|(path, meta)| FileChange::Mkdir {
            path: path.clone(),
            mode: meta.mode,
            owner: Some(Owner { user: Name::Id(meta.uid), group: Some(Name::Id(meta.gid)) }),
        });
        let directories = directories.collect();
        let covered: BTreeSet<usize> =
            self.after.iter().filter_map(|at| below.get(at)).flatten().copied().collect();
        let after = self.after.difference(&covered).copied().collect();
        let all = self.after.union(&covered).copied().collect();
        (Apart { directories, after }, all, self.tree)
    }

    fn change(&mut self, change: &FileChange) -> Option<FileChange> {
        let mut numbered = change.clone();
        match &mut numbered {
            FileChange::Copy { sources, dest, owner, mode, filter, unpack, .. } => {
                let chooses = *filter != CopyFilter::default();
                if *unpack || chooses || sources.iter().any(|source| source.parents_below.is_some()) {
                    return None;
                }
                self.number(owner)?;
                let meta = mode.is_none().then(|| owned(0o755, owner.as_ref()));
                let new = New { meta, surely: !sources.iter().any(|source| has_wildcard(&source.path)) };
                self.copy(dest, new)?;
            }
            FileChange::Fetch { unpack: true, .. } | FileChange::Remove { .. } => return None,
            FileChange::Fetch { path, dest, owner, mode, .. } => {
                self.number(owner)?;
                let meta = mode.is_none().then(|| owned(0o755, owner.as_ref()));
                self.copy(dest, New { meta, surely: !has_wildcard(path) })?;
            }
            FileChange::Write { path, owner, .. } => {
                self.number(owner)?;
                self.file(path)?;
            }
            FileChange::Mkdir { path, mode, owner } => {
                self.number(owner)?;
                let meta = owned(*mode, owner.as_ref());
                if !exact(meta) && matches!(self.tree.at(path), (_, Node::Directory { .. })) {
                    return None;
                }
                self.directory(path, New { meta: Some(meta), surely: true })?;
            }
            FileChange::Symlink { path, .. } => {
                self.file(path)?;
                self.tree.put(path, Node::Unknown(Some(self.index)));
            }
        }
        Some(numbered)
    }

    /// Puts numbers for names. A name that is not known would be root's to the daemon: that is left to it.
    fn number(&self, owner: &mut Option<Owner>) -> Option<()> {
        let Some(named) = owner.as_ref().filter(|owner| owner.is_named()) else { return Some(()) };
        let (uid, gid) = match &named.user {
            Name::Id(id) => (*id, *id),
            Name::Named(name) => self.accounts?.user(name).map(|user| (user.uid, user.gid))?,
        };
        let gid = match &named.group {
            None => gid,
            Some(Name::Id(id)) => *id,
            Some(Name::Named(name)) => self.accounts?.group(name)?.gid,
        };
        *owner = Some(Owner { user: Name::Id(uid), group: Some(Name::Id(gid)) });
        Some(())
    }

    /// Anything is copied to a path, or into it.
    fn copy(&mut self, dest: &str, new: New) -> Option<()> {
        let path = absolute_file("/", dest);
        if dest.ends_with('/') {
            self.directory(&path, new)?;
            return self.fill(&path);
        }
        self.directory(parent(&path), new)?;
        match self.tree.at(&path) {
            (_, Node::Directory { meta: Some(_), .. }) => {
                self.directory(&path, new)?;
                self.fill(&path)
            }
            _ => self.replace(&path),
        }
    }

    /// A file is put at a path, in a directory that is there.
    fn file(&mut self, path: &str) -> Option<()> {
        self.directory(parent(path), New { meta: Some(ROOT_OWNED), surely: true })?;
        self.replace(path)
    }

    /// A file, or what is no directory yet, is put at a path.
    fn replace(&mut self, path: &str) -> Option<()> {
        match self.tree.at(path) {
            (_, Node::Missing) => {}
            (at, Node::Plain(maker)) if at == path => self.follow(maker)?,
            (_, Node::Directory { meta: None, rest, maker }) => {
                self.follow(maker)?;
                self.follow_content(path, rest)?;
            }
            (_, Node::Directory { .. } | Node::Plain(_) | Node::Unknown(_)) => return None,
        }
        self.tree.put(path, Node::Plain(Some(self.index)));
        Some(())
    }

    /// A directory is made where it is missing, with those above it.
    ///
    /// What a symbolic link of another layer leads to may be the base's, of which nothing is to be seen where the step is laid
    /// apart: no path may lead through one, nor through what is in a tree that was copied, which may hold some.
    fn directory(&mut self, path: &str, new: New) -> Option<()> {
        self.all_root_owned &= new.meta == Some(ROOT_OWNED);
        // What is made in a directory with other bits takes over some of them.
        let mut meta = new.meta.filter(|_| new.surely);
        for part in lineage(path) {
            match self.tree.at(part) {
                (_, Node::Directory { meta: above, maker, .. }) => {
                    self.keep(part, above, maker)?;
                    meta = meta.filter(|_| above.is_some_and(exact));
                }
                (at, Node::Missing) => {
                    let node = Node::Directory { meta, rest: Rest::Missing, maker: Some(self.index) };
                    self.tree.put(at, node);
                    meta = meta.filter(|meta| exact(*meta));
                }
                (at, Node::Plain(maker)) if at == path => {
                    self.follow(maker)?;
                    self.tree.put(at, Node::Plain(Some(self.index)));
                }
                (_, Node::Plain(_) | Node::Unknown(_)) => return None,
            }
        }
        self.tree.make_missing(path, Some(self.index));
        Some(())
    }

    /// Anything is put into a directory that is there. No link in it is followed.
    fn fill(&mut self, path: &str) -> Option<()> {
        let (at, Node::Directory { rest, .. }) = self.tree.at(path) else { return Some(()) };
        self.follow_content(at, rest)?;
        self.tree.fill(at, self.index);
        Some(())
    }

    /// What is in a directory must be there when the step is laid apart.
    fn follow_content(&mut self, path: &str, rest: Rest) -> Option<()> {
        if let Rest::Unknown(maker) = rest {
            self.follow(maker)?;
        }
        for node in self.tree.below(path).collect::<Vec<_>>() {
            match node {
                Node::Missing => {}
                Node::Plain(maker) | Node::Unknown(maker) => self.follow(maker)?,
                Node::Directory { rest, maker, .. } => {
                    self.follow(maker)?;
                    if let Rest::Unknown(maker) = rest {
                        self.follow(maker)?;
                    }
                }
            }
        }
        Some(())
    }

    /// What is there must be there when the step is laid apart.
    fn follow(&mut self, maker: Maker) -> Option<()> {
        let maker = maker?;
        if maker != self.index {
            self.after.insert(maker);
        }
        Some(())
    }

    /// A directory that is there must come out as it is.
    fn keep(&mut self, path: &str, meta: Option<Directory>, maker: Maker) -> Option<()> {
        if maker == Some(self.index) {
            return Some(());
        }
        match meta.filter(|meta| exact(*meta)) {
            Some(meta) => {
                self.kept.insert(path.to_owned(), meta);
                Some(())
            }
            None => self.follow(maker),
        }
    }
}

/// Whether a new directory comes out with these permissions: the daemon cuts others, and what is made in a directory
/// with the setgid bit takes over its group.
pub(super) fn exact(meta: Directory) -> bool {
    meta.mode & 0o7022 == 0
}

pub(super) fn owned(mode: u32, owner: Option<&Owner>) -> Directory {
    let id = |name: &Name| match name {
        Name::Id(id) => *id,
        Name::Named(_) => 0,
    };
    let uid = owner.map_or(0, |owner| id(&owner.user));
    let gid = owner.map_or(0, |owner| owner.group.as_ref().map_or(uid, id));
    Directory { mode, uid, gid }
}
