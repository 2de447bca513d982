//! A layer: the members of its archive, put on top of the layers below.

use std::cell::RefCell;
use std::hash::{BuildHasher as _, DefaultHasher, Hasher as _, RandomState};
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};
use tar::EntryType;

use super::compressed::plain;
use super::members::{self, Member};
use super::store::{Store, shown};
use super::tree::{Change, Path, Tree};
use super::{Trouble, manifest, tree};

/// In front of a name that the layers below have and the image has not.
const REMOVED: &[u8] = b".wh.";

/// A directory of which nothing counts that the layers below have in it; other names that begin so are notes of a storage driver.
const EMPTIED: &[u8] = b".wh..wh..opq";
const NOTES: &[u8] = b".wh..wh.";

/// Puts a layer on top of others.
pub(super) fn add(store: &Store, layer: &manifest::Layer, files: &mut Tree) -> Result<tree::Layer, Trouble> {
    let digest = store.read(&layer.part, |content| {
        let content = plain(content).map_err(|error| format!("`{}` cannot be read: {error}", layer.part))?;
        let hash = Rc::new(RefCell::new(Sha256::new()));
        let content = Hashed { content, hash: Rc::clone(&hash) };
        files.begin();
        let read = members::each(content, |member| match change(member)? {
            Some((path, change)) => files.change(&path, change),
            None => Ok(()),
        });
        read.map_err(|why| format!("the layer `{}`: {why}", layer.part))?;
        let digest = hash.borrow().clone().finalize();
        Ok(shown(&digest))
    })?;
    if digest != layer.diff_id {
        return Err(format!(
            "the layer `{}` does not have the digest {}: it was changed, or not written to its end",
            layer.part, layer.diff_id
        ));
    }
    Ok(files.end())
}

/// What a member changes, and where; `None` for what is no file of the image.
fn change(member: &mut Member<'_, '_>) -> Result<Option<(Path, Change)>, Trouble> {
    let mut path = parts(&member.entry.path_bytes())?;
    let kind = member.entry.header().entry_type();
    let target = member.entry.link_name_bytes().unwrap_or_default().into_owned();
    if let Some(name) = path.last()
        && name.starts_with(REMOVED)
    {
        let name = path.pop().unwrap_or_default();
        return Ok(match &*name {
            EMPTIED => Some((path, Change::Emptied)),
            name if name.starts_with(NOTES) => None,
            name => {
                path.push(name[REMOVED.len()..].into());
                Some((path, Change::Removed))
            }
        });
    }
    let change = match kind {
        EntryType::Directory => Change::Directory,
        EntryType::Link => Change::Name(parts(&target)?),
        EntryType::Symlink => Change::Link(target.into()),
        EntryType::Char | EntryType::Block | EntryType::Fifo => Change::Other,
        EntryType::XGlobalHeader => return Ok(None),
        _ => {
            let mut hash = Hash(KEY.build_hasher());
            let size =
                io::copy(member, &mut hash).map_err(|error| format!("this cannot be read: {error}"))?;
            Change::File { size, content: hash.0.finish() }
        }
    };
    Ok(Some((path, change)))
}

/// The names of a path from the root of the image.
fn parts(path: &[u8]) -> Result<Path, Trouble> {
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let parts: Path = parts.map(Into::into).collect();
    if parts.iter().any(|part| &**part == b"..") {
        return Err(format!("the path `{}` leads out of the image", String::from_utf8_lossy(path)));
    }
    Ok(parts)
}

/// What is read, and what comes of all of it.
struct Hashed<'r> {
    content: Box<dyn Read + 'r>,
    hash: Rc<RefCell<Sha256>>,
}

impl Read for Hashed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.content.read(buffer)?;
        self.hash.borrow_mut().update(&buffer[..read]);
        Ok(read)
    }
}

/// One key for all images that are compared. Nobody knows it before, so nobody can make two files that look alike.
static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Whether two files hold the same is told by a hash with that key.
struct Hash(DefaultHasher);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
