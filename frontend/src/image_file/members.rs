//! The members of a tar archive, one after the other, however they were written.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use tar::{Archive, Entry};

/// The most that stands between the contents of two members: headers, and names that are too long for one.
const MOST_BETWEEN: u64 = 1 << 20;

/// The longest path, as Linux has it.
const LONGEST_PATH: usize = 4096;

/// Calls `each` for every member with its content. What it does not read of that is read behind it.
pub(super) fn each<'r>(
    source: impl Read + 'r,
    mut each: impl FnMut(&mut Member<'_, 'r>) -> Result<(), String>,
) -> Result<(), String> {
    let left = Rc::new(Cell::new(MOST_BETWEEN));
    let source: Box<dyn Read + 'r> = Box::new(source);
    let mut archive = Archive::new(Metered { source, left: Rc::clone(&left) });
    let broken = |error: io::Error| format!("this is no tar archive, or a part of one: {error}");
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        check(&entry)?;
        left.set(u64::MAX);
        let mut member = Member { entry, read: 0 };
        each(&mut member)?;
        io::copy(&mut member, &mut io::sink()).map_err(broken)?;
        if member.read < member.entry.size() {
            let path = String::from_utf8_lossy(&member.entry.path_bytes()).into_owned();
            return Err(format!("it ends in the middle of `{path}`"));
        }
        left.set(MOST_BETWEEN);
    }
    // Whoever has a checksum wants to see all of it.
    left.set(u64::MAX);
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(broken)?;
    Ok(())
}

/// Refuses what could be read for ever, or kept at any length.
fn check(entry: &Entry<'_, impl Read>) -> Result<(), String> {
    let path = entry.path_bytes();
    let target = entry.link_name_bytes().unwrap_or_default();
    if path.len().max(target.len()) > LONGEST_PATH {
        return Err(format!("a path has more than {LONGEST_PATH} bytes"));
    }
    // A hole takes no bytes of the archive, and is read as any number of zeros.
    if entry.header().entry_type().is_gnu_sparse() {
        let path = String::from_utf8_lossy(&path);
        return Err(format!("`{path}` is a file with holes in it: no engine writes one"));
    }
    Ok(())
}

/// A member. Reading it gives its content.
pub(super) struct Member<'a, 'r> {
    pub(super) entry: Entry<'a, Metered<'r>>,
    read: u64,
}

impl Read for Member<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.entry.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

/// A source of which only so much is read.
pub(super) struct Metered<'r> {
    source: Box<dyn Read + 'r>,
    left: Rc<Cell<u64>>,
}

impl Read for Metered<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.left.get()).unwrap_or(usize::MAX);
        if left == 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a name has more than a megabyte"));
        }
        let most = buffer.len().min(left);
        let read = self.source.read(&mut buffer[..most])?;
        self.left.set(self.left.get() - read as u64);
        Ok(read)
    }
}
