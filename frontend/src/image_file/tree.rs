//! The files of an image, as its layers leave them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Trouble;

/// Names from the root down.
pub(super) type Path = Vec<Box<[u8]>>;

/// The most files that an image may have had in any of its layers.
const MOST_CHANGES: usize = 2_000_000;

/// The most links on the way to a file, as Linux has it.
const MOST_LINKS: usize = 40;

/// The deepest directory: a path of the system has no more names.
const DEEPEST: usize = 2048;

/// The largest files of a layer that are told.
const LARGEST: usize = 5;

/// What a layer does at a path.
#[derive(Debug)]
pub(super) enum Change {
    Directory,
    File {
        size: u64,
        /// What tells it from other contents.
        content: u64,
    },
    /// A symbolic link.
    Link(Box<[u8]>),
    /// One more name of a file.
    Name(Path),
    /// A device or a pipe.
    Other,
    /// What the layers below have there is gone.
    Removed,
    /// What they have in this directory is.
    Emptied,
}

/// What a layer comes to.
#[derive(Debug, Default)]
pub(super) struct Layer {
    pub(super) size: u64,
    pub(super) files: u64,
    /// Bytes of files below that it covers or removes.
    pub(super) covers: u64,
    pub(super) largest: BTreeSet<(u64, String)>,
}

/// A file or a directory, and the layer that has written it.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// What it is, unless it is a directory.
    pub(super) file: Option<File>,
    pub(super) children: Children,
    pub(super) layer: usize,
    /// Whether it is one more name of a file, which adds no bytes.
    is_name: bool,
}

pub(super) type Children = BTreeMap<Box<[u8]>, Node>;

#[derive(Debug, Clone)]
pub(super) enum File {
    /// A number tells files with several names.
    Plain {
        size: u64,
        content: u64,
        number: u64,
    },
    Link(Box<[u8]>),
    Other,
}

/// All files.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) root: Node,
    /// Files with several names.
    pub(super) shared: BTreeSet<u64>,
    /// The layer that is being put on top.
    current: usize,
    layer: Layer,
    /// What layers do, and the directories that they name without making them.
    changes: usize,
}

impl Tree {
    /// Begins a layer.
    pub(super) fn begin(&mut self) {
        self.layer = Layer::default();
    }

    /// Ends it.
    pub(super) fn end(&mut self) -> Layer {
        self.current += 1;
        std::mem::take(&mut self.layer)
    }

    /// Does what the layer does at a path.
    pub(super) fn change(&mut self, path: &[Box<[u8]>], change: Change) -> Result<(), Trouble> {
        self.changes += 1;
        if self.changes > MOST_CHANGES {
            return Err(format!("the image has more than {MOST_CHANGES} files"));
        }
        let file = match change {
            Change::Removed | Change::Emptied => {
                self.remove(path, matches!(change, Change::Emptied))?;
                return Ok(());
            }
            Change::Directory => None,
            Change::File { size, content } => {
                Some(File::Plain { size, content, number: self.changes as u64 })
            }
            Change::Link(target) => Some(File::Link(target)),
            Change::Other => Some(File::Other),
            Change::Name(target) => Some(self.named(&target)?),
        };
        let is_name = matches!(&file, Some(File::Plain { number, .. }) if *number != self.changes as u64);
        let path = self.real(path)?;
        let Some((name, above)) = path.split_last() else { return Ok(()) };
        let (current, layer) = (self.current, &mut self.layer);
        let folder = directory(&mut self.root, above, current, layer, &mut self.changes);
        match (&file, folder.get_mut(name)) {
            (None, Some(Node { file: None, layer, .. })) => *layer = current,
            (_, old) => {
                if let Some(old) = old {
                    layer.lose(old, current, &path);
                }
                let new = Node { file, layer: current, is_name, ..Node::default() };
                layer.gain(&new, &path);
                folder.insert(name.clone(), new);
            }
        }
        Ok(())
    }

    /// The file that one more name is for.
    fn named(&mut self, target: &[Box<[u8]>]) -> Result<File, Trouble> {
        let path = self.real(target)?;
        let Some(file) = self.at(&path).and_then(|node| node.file.clone()) else {
            return Err(format!("`{}` is to have one more name, and is no file", shown(target)));
        };
        if let File::Plain { number, .. } = file {
            self.shared.insert(number);
        }
        Ok(file)
    }

    /// Removes what the layers below have at a path, or in it.
    fn remove(&mut self, path: &[Box<[u8]>], keeps_directory: bool) -> Result<(), Trouble> {
        let path = self.real(path)?;
        let (current, layer) = (self.current, &mut self.layer);
        let Some((name, above)) = path.split_last() else {
            prune(&mut self.root, current, layer);
            return Ok(());
        };
        let folder = above.iter().try_fold(&mut self.root, |node, name| node.children.get_mut(name));
        if let Some(folder) = folder
            && let Some(found) = folder.children.get_mut(name)
            && prune(found, current, layer)
            && !keeps_directory
        {
            folder.children.remove(name);
        }
        Ok(())
    }

