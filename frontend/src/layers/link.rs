//! Whether a step can be laid apart from what is below it.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{Directory, Facts, Maker, Node, ROOT_OWNED, Rest, Tree, lineage};
use crate::accounts::{AccountFiles, Accounts, GROUP, PASSWD};
use crate::paths::{absolute_file, parent};
use crate::plan::{Action, Apart, CopyFilter, FileChange, Name, Owner, Place, StepPlan, has_wildcard};

/// What is known of a stage between two of its steps.
pub(super) struct Known {
    tree: Tree,
    accounts: Option<Accounts>,
    /// For each step of the stage that is laid apart, those that its layer stands on.
    below: BTreeMap<usize, BTreeSet<usize>>,
}

impl Known {
    pub(super) fn nothing_there() -> Self {
        Self { tree: Tree::empty(), accounts: Some(Accounts::default()), below: BTreeMap::new() }
    }

    pub(super) fn from(facts: &Facts) -> Self {
        Self { tree: Tree::of(facts), accounts: facts.accounts.clone(), below: BTreeMap::new() }
    }

    /// What the steps before made is what the next stage starts from.
    pub(super) fn next_stage(&mut self) {
        self.tree.forget_makers();
        self.below.clear();
    }

    /// Decides where the step at a position of its stage makes its changes, and learns what it does.
    pub(super) fn step(&mut self, index: usize, step: &mut StepPlan) {
        if step.comes_to_nothing() {
            return;
        }
        let Action::Files(changes) = &mut step.action else { return self.forget() };
        match step.link {
            // It may have replaced any directory above its files.
            Some(true) => self.forget(),
            Some(false) => self.on_top(changes),
            None => match Attempt::of(self, index, changes) {
                Some((attempt, numbered)) => {
                    let (apart, after, tree) = attempt.finish(&self.below);
                    self.tree = tree;
                    self.below.insert(index, after);
                    *changes = numbered;
                    step.place = Place::Apart(apart);
                }
                None => self.on_top(changes),
            },
        }
        for change in changes.iter() {
            self.learn_accounts(change);
        }
    }

    /// Learns what a change does to the files that name users and groups.
    fn learn_accounts(&mut self, change: &FileChange) {
        match (change, &mut self.accounts) {
            (FileChange::Write { path, content, .. }, Some(accounts)) if path == PASSWD || path == GROUP => {
                let content = Some(content.clone());
                let files =
                    AccountFiles { passwd: content.clone(), group: content, ..AccountFiles::default() };
                let named = files.accounts();
                if path == PASSWD {
                    accounts.users = named.users;
                } else {
                    accounts.groups = named.groups;
                }
            }
            _ if written(change).is_some_and(holds_accounts) => self.accounts = None,
            _ => {}
        }
    }

    fn forget(&mut self) {
        (self.tree, self.accounts) = (Tree::unknown(), None);
    }

    /// Learns what changes do that are made on what is there.
    fn on_top(&mut self, changes: &[FileChange]) {
        for change in changes {
            let path = match change {
                FileChange::Copy { dest, .. } | FileChange::Fetch { dest, .. } => absolute_file("/", dest),
                FileChange::Remove { path, .. } if has_wildcard(path) => return self.forget(),
                FileChange::Write { path, .. }
                | FileChange::Mkdir { path, .. }
                | FileChange::Symlink { path, .. }
                | FileChange::Remove { path, .. } => path.clone(),
            };
            match self.tree.at(&path) {
                (_, Node::Directory { .. }) if matches!(change, FileChange::Mkdir { .. }) => {}
                (at, Node::Directory { meta, .. }) if !matches!(change, FileChange::Remove { .. }) => {
                    let node = Node::Directory { meta, rest: Rest::Unknown(None), maker: None };
                    self.tree.put(at, node);
                }
                (at, Node::File) if at == path && matches!(change, FileChange::Write { .. }) => {
                    self.tree.put(at, Node::File);
                }
                (at, Node::Missing) if at == path => {
                    let above = self.tree.at(parent(at)).1;
                    self.tree.put(at, made(change, above));
                }
                (at, Node::Missing | Node::File | Node::Directory { .. }) => {
                    self.tree.put(at, Node::Unknown(None));
                }
                // A symbolic link may lead anywhere.
                (_, Node::Unknown(_)) => return self.forget(),
            }
        }
    }
}

/// What a change makes where nothing was; `above` is what it makes that in.
fn made(change: &FileChange, above: Node) -> Node {
    match (change, above) {
        (FileChange::Write { .. }, _) => Node::File,
        (FileChange::Mkdir { mode, owner, .. }, Node::Directory { meta, .. })
            if exact(meta) && !owner.as_ref().is_some_and(Owner::is_named) =>
        {
            Node::Directory { meta: owned(*mode, owner.as_ref()), rest: Rest::Missing, maker: None }
        }
        _ => Node::Unknown(None),
    }
}

