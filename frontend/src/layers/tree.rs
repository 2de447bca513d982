//! What is known of a filesystem that is not there yet.

use std::collections::BTreeMap;

use crate::accounts::Accounts;

/// Permissions and owner of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directory {
    /// Permissions.
    pub mode: u32,
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// What is at a path of a base.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Nothing.
    Missing,
    /// A directory without extended attributes.
    Directory {
        /// Permissions and owner.
        meta: Directory,
        /// True where it is known that nothing is in it.
        empty: bool,
    },
    /// A file.
    File,
    /// Anything else: a symbolic link.
    Other,
}

/// What was read of a base.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// What is at paths.
    pub paths: BTreeMap<String, Fact>,
    /// Users and groups, where they were asked for.
    pub accounts: Option<Accounts>,
    /// Whether there is no file at all.
    pub empty: bool,
}

impl Facts {
    /// What is known of a base without any file.
    pub fn nothing_there() -> Self {
        Self { empty: true, ..Self::default() }
    }
}

/// Who put something there: a step of the stage that was laid apart, by its position. `None`: not such a step.
pub(super) type Maker = Option<usize>;

/// What is at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// Nothing.
    Missing,
    /// A directory; `rest` is what is at the paths in it that have no node of their own. Without `meta`, only its maker's
    /// layer tells what it is like, and whether it is there.
    Directory { meta: Option<Directory>, rest: Rest, maker: Maker },
    /// A file, or a directory that may hold anything, symbolic links too, or nothing. It is no such link itself.
    Plain(Maker),
    /// It may be anything: a symbolic link leads anywhere.
    Unknown(Maker),
}

/// What is at the paths of a directory that nothing was said about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    Missing,
    /// It may be anything that the maker put there.
    Unknown(Maker),
}

/// A filesystem as far as it is known.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    nodes: BTreeMap<String, Node>,
}

/// The permissions and owner of directories that nobody said anything about.
pub(super) const ROOT_OWNED: Directory = Directory { mode: 0o755, uid: 0, gid: 0 };

impl Tree {
    /// One without any file.
    pub(super) fn empty() -> Self {
        let root = Node::Directory { meta: Some(ROOT_OWNED), rest: Rest::Missing, maker: None };
        Self { nodes: BTreeMap::from([("/".to_owned(), root)]) }
    }

    /// One of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self { nodes: BTreeMap::from([("/".to_owned(), Node::Unknown(None))]) }
    }

    /// One of which that is known which was read.
    pub(super) fn of(facts: &Facts) -> Self {
        let root = Node::Directory { meta: Some(ROOT_OWNED), rest: Rest::Unknown(None), maker: None };
        let mut nodes = BTreeMap::from([("/".to_owned(), root)]);
        for (path, fact) in &facts.paths {
            let node = match *fact {
                Fact::Missing => Node::Missing,
                Fact::Directory { meta, empty } => {
                    let rest = if empty { Rest::Missing } else { Rest::Unknown(None) };
                    Node::Directory { meta: Some(meta), rest, maker: None }
                }
                Fact::File => Node::Plain(None),
                Fact::Other => Node::Unknown(None),
            };
            nodes.insert(path.clone(), node);
        }
        Self { nodes }
    }

    /// What is at a path, and the path that this is known of: itself, or one above it.
    pub(super) fn at<'p>(&self, path: &'p str) -> (&'p str, Node) {
        let mut found = ("/", self.nodes.get("/").copied().unwrap_or(Node::Unknown(None)));
        for part in lineage(path) {
            let Node::Directory { rest, .. } = found.1 else { return found };
            let node = self.nodes.get(part).copied().unwrap_or(match rest {
                Rest::Missing => Node::Missing,
                Rest::Unknown(maker) => Node::Unknown(maker),
            });
            found = (part, node);
        }
        found
    }

    /// Says what is at a path; what was known of the paths below it holds no longer.
    pub(super) fn put(&mut self, path: &str, node: Node) {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.nodes.retain(|other, _| !other.starts_with(&prefix) || other == path);
        self.nodes.insert(path.to_owned(), node);
    }

    /// Says that anything was put into a directory: what was a directory in it still is one, with other permissions maybe.
    pub(super) fn fill(&mut self, path: &str, by: usize) {
        let (maker, unknown) = (Some(by), Rest::Unknown(Some(by)));
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.nodes.retain(|other, node| {
            let is_below = other.len() > prefix.len() && other.starts_with(&prefix);
            match node {
                Node::Directory { rest, .. } if other == path => *rest = unknown,
                Node::Directory { .. } if is_below => {
                    *node = Node::Directory { meta: None, rest: unknown, maker };
                }
                _ => return !is_below,
            }
            true
        });
    }

    /// Says who may have made the directories above a path, and the path itself, that need not have been there.
    pub(super) fn make_missing(&mut self, path: &str, by: Maker) {
        for part in lineage(path) {
            if let Some(Node::Directory { meta: None, maker, .. }) = self.nodes.get_mut(part) {
                *maker = by;
            }
        }
    }

    /// What is known of single paths below a directory.
    pub(super) fn below(&self, path: &str) -> impl Iterator<Item = Node> {
        let prefix = format!("{}/", path.trim_end_matches('/'));
        self.nodes
            .iter()
            .filter(move |(other, _)| other.len() > prefix.len() && other.starts_with(&prefix))
            .map(|(_, node)| *node)
    }

    /// Forgets which step made what.
    pub(super) fn forget_makers(&mut self) {
        for node in self.nodes.values_mut() {
            match node {
                Node::Missing => {}
                Node::Plain(maker) | Node::Unknown(maker) => *maker = None,
                Node::Directory { rest, maker, .. } => {
                    *maker = None;
                    if let Rest::Unknown(maker) = rest {
                        *maker = None;
                    }
                }
            }
        }
    }
}

/// The directories above an absolute path from the top down, without the root, and the path itself.
pub(super) fn lineage(path: &str) -> impl Iterator<Item = &str> {
    let path = path.trim_end_matches('/');
    let ends = path.char_indices().skip(1).filter(|(_, c)| *c == '/').map(|(at, _)| at);
    ends.chain((!path.is_empty()).then_some(path.len())).map(|end| &path[..end])
}
