//! The files of an image, made comparable.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tar::{Archive, EntryType};

use crate::layout::Blobs;

/// Files by absolute path.
pub type Tree = BTreeMap<String, Entry>;

/// What is at a path. Times are left out: no build promises them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Permissions, with the sticky, setuid and setgid bits.
    pub mode: u32,
    /// User.
    pub uid: u64,
    /// Group.
    pub gid: u64,
    /// Extended attributes.
    pub attributes: BTreeMap<String, Vec<u8>>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A file.
    File {
        /// How many bytes it has.
        size: u64,
        /// Their digest.
        sha256: String,
        /// The bytes, where they are few and a text.
        text: Option<String>,
    },
    /// A directory.
    Directory,
    /// A symbolic link and what it holds.
    Link(String),
    /// A device, a pipe, a socket.
    Special(u8),
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = format!("{:04o} {}:{}", self.mode, self.uid, self.gid);
        match &self.kind {
            Kind::File { text: Some(text), .. } if text.len() <= 60 => write!(f, "file {owner} {text:?}"),
            Kind::File { size, sha256, .. } => {
                write!(f, "file {owner} {size} bytes sha256:{}", &sha256[..12])
            }
            Kind::Directory => write!(f, "dir  {owner}"),
            Kind::Link(target) => write!(f, "link {owner} -> {target}"),
            Kind::Special(kind) => write!(f, "special {owner} type {kind}"),
        }?;
        if self.attributes.is_empty() { Ok(()) } else { write!(f, " {:?}", self.attributes) }
    }
}

/// Files up to this size keep their text.
const TEXT: u64 = 64 * 1024;

/// One change that a layer makes.
#[derive(Debug, Clone)]
enum Change {
    Put(String, Entry),
    Same { path: String, target: String },
    Remove(String),
    Empty(String),
}

/// The files that layers come to, one above the other.
pub(crate) fn apply(blobs: &Blobs, layers: &[&str]) -> Tree {
    let mut tree = Tree::new();
    for digest in layers {
        for change in layer(blobs, digest).iter() {
            match change {
                Change::Put(path, entry) => {
                    if entry.kind != Kind::Directory {
                        remove_below(&mut tree, path);
                    }
                    tree.insert(path.clone(), entry.clone());
                }
                Change::Same { path, target } => {
                    if let Some(entry) = tree.get(target).cloned() {
                        tree.insert(path.clone(), entry);
                    }
                }
                Change::Remove(path) => {
                    remove_below(&mut tree, path);
                    tree.remove(path);
                }
                Change::Empty(path) => remove_below(&mut tree, path),
            }
        }
    }
    tree.remove("/");
    tree
}

fn remove_below(tree: &mut Tree, path: &str) {
    let prefix = format!("{path}/");
    tree.retain(|other, _| !other.starts_with(&prefix));
}

/// The changes of a layer. Base images have the same layers in every test, so each is read once.
#[track_caller]
fn layer(blobs: &Blobs, digest: &str) -> Arc<Vec<Change>> {
    static KNOWN: Mutex<BTreeMap<String, Arc<Vec<Change>>>> = Mutex::new(BTreeMap::new());
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
    known.unwrap_or_else(|| {
        let changes = match read(&blobs.inflated(digest)) {
            Ok(changes) => Arc::new(changes),
            Err(error) => panic!("{digest}: {error}"),
        };
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.to_owned(), Arc::clone(&changes));
        changes
    })
}

fn read(tar: &[u8]) -> std::io::Result<Vec<Change>> {
    let mut removals = Vec::new();
    let mut changes = Vec::new();
    for entry in Archive::new(tar).entries()? {
        let mut entry = entry?;
        let path = absolute(&entry.path()?.to_string_lossy());
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        if name == ".wh..wh..opq" {
            removals.push(Change::Empty(folder.to_owned()));
            continue;
        }
        if let Some(gone) = name.strip_prefix(".wh.") {
            removals.push(Change::Remove(format!("{folder}/{gone}")));
            continue;
        }
        let link = entry.link_name()?.map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
        let kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Directory,
            EntryType::Symlink => Kind::Link(link),
            EntryType::Link => {
                changes.push(Change::Same { path, target: absolute(&link) });
                continue;
            }
            EntryType::Regular | EntryType::Continuous => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                if matches!(path.as_str(), "/etc/shadow" | "/etc/shadow-") {
                    clear_days(&mut bytes);
                }
                file(bytes)
            }
            other => Kind::Special(other.as_byte()),
        };
        let header = entry.header();
        let (mode, uid, gid) = (header.mode()? & 0o7777, header.uid()?, header.gid()?);
        let attributes = attributes(&mut entry)?;
        changes.push(Change::Put(path, Entry { kind, mode, uid, gid, attributes }));
    }
    // A layer takes away from those below it, wherever in the archive it says so.
    removals.extend(changes);
    Ok(removals)
}

/// Clears the third field of each line: the day on which `useradd` was run, so that a step of yesterday in the cache is as good as one of
/// today.
fn clear_days(shadow: &mut [u8]) {
    for line in shadow.split_mut(|byte| *byte == b'\n') {
        if let Some(day) = line.split_mut(|byte| *byte == b':').nth(2) {
            day.fill(b'0');
        }
    }
}

fn file(bytes: Vec<u8>) -> Kind {
    let size = u64::try_from(bytes.len()).unwrap_or_default();
    let sha256 = Sha256::digest(&bytes).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let text = if size <= TEXT { String::from_utf8(bytes).ok() } else { None };
    Kind::File { size, sha256, text }
}

fn attributes<R: std::io::Read>(entry: &mut tar::Entry<'_, R>) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut attributes = BTreeMap::new();
    for extension in entry.pax_extensions()?.into_iter().flatten().flatten() {
        if let Some(name) = extension.key().ok().and_then(|key| key.strip_prefix("SCHILY.xattr.")) {
            attributes.insert(name.to_owned(), extension.value_bytes().to_vec());
        }
    }
    Ok(attributes)
}

fn absolute(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
    if path == "." { "/".to_owned() } else { format!("/{path}") }
}
