//! `helper look`: what is in a file system that is mounted somewhere, without trusting any of its links.

use std::collections::{BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use fast_glob::glob_match;

/// What is looked for, and where.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Look {
    /// The directory for what is found.
    pub(crate) report: PathBuf,
    /// The root of the file system.
    pub(crate) root: PathBuf,
    /// The directories in which it looks for commands, with colons between them.
    pub(crate) search: OsString,
    /// Whether the size of all files is asked for.
    pub(crate) size: bool,
    pub(crate) wanted: Vec<Wanted>,
}

/// One thing that is looked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// An absolute path.
    Path(OsString),
    /// A pattern of absolute paths without their first slash.
    Glob(OsString),
    /// A program by its name.
    Command(OsString),
}

/// How many paths are told of all that match, of the largest, and of those that cannot be read.
const TOLD: usize = 10;

/// The most links on the way to a file, as Linux has it.
const MOST_LINKS: usize = 40;

/// Writes what is found: lines that end with a zero byte, which no path has.
///
/// `at INDEX PATH` for what is there, `link INDEX PATH` for a symbolic link that leads nowhere, `more INDEX NUMBER` for matches
/// that are not told, `total BYTES`, `large BYTES PATH`, `error PATH: WHY`.
pub(crate) fn look(look: &Look) -> io::Result<()> {
    let mut found = Found::default();
    let mut globs = Vec::new();
    for (index, wanted) in look.wanted.iter().enumerate() {
        match wanted {
            Wanted::Path(path) => look.path(index, path, &mut found),
            Wanted::Command(name) => look.command(index, name, &mut found),
            Wanted::Glob(glob) => globs.push((index, glob.as_bytes())),
        }
    }
    if look.size || !globs.is_empty() {
        look.walk(&globs, &mut found);
    }
    if look.size {
        found.line(&format!("total {}", found.total), b"");
        for (size, path) in std::mem::take(&mut found.largest).into_iter().rev() {
            found.line(&format!("large {size} "), &path);
        }
    }
    std::fs::write(look.report.join("found"), found.lines)
}

#[derive(Default)]
struct Found {
    lines: Vec<u8>,
    total: u64,
    largest: BTreeSet<(u64, Vec<u8>)>,
    /// Files with several links that have been counted.
    counted: BTreeSet<(u64, u64)>,
    errors: usize,
}

impl Found {
    fn line(&mut self, what: &str, path: &[u8]) {
        self.lines.extend(what.bytes().chain(path.iter().copied()).chain([0]));
    }

    fn error(&mut self, path: &Path, error: &io::Error) {
        self.errors += 1;
        if self.errors <= TOLD {
            self.line(&format!("error {}: {error}", path.display()), b"");
        }
    }

    fn count(&mut self, path: &[u8], file: &Metadata) {
        let is_new = file.nlink() < 2 || self.counted.insert((file.dev(), file.ino()));
        if file.is_file() && is_new {
            self.total += file.len();
            self.largest.insert((file.len(), path.to_owned()));
            if self.largest.len() > TOLD {
                self.largest.pop_first();
            }
        }
    }
}

impl Look {
    fn path(&self, index: usize, path: &OsStr, found: &mut Found) {
        if self.resolve(Path::new(path), true).is_some() {
            found.line(&format!("at {index} "), path.as_bytes());
        } else if self.resolve(Path::new(path), false).is_some() {
            found.line(&format!("link {index} "), path.as_bytes());
        }
    }

    fn command(&self, index: usize, name: &OsStr, found: &mut Found) {
        for directory in self.search.as_bytes().split(|byte| *byte == b':') {
            let path = Path::new(OsStr::from_bytes(directory)).join(name);
            let is_program = |path: PathBuf| {
                let file = path.symlink_metadata();
                file.is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
            };
            if self.resolve(&path, true).is_some_and(is_program) {
                return found.line(&format!("at {index} "), path.as_os_str().as_bytes());
            }
        }
    }

    /// Looks at every file once. No link is followed.
    fn walk(&self, globs: &[(usize, &[u8])], found: &mut Found) {
        let mut matches = vec![0_u64; globs.len()];
        let mut open = vec![PathBuf::new()];
        while let Some(directory) = open.pop() {
            let mut names = match names(&self.root.join(&directory)) {
                Ok(names) => names,
                Err(error) => {
                    found.error(&Path::new("/").join(&directory), &error);
                    continue;
                }
            };
            names.sort_unstable();
            for name in names {
                let path = directory.join(name);
                let absolute = Path::new("/").join(&path);
                let file = match self.root.join(&path).symlink_metadata() {
                    Ok(file) => file,
                    Err(error) => {
                        found.error(&absolute, &error);
                        continue;
                    }
                };
                for ((index, glob), matches) in globs.iter().zip(&mut matches) {
                    if glob_match(glob, path.as_os_str().as_bytes()) {
                        *matches += 1;
                        if *matches <= TOLD as u64 {
                            found.line(&format!("at {index} "), absolute.as_os_str().as_bytes());
                        }
                    }
                }
                if self.size {
                    found.count(absolute.as_os_str().as_bytes(), &file);
                }
                if file.is_dir() {
                    open.push(path);
                }
            }
        }
        for ((index, _), matches) in globs.iter().zip(matches) {
            if matches > TOLD as u64 {
                found.line(&format!("more {index} {}", matches - TOLD as u64), b"");
            }
        }
    }

    /// The path without links, as a process in the file system would come to it; `None` where nothing is there. The last name may be
    /// that of a link where that is not `follow`ed.
    fn resolve(&self, path: &Path, follow: bool) -> Option<PathBuf> {
        let mut rest: VecDeque<OsString> = parts(path).collect();
        let (mut at, mut links) = (PathBuf::new(), 0);
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                at.pop();
                continue;
            }
            let next = self.root.join(&at).join(&name);
            let file = next.symlink_metadata().ok()?;
            if file.is_symlink() && (follow || !rest.is_empty()) {
                links += 1;
                let target = next.read_link().ok().filter(|_| links <= MOST_LINKS)?;
                if target.is_absolute() {
                    at = PathBuf::new();
                }
                for part in parts(&target).collect::<Vec<_>>().into_iter().rev() {
                    rest.push_front(part);
                }
            } else if file.is_dir() || rest.is_empty() {
                at.push(name);
            } else {
                return None;
            }
        }
        Some(self.root.join(at))
    }
}

/// Names, and `..`.
fn parts(path: &Path) -> impl Iterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

fn names(directory: &Path) -> io::Result<Vec<OsString>> {
    let entries = std::fs::read_dir(directory)?;
    entries.map(|entry| Ok(OsString::from_vec(entry?.file_name().into_vec()))).collect()
}
