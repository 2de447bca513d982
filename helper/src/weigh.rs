//! `helper weigh`: how large file systems are that are mounted somewhere, and in what two of them differ, without following any link.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is weighed, and where the result goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Weigh {
    /// The directory for what is found.
    pub(crate) report: PathBuf,
    pub(crate) parts: Vec<Part>,
}

/// A file system, beside the one that it is compared with. `None` is the empty one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) kind: Kind,
    pub(crate) before: Option<PathBuf>,
    pub(crate) after: Option<PathBuf>,
}

/// What is asked of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// How large it is.
    Sum,
    /// That, and which files it has written: a layer of the tree that is weighed later.
    Layer,
    /// How large its directories are, and which layer has written most of each.
    Tree,
    /// In which directories the two differ, by the content of files.
    Growth,
}

/// The largest files of a part that are told.
const LARGEST: usize = 5;

/// A directory or file is told if it has this part of the whole.
const FLOOR: u64 = 1000;

/// The most directories and files that are told of a part, and the deepest.
const MOST_NODES: usize = 4000;
const DEEPEST: usize = 64;

/// Failures to read that are told.
const ERRORS: usize = 10;

/// Writes what is found: lines that end with a zero byte, which no name has.
///
/// `part SUMS` for each part in order, then what is told of it: `large BYTES PATH`, and `node DEPTH LAYER SUMS NAME` with children below their
/// directory, the heaviest first. `error PATH: WHY` comes last. `SUMS` are eight numbers, see [`Sums`]; the name of a directory ends with a slash.
pub(crate) fn weigh(weigh: &Weigh) -> io::Result<()> {
    let mut lines = Lines::default();
    let mut layers = Layers::default();
    let mut errors = Vec::new();
    for part in &weigh.parts {
        let mut scale = Scale { kind: part.kind, floor: u64::MAX, ..Scale::new(&mut layers, &mut errors) };
        let (before, after) = (part.before.as_deref(), part.after.as_deref());
        let whole = scale.directory(OsStr::new(""), before, after, Path::new("/"), 0);
        let largest = std::mem::take(&mut scale.largest);
        lines.add(&format!("part {}", whole.sums.told()), b"");
        for (size, path) in largest.into_iter().rev() {
            lines.add(&format!("large {size} "), &path);
        }
        match part.kind {
            Kind::Sum => {}
            Kind::Layer => layers.count += 1,
            // Only now it is known what is too small to be told: everything is looked at once more, so that it need not be kept.
            Kind::Tree | Kind::Growth => {
                let floor = (whole.weight(part.kind) / FLOOR).max(1);
                let mut errors = Vec::new();
                let mut scale = Scale { kind: part.kind, floor, ..Scale::new(&mut layers, &mut errors) };
                let whole = scale.directory(OsStr::new(""), before, after, Path::new("/"), 0);
                lines.tree(&whole);
            }
        }
    }
    errors.iter().take(ERRORS).for_each(|error| lines.add(error, b""));
    std::fs::write(weigh.report.join("found"), lines.0)
}

#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn add(&mut self, what: &str, name: &[u8]) {
        self.0.extend(what.bytes().chain(name.iter().copied()).chain([0]));
    }

    fn tree(&mut self, whole: &Node) {
        let mut open = vec![(0, whole)];
        let mut left = MOST_NODES;
        while let Some((depth, node)) = open.pop().filter(|_| left > 0) {
            left -= 1;
            let layer = node.layers.iter().max_by_key(|(_, bytes)| **bytes).map(|(layer, _)| *layer);
            let layer = layer.flatten().map_or_else(|| "-".to_owned(), |layer| layer.to_string());
            let slash: &[u8] = if node.is_directory { b"/" } else { b"" };
            let name = [node.name.as_bytes(), slash].concat();
            self.add(&format!("node {depth} {layer} {} ", node.sums.told()), &name);
            open.extend(node.children.iter().rev().map(|child| (depth + 1, child)));
        }
    }
}

/// The layers that have been weighed.
#[derive(Debug, Default)]
struct Layers {
    count: usize,
    /// The last one that has written a file.
    writers: BTreeMap<Vec<u8>, usize>,
}