    /// A path as the system comes to it: behind the symbolic links of the directories above.
    fn real(&self, path: &[Box<[u8]>]) -> Result<Path, Trouble> {
        let Some((name, above)) = path.split_last() else { return Ok(Path::new()) };
        let mut rest: VecDeque<Box<[u8]>> = above.iter().cloned().collect();
        let (mut at, mut links) = (Path::new(), 0);
        while let Some(next) = rest.pop_front() {
            if &*next == b".." {
                at.pop();
                continue;
            }
            at.push(next);
            let Some(Node { file: Some(File::Link(target)), .. }) = self.at(&at) else { continue };
            at.pop();
            links += 1;
            if links > MOST_LINKS {
                return Err(format!("`{}` is behind links that lead nowhere", shown(path)));
            }
            if target.starts_with(b"/") {
                at.clear();
            }
            let parts = target.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
            parts.rev().for_each(|part| rest.push_front(part.into()));
        }
        at.push(name.clone());
        if at.len() > DEEPEST {
            return Err(format!("`{}` is in more than {DEEPEST} directories", shown(path)));
        }
        Ok(at)
    }

    fn at(&self, path: &[Box<[u8]>]) -> Option<&Node> {
        path.iter().try_fold(&self.root, |node, name| node.children.get(name))
    }
}

/// The directory at a path, which is made where there is none, and counted as a change then.
fn directory<'t>(
    root: &'t mut Node,
    path: &[Box<[u8]>],
    current: usize,
    layer: &mut Layer,
    changes: &mut usize,
) -> &'t mut Children {
    let mut node = root;
    for (depth, name) in path.iter().enumerate() {
        let new = || Node { layer: current, ..Node::default() };
        let next = node.children.entry(name.clone()).or_insert_with(|| {
            *changes += 1;
            new()
        });
        if next.file.is_some() {
            layer.lose(next, current, &path[..=depth]);
            *next = new();
        }
        node = next;
    }
    &mut node.children
}

/// Takes away what other layers have written; true where nothing is left.
fn prune(node: &mut Node, current: usize, layer: &mut Layer) -> bool {
    node.children.retain(|_, child| !prune(child, current, layer));
    let is_gone = node.children.is_empty() && node.layer != current;
    if is_gone {
        layer.covers += node.bytes();
    }
    is_gone
}

impl Node {
    /// What it adds to its layer.
    fn bytes(&self) -> u64 {
        match self.file {
            Some(File::Plain { size, .. }) if !self.is_name => size,
            _ => 0,
        }
    }
}

impl Layer {
    /// Counts a file that it has.
    fn gain(&mut self, node: &Node, path: &[Box<[u8]>]) {
        if node.file.is_none() {
            return;
        }
        self.files += 1;
        let size = node.bytes();
        self.size += size;
        if size > 0 {
            self.largest.insert((size, shown(path)));
        }
        if self.largest.len() > LARGEST {
            self.largest.pop_first();
        }
    }

    /// Counts what is no longer there.
    fn lose(&mut self, node: &Node, current: usize, path: &[Box<[u8]>]) {
        for (name, child) in &node.children {
            let path = [path, std::slice::from_ref(name)].concat();
            self.lose(child, current, &path);
        }
        if node.file.is_none() {
            return;
        }
        let size = node.bytes();
        if node.layer != current {
            self.covers += size;
            return;
        }
        // The layer has the path twice, and the second one counts.
        self.files = self.files.saturating_sub(1);
        self.size = self.size.saturating_sub(size);
        self.largest.remove(&(size, shown(path)));
    }
}

/// A path for people.
pub(super) fn shown(path: &[Box<[u8]>]) -> String {
    let names: Vec<_> = path.iter().map(|name| String::from_utf8_lossy(name)).collect();
    format!("/{}", names.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{Change, MOST_CHANGES, Path, Tree};

    fn path(text: &str) -> Path {
        text.split('/').map(|name| name.as_bytes().into()).collect()
    }

    #[test]
    fn directories_that_are_only_named_count() {
        let mut tree = Tree::default();
        tree.change(&path("a/b/c/d"), Change::Other).unwrap();
        assert_eq!(tree.changes, 4);
        tree.change(&path("a/b/c/e"), Change::Other).unwrap();
        assert_eq!(tree.changes, 5);
        let mut tree = Tree { changes: MOST_CHANGES - 3, ..Tree::default() };
        tree.change(&path("a/b/c/d"), Change::Other).unwrap();
        let why = tree.change(&path("e"), Change::Other).unwrap_err();
        assert_eq!(why, "the image has more than 2000000 files");
    }
}
