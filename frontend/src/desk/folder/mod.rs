//! A folder of this machine, seen as the daemon sees what a client sends of it: nothing outside of it is reached, and what is ignored is
//! not there.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use crate::dockerignore::{Glob, Matcher};

/// Symbolic links that are followed for one path: more are a circle.
const MAX_LINKS: usize = 255;

/// A folder and what of it counts.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
    ignored: Matcher,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// A file of these bytes.
    File(Vec<u8>),
    /// A file of more bytes than are wanted.
    TooLarge,
    /// Something that is no file.
    Other,
    Nothing,
}

impl Folder {
    /// All of a folder.
    pub(super) fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), ignored: Matcher::default() }
    }

    /// The folder without what is ignored.
    pub(super) fn without(self, ignored: Matcher) -> Self {
        Self { ignored, ..self }
    }

    /// What is at a path from the root.
    pub(super) fn read(&self, path: &str, most: usize) -> io::Result<Entry> {
        let Some(found) = self.find(path)? else { return Ok(Entry::Nothing) };
        if !fs::metadata(&found)?.is_file() {
            return Ok(Entry::Other);
        }
        Ok(read_up_to(fs::File::open(found)?, most)?.map_or(Entry::TooLarge, Entry::File))
    }

    /// The paths that match a pattern, one directory level after the other.
    pub(super) fn matching(&self, pattern: &str) -> io::Result<Vec<String>> {
        let mut found = vec![String::new()];
        for part in pattern.split('/') {
            let glob = Glob::new(part)
                .map_err(|error| io::Error::new(ErrorKind::InvalidInput, error.to_string()))?;
            let mut deeper = Vec::new();
            for parent in &found {
                let names = self.names(parent)?.into_iter().filter(|name| glob.matches(name));
                let paths =
                    names.map(|name| if parent.is_empty() { name } else { format!("{parent}/{name}") });
                deeper.extend(paths.filter(|path| !self.ignored.matches(path)));
            }
            found = deeper;
        }
        found.sort_unstable();
        Ok(found)
    }

    /// The names in a directory; none where there is no directory.
    pub(super) fn names(&self, path: &str) -> io::Result<Vec<String>> {
        let Some(found) = self.find(path)? else { return Ok(Vec::new()) };
        if !fs::metadata(&found)?.is_dir() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(found)? {
            names.extend(entry?.file_name().into_string());
        }
        Ok(names)
    }

    /// Where a path leads to, with the folder as the root of all files: neither `..` nor a link leaves it.
    fn find(&self, path: &str) -> io::Result<Option<PathBuf>> {
        let mut at: Vec<OsString> = Vec::new();
        let mut ahead = parts(Path::new(path));
        let mut links = 0;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                at.pop();
                continue;
            }
            at.push(part);
            let here = self.root.join(at.iter().collect::<PathBuf>());
            let is_link = match fs::symlink_metadata(&here) {
                Ok(metadata) => metadata.is_symlink(),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                    return Ok(None);
                }
                Err(error) => return Err(error),
            };
            if is_link {
                links += 1;
                if links > MAX_LINKS || self.ignores(&at) {
                    return Ok(None);
                }
                let target = fs::read_link(here)?;
                at.pop();
                if target.is_absolute() {
                    at.clear();
                }
                ahead.extend(parts(&target));
            }
        }
        let is_there = at.is_empty() || !self.ignores(&at);
        Ok(is_there.then(|| self.root.join(at.iter().collect::<PathBuf>())))
    }

    fn ignores(&self, parts: &[OsString]) -> bool {
        self.ignored.matches(&parts.iter().collect::<PathBuf>().to_string_lossy())
    }
}

/// The parts of a path, the last one first.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let named = parts.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.map(|part| part.as_os_str().to_owned()).collect()
}

/// All bytes; `None` where there are more than that.
fn read_up_to(from: impl Read, most: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX);
    let read = from.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok((read as u64 <= most).then_some(bytes))
}

#[cfg(test)]
mod tests;