/// Where a change puts files.
fn written(change: &FileChange) -> Option<&str> {
    match change {
        FileChange::Copy { dest, .. } | FileChange::Fetch { dest, .. } => Some(dest),
        FileChange::Write { path, .. }
        | FileChange::Symlink { path, .. }
        | FileChange::Remove { path, .. } => Some(path),
        FileChange::Mkdir { .. } => None,
    }
}

/// Whether what is put at a path may be the files that name users and groups.
fn holds_accounts(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    let above =
        |file: &str| file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    above("/etc/passwd") || above("/etc/group") || path.contains(['*', '?', '['])
}

/// The directories that a change makes where they are missing.
#[derive(Clone, Copy)]
struct New {
    /// Their permissions and owner; `None` where releases of the daemon differ.
    meta: Option<Directory>,
    /// Whether it makes them at all.
    surely: bool,
}

/// A step as it would be laid apart.
struct Attempt<'k> {
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
    fn of(known: &'k Known, index: usize, changes: &[FileChange]) -> Option<(Self, Vec<FileChange>)> {
        let (accounts, tree) = (known.accounts.as_ref(), known.tree.clone());
        let (after, kept) = (BTreeSet::new(), BTreeMap::new());
        let mut attempt = Self { index, accounts, tree, after, kept, all_root_owned: true };
        let numbered = changes.iter().map(|change| attempt.change(change)).collect::<Option<_>>()?;
        Some((attempt, numbered))
    }

    /// What to do, all steps that the layer stands on, and what is known then.
    fn finish(self, below: &BTreeMap<usize, BTreeSet<usize>>) -> (Apart, BTreeSet<usize>, Tree) {
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
                // It may lead anywhere: what is written through it finds the base's directories only on top of them.
                self.tree.put(path, Node::Unknown(None));
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
            (_, Node::Directory { .. }) => {
                self.directory(&path, new)?;
                self.fill(&path)
            }
            (at, node) => self.replace(at, node),
        }
    }

    /// A file is put at a path, in a directory that is there.
    fn file(&mut self, path: &str) -> Option<()> {
        self.directory(parent(path), New { meta: Some(ROOT_OWNED), surely: true })?;
        let (at, node) = self.tree.at(path);
        self.replace(at, node)
    }

    fn replace(&mut self, at: &str, node: Node) -> Option<()> {
        match node {
            Node::Missing => {}
            Node::Unknown(maker) => self.follow(maker)?,
            Node::File | Node::Directory { .. } => return None,
        }
        self.tree.put(at, Node::Unknown(Some(self.index)));
        Some(())
    }

    /// A directory is made where it is missing, with those above it.
    fn directory(&mut self, path: &str, new: New) -> Option<()> {
        self.all_root_owned &= new.meta == Some(ROOT_OWNED);
        for part in lineage(path) {
            match self.tree.at(part) {
                (_, Node::Directory { meta, maker, .. }) => self.keep(part, meta, maker)?,
                (at, Node::Unknown(maker)) => {
                    self.follow(maker)?;
                    self.tree.put(at, Node::Unknown(Some(self.index)));
                    return Some(());
                }
                (_, Node::File) => return None,
                (at, Node::Missing) => match new.meta.filter(|_| new.surely) {
                    Some(meta) => {
                        let node = Node::Directory { meta, rest: Rest::Missing, maker: Some(self.index) };
                        self.tree.put(at, node);
                    }
                    None => {
                        self.tree.put(at, Node::Unknown(Some(self.index)));
                        return Some(());
                    }
                },
            }
        }
        Some(())
    }

    /// Anything is put into a directory that is there.
    fn fill(&mut self, path: &str) -> Option<()> {
        let (at, Node::Directory { meta, rest, maker }) = self.tree.at(path) else { return Some(()) };
        if let Rest::Unknown(maker) = rest {
            self.follow(maker)?;
        }
        for node in self.tree.below(path).collect::<Vec<_>>() {
            match node {
                Node::Missing => {}
                Node::File => return None,
                Node::Unknown(maker) => self.follow(maker)?,
                Node::Directory { rest, maker, .. } => {
                    self.follow(maker)?;
                    if let Rest::Unknown(maker) = rest {
                        self.follow(maker)?;
                    }
                }
            }
        }
        self.tree.put(at, Node::Directory { meta, rest: Rest::Unknown(Some(self.index)), maker });
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
    fn keep(&mut self, path: &str, meta: Directory, maker: Maker) -> Option<()> {
        if maker == Some(self.index) {
            return Some(());
        }
        if !exact(meta) {
            return self.follow(maker);
        }
        self.kept.insert(path.to_owned(), meta);
        Some(())
    }
}

/// Whether a new directory comes out with these permissions: the daemon cuts others, and what is made in a directory
/// with the setgid bit takes over its group.
fn exact(meta: Directory) -> bool {
    meta.mode & 0o7022 == 0
}

fn owned(mode: u32, owner: Option<&Owner>) -> Directory {
    let id = |name: &Name| match name {
        Name::Id(id) => *id,
        Name::Named(_) => 0,
    };
    let uid = owner.map_or(0, |owner| id(&owner.user));
    let gid = owner.map_or(0, |owner| owner.group.as_ref().map_or(uid, id));
    Directory { mode, uid, gid }
}
