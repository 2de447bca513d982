//! How large the directories of images are, and in what two images differ: what `helper weigh` finds of mounted ones.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::{File, Node, Tree};
use crate::weight::{Node as Weighed, Sums};

/// A directory or file is told if it has this part of the whole.
const FLOOR: u64 = 1000;

/// The deepest directory that is told.
const DEEPEST: usize = 64;

impl Tree {
    /// How large its directories are, and which layer has written most of each.
    pub(super) fn weigh(&self) -> Weighed {
        told(None, self, |sums| sums.after)
    }

    /// In which directories it differs from another one.
    pub(super) fn compare(&self, before: &Self) -> (Weighed, Sums) {
        let tree = told(Some(before), self, |sums| sums.written + sums.gone);
        let sums = tree.sums;
        (tree, sums)
    }
}

fn told(before: Option<&Tree>, after: &Tree, weight: fn(&Sums) -> u64) -> Weighed {
    let weighed = |floor| {
        let mut scale = Scale {
            shared: [before.map(|tree| &tree.shared), Some(&after.shared)],
            weight,
            floor,
            ..Scale::new()
        };
        scale.node("/", before.map(|tree| &tree.root), Some(&after.root), 0).0
    };
    // Only then it is known what is too small to be told.
    let whole = weight(&weighed(u64::MAX).sums);
    weighed((whole / FLOOR).max(1))
}

/// Bytes by the layer that has written them.
type Layers = BTreeMap<usize, u64>;

struct Scale<'t> {
    /// Files with several names, before and after, and those of them that have been counted.
    shared: [Option<&'t BTreeSet<u64>>; 2],
    counted: [BTreeSet<u64>; 2],
    weight: fn(&Sums) -> u64,
    /// What weighs less is not kept.
    floor: u64,
}

impl<'t> Scale<'t> {
    fn new() -> Self {
        Self { shared: [None, None], counted: Default::default(), weight: |_| 0, floor: 0 }
    }

    /// What is at a path, as it was and as it is. Paths are no deeper than those of a system.
    fn node(
        &mut self,
        name: &str,
        old: Option<&'t Node>,
        new: Option<&'t Node>,
        depth: usize,
    ) -> (Weighed, Layers) {
        let mut node = Weighed { name: name.to_owned(), ..Weighed::default() };
        let mut layers = Layers::new();
        let both = || [old, new].into_iter().flatten();
        let names: BTreeSet<&Box<[u8]>> = both().flat_map(|node| node.children.keys()).collect();
        for name in names {
            let of = |node: Option<&'t Node>| node.and_then(|node| node.children.get(name));
            let (child, inner) = self.node(&String::from_utf8_lossy(name), of(old), of(new), depth + 1);
            add(&mut node.sums, &child.sums);
            for (layer, bytes) in inner {
                *layers.entry(layer).or_default() += bytes;
            }
            if (self.weight)(&child.sums) >= self.floor && depth < DEEPEST {
                node.children.push(child);
            }
        }
        node.children.sort_by_key(|child| std::cmp::Reverse((self.weight)(&child.sums)));
        if depth > 0 && both().any(|node| node.file.is_none()) {
            node.name.push('/');
        }
        let file = |node: Option<&'t Node>| node.and_then(|node| node.file.as_ref());
        let sums = self.files(file(old), file(new));
        add(&mut node.sums, &sums);
        if let (Some(new), true) = (new, sums.after > 0) {
            *layers.entry(new.layer).or_default() += sums.after;
        }
        node.layer = layers.iter().max_by_key(|(_, bytes)| **bytes).map(|(layer, _)| *layer);
        (node, layers)
    }

    /// What is no directory, as it was and as it is.
    fn files(&mut self, old: Option<&File>, new: Option<&File>) -> Sums {
        let (before, after) = (self.size(0, old), self.size(1, new));
        let mut sums = Sums { before, after, files: u64::from(new.is_some()), ..Sums::default() };
        let counter = match (old, new) {
            (None, None) => return sums,
            (Some(old), Some(new)) if is_same(old, new) => return sums,
            (Some(_), Some(_)) => &mut sums.changed,
            (Some(_), None) => &mut sums.removed,
            (None, Some(_)) => &mut sums.added,
        };
        *counter = 1;
        (sums.written, sums.gone) = (after, before);
        sums
    }

    /// The bytes of a plain file; a file with several names counts once.
    fn size(&mut self, side: usize, file: Option<&File>) -> u64 {
        let Some(File::Plain { size, number, .. }) = file else { return 0 };
        let is_shared = self.shared[side].is_some_and(|shared| shared.contains(number));
        if is_shared && !self.counted[side].insert(*number) { 0 } else { *size }
    }
}

fn is_same(old: &File, new: &File) -> bool {
    match (old, new) {
        (File::Plain { size, content, .. }, File::Plain { size: other, content: others, .. }) => {
            (size, content) == (other, others)
        }
        (File::Link(target), File::Link(other)) => target == other,
        (File::Other, File::Other) => true,
        _ => false,
    }
}

fn add(sums: &mut Sums, other: &Sums) {
    sums.before += other.before;
    sums.after += other.after;
    sums.written += other.written;
    sums.gone += other.gone;
    sums.files += other.files;
    sums.added += other.added;
    sums.changed += other.changed;
    sums.removed += other.removed;
}