/// What two file systems, or two directories have.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    /// Bytes of all files before and after.
    before: u64,
    after: u64,
    /// Bytes of files that are new or others.
    written: u64,
    /// Bytes of files that are gone or have become others.
    gone: u64,
    /// Numbers of files: all that are there after, those that are new, others, and gone.
    files: u64,
    added: u64,
    changed: u64,
    removed: u64,
}

impl Sums {
    fn add(&mut self, other: &Self) {
        self.before += other.before;
        self.after += other.after;
        self.written += other.written;
        self.gone += other.gone;
        self.files += other.files;
        self.added += other.added;
        self.changed += other.changed;
        self.removed += other.removed;
    }

    fn told(&self) -> String {
        let Self { before, after, written, gone, files, added, changed, removed } = self;
        format!("{before} {after} {written} {gone} {files} {added} {changed} {removed}")
    }
}

/// A directory or a file.
#[derive(Debug, Default)]
struct Node {
    name: OsString,
    is_directory: bool,
    sums: Sums,
    /// The bytes that each layer has written.
    layers: BTreeMap<Option<usize>, u64>,
    children: Vec<Node>,
}

impl Node {
    fn weight(&self, kind: Kind) -> u64 {
        match kind {
            Kind::Growth => self.sums.written + self.sums.gone,
            Kind::Sum | Kind::Layer | Kind::Tree => self.sums.after,
        }
    }
}

struct Scale<'a> {
    kind: Kind,
    /// What weighs less is not kept.
    floor: u64,
    layers: &'a mut Layers,
    errors: &'a mut Vec<String>,
    largest: BTreeSet<(u64, Vec<u8>)>,
    /// Files with several links that have been counted, before and after.
    counted: [BTreeSet<(u64, u64)>; 2],
}

impl<'a> Scale<'a> {
    fn new(layers: &'a mut Layers, errors: &'a mut Vec<String>) -> Self {
        let (largest, counted) = Default::default();
        Self { kind: Kind::Sum, floor: 0, layers, errors, largest, counted }
    }

    /// Weighs a directory as it was and as it is. No deeper than a path is long for the system, so far less than the stack.
    fn directory(
        &mut self,
        name: &OsStr,
        before: Option<&Path>,
        after: Option<&Path>,
        path: &Path,
        depth: usize,
    ) -> Node {
        let mut node = Node { name: name.to_owned(), is_directory: true, ..Node::default() };
        let (old, new) = (self.entries(before, path), self.entries(after, path));
        let names: BTreeSet<&OsString> = old.keys().chain(new.keys()).collect();
        for name in names {
            let child = self.entry(name, (before, old.get(name)), (after, new.get(name)), path, depth);
            node.sums.add(&child.sums);
            for (layer, bytes) in &child.layers {
                *node.layers.entry(*layer).or_default() += bytes;
            }
            if child.weight(self.kind) >= self.floor && depth < DEEPEST {
                node.children.push(child);
            }
        }
        node.children.sort_by_key(|child| std::cmp::Reverse(child.weight(self.kind)));
        node
    }

    fn entry(
        &mut self,
        name: &OsStr,
        (before, old): (Option<&Path>, Option<&Metadata>),
        (after, new): (Option<&Path>, Option<&Metadata>),
        path: &Path,
        depth: usize,
    ) -> Node {
        let [before, after] = [before, after].map(|folder| folder.map(|folder| folder.join(name)));
        let path = path.join(name);
        let is_dir = |file: Option<&Metadata>| file.is_some_and(Metadata::is_dir);
        let mut node = match (is_dir(old), is_dir(new)) {
            (false, false) => Node { name: name.to_owned(), ..Node::default() },
            (was, is) => {
                let folder = |is: bool, folder: &Option<PathBuf>| folder.clone().filter(|_| is);
                let (before, after) = (folder(was, &before), folder(is, &after));
                self.directory(name, before.as_deref(), after.as_deref(), &path, depth + 1)
            }
        };
        let old = old.filter(|file| !file.is_dir()).zip(before.as_deref());
        let new = new.filter(|file| !file.is_dir()).zip(after.as_deref());
        self.file(&mut node, old, new, &path);
        node
    }

