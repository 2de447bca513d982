//! Where the parts of an image are: the members of an archive, or the files of a folder.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};
use std::path::{Component, Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tar::EntryType;

use super::compressed::{is_compressed, plain};
use super::{Trouble, members};

/// The largest file of JSON that is read.
const MOST_JSON: u64 = 4 << 20;

/// The most members that an archive may have: an image has some files for each layer.
const MOST_MEMBERS: usize = 100_000;

/// How many links lead from one member to another.
const MOST_LINKS: usize = 8;

/// Where parts are, by their paths.
pub(super) enum Store {
    Folder(PathBuf),
    Archive { path: PathBuf, members: BTreeMap<String, Member>, is_compressed: bool },
}

/// A member of an archive.
pub(super) enum Member {
    File { at: u64, size: u64 },
    Link(String),
}

impl Store {
    pub(super) fn open(path: &Path) -> Result<Self, Trouble> {
        let found = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                "there is no such file: `docker save IMAGE > FILE` writes one".to_owned()
            }
            _ => error.to_string(),
        })?;
        if found.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        if !found.is_file() {
            return Err("this is neither a file nor a folder".to_owned());
        }
        let mut start = Vec::new();
        let file = File::open(path).map_err(|error| error.to_string())?;
        file.take(4).read_to_end(&mut start).map_err(|error| error.to_string())?;
        let mut found = BTreeMap::new();
        members::each(contents(path)?, |member| {
            let name = name(&String::from_utf8_lossy(&member.entry.path_bytes()));
            let held = match member.entry.header().entry_type() {
                kind if is_file(kind) => {
                    Member::File { at: member.entry.raw_file_position(), size: member.entry.size() }
                }
                EntryType::Link | EntryType::Symlink => {
                    let target = member.entry.link_name_bytes().unwrap_or_default();
                    let target = String::from_utf8_lossy(&target).into_owned();
                    let is_hard = member.entry.header().entry_type() == EntryType::Link;
                    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                    Member::Link(if is_hard {
                        self::name(&target)
                    } else {
                        self::name(&format!("{folder}/{target}"))
                    })
                }
                _ => return Ok(()),
            };
            // Which of two is meant would depend on who reads them.
            if found.contains_key(&name) {
                return Err(format!("it has `{name}` twice"));
            }
            found.insert(name, held);
            if found.len() > MOST_MEMBERS {
                return Err(format!("it has more than {MOST_MEMBERS} members, as no image has"));
            }
            Ok(())
        })?;
        Ok(Self::Archive { path: path.to_owned(), members: found, is_compressed: is_compressed(&start) })
    }

    /// Whether there is a part.
    pub(super) fn has(&self, part: &str) -> bool {
        match self {
            Self::Folder(folder) => inside(folder, part).is_some_and(|path| path.is_file()),
            Self::Archive { .. } => self.member(part).is_some(),
        }
    }

    /// Hands out the content of a part.
    pub(super) fn read<T>(
        &self,
        part: &str,
        read: impl FnOnce(&mut dyn Read) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let missing = || format!("it has no `{part}`");
        let told = |error: io::Error| format!("`{part}` cannot be read: {error}");
        match self {
            Self::Folder(folder) => {
                // What is no file could be waited for without end.
                let path = inside(folder, part).filter(|path| path.is_file()).ok_or_else(missing)?;
                read(&mut File::open(path).map_err(told)?)
            }
            Self::Archive { path, is_compressed: false, .. } => {
                let (_, at, size) = self.member(part).ok_or_else(missing)?;
                let mut file = File::open(path).map_err(told)?;
                file.seek(SeekFrom::Start(at)).map_err(told)?;
                read(&mut file.take(size))
            }
            Self::Archive { path, is_compressed: true, .. } => {
                let (wanted, ..) = self.member(part).ok_or_else(missing)?;
                let (mut read, mut result) = (Some(read), Err(missing()));
                members::each(contents(path)?, |member| {
                    let is_wanted = is_file(member.entry.header().entry_type())
                        && name(&String::from_utf8_lossy(&member.entry.path_bytes())) == wanted;
                    if let Some(read) = is_wanted.then(|| read.take()).flatten() {
                        result = read(member);
                    }
                    Ok(())
                })?;
                result
            }
        }
    }

    /// A file of JSON, which must have that digest where one is given.
    pub(super) fn json(&self, part: &str, digest: Option<&str>) -> Result<serde_json::Value, Trouble> {
        self.read(part, |content| {
            let mut bytes = Vec::new();
            let read = content.take(MOST_JSON + 1).read_to_end(&mut bytes);
            read.map_err(|error| format!("`{part}` cannot be read: {error}"))?;
            if bytes.len() as u64 > MOST_JSON {
                return Err(format!("`{part}` has more than {MOST_JSON} bytes"));
            }
            if let Some(digest) = digest.filter(|digest| **digest != shown(&Sha256::digest(&bytes))) {
                return Err(format!(
                    "`{part}` does not have the digest {digest}: it was changed, or not written to its end"
                ));
            }
            serde_json::from_slice(&bytes).map_err(|error| format!("`{part}` is no JSON: {error}"))
        })
    }

    /// Where the content of a member stands, behind all links.
    fn member(&self, part: &str) -> Option<(String, u64, u64)> {
        let Self::Archive { members, .. } = self else { return None };
        let mut at = name(part);
        for _ in 0..MOST_LINKS {
            match members.get(&at)? {
                Member::File { at: start, size } => return Some((at, *start, *size)),
                Member::Link(target) => at.clone_from(target),
            }
        }
        None
    }
}

/// A digest as images name it.
pub(super) fn shown(digest: &[u8]) -> String {
    let mut shown = "sha256:".to_owned();
    for byte in digest {
        shown += &format!("{byte:02x}");
    }
    shown
}

fn contents(path: &Path) -> Result<Box<dyn Read>, Trouble> {
    File::open(path).and_then(plain).map_err(|error| error.to_string())
}

fn is_file(kind: EntryType) -> bool {
    matches!(kind, EntryType::Regular | EntryType::Continuous)
}

/// A path without what does not count in it; what leads out ends at the root.
fn name(path: &str) -> String {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// A file in a folder, by a path that a file has named.
fn inside(folder: &Path, part: &str) -> Option<PathBuf> {
    let is_plain = Path::new(part).components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| folder.join(part))
}