    /// Adds what is no directory, as it was and as it is.
    fn file(
        &mut self,
        node: &mut Node,
        old: Option<(&Metadata, &Path)>,
        new: Option<(&Metadata, &Path)>,
        path: &Path,
    ) {
        let before = old.map_or(0, |(file, _)| size(file, &mut self.counted[0]));
        let after = new.map_or(0, |(file, _)| size(file, &mut self.counted[1]));
        let mut sums = Sums { before, after, files: u64::from(new.is_some()), ..Sums::default() };
        let is_same = match (old, new) {
            (Some(old), Some(new)) => self.is_same(old, new),
            (None, None) => true,
            _ => false,
        };
        if !is_same {
            (sums.written, sums.gone) = (after, before);
            let counter = match (old.is_some(), new.is_some()) {
                (true, true) => &mut sums.changed,
                (true, false) => &mut sums.removed,
                _ => &mut sums.added,
            };
            *counter = 1;
            if new.is_some() {
                self.written(path, after);
            }
        }
        if self.kind == Kind::Tree && after > 0 {
            let layer = self.layers.writers.get(path.as_os_str().as_bytes()).copied();
            *node.layers.entry(layer).or_default() += after;
        }
        node.sums.add(&sums);
    }

    fn written(&mut self, path: &Path, bytes: u64) {
        if self.kind == Kind::Layer {
            self.layers.writers.insert(path.as_os_str().as_bytes().to_owned(), self.layers.count);
        }
        if bytes > 0 {
            self.largest.insert((bytes, path.as_os_str().as_bytes().to_owned()));
        }
        if self.largest.len() > LARGEST {
            self.largest.pop_first();
        }
    }

    /// Whether a file is what it was: for a layer, whether it is not in it; else whether it holds the same.
    fn is_same(&self, (old, before): (&Metadata, &Path), (new, after): (&Metadata, &Path)) -> bool {
        let alike = old.file_type() == new.file_type() && old.len() == new.len() && old.rdev() == new.rdev();
        let same_time = (old.mtime(), old.mtime_nsec()) == (new.mtime(), new.mtime_nsec());
        if self.kind != Kind::Growth {
            let same_owner = (old.mode(), old.uid(), old.gid()) == (new.mode(), new.uid(), new.gid());
            return alike && same_time && same_owner;
        }
        alike
            && (same_time
                || if new.is_file() {
                    holds_the_same(before, after).unwrap_or(false)
                } else {
                    before.read_link().ok() == after.read_link().ok()
                })
    }

    fn entries(&mut self, folder: Option<&Path>, path: &Path) -> BTreeMap<OsString, Metadata> {
        let Some(folder) = folder else { return BTreeMap::new() };
        let mut found = BTreeMap::new();
        let names = match names(folder) {
            Ok(names) => names,
            Err(error) => {
                self.errors.push(format!("error {}: {error}", path.display()));
                return found;
            }
        };
        for name in names {
            match folder.join(&name).symlink_metadata() {
                Ok(file) => {
                    found.insert(name, file);
                }
                Err(error) => self.errors.push(format!("error {}: {error}", path.join(&name).display())),
            }
        }
        found
    }
}

/// The bytes of a plain file; a file with several names counts once.
fn size(file: &Metadata, counted: &mut BTreeSet<(u64, u64)>) -> u64 {
    let is_new = file.nlink() < 2 || counted.insert((file.dev(), file.ino()));
    if file.is_file() && is_new { file.len() } else { 0 }
}

fn holds_the_same(one: &Path, other: &Path) -> io::Result<bool> {
    const BLOCK: u64 = 64 << 10;
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    loop {
        first.clear();
        second.clear();
        one.by_ref().take(BLOCK).read_to_end(&mut first)?;
        other.by_ref().take(BLOCK).read_to_end(&mut second)?;
        if first != second || first.is_empty() {
            return Ok(first == second);
        }
    }
}

fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let entries = std::fs::read_dir(directory)?;
    entries.map(|entry| Ok(OsString::from_vec(entry?.file_name().into_vec()))).collect()
}
