//! Archives of one file, for daemons to unpack: what they cannot make by themselves they can take out of one.

use buildkit_llb::{Copy, FileOp, Mkfile, OpMeta, Output};

use super::Lowerer;
use crate::paths::parent;

/// The size of a header and of what is written at a time.
const BLOCK: usize = 512;

/// Bytes of a name that fit into a header.
const SHORT: usize = 100;

impl Lowerer<'_> {
    /// A copy that puts a symbolic link at `path`, in the place of what is there.
    pub(super) fn unpacked_link(&mut self, path: &str, target: &str) -> Copy {
        self.unpacked(path, |name| link(name, target))
    }

    /// A copy that puts an empty file at `path`, in the place of what is there, even of a link.
    pub(super) fn unpacked_file(&mut self, path: &str) -> Copy {
        self.unpacked(path, |name| entry(b'0', name, ""))
    }

    fn unpacked(&mut self, path: &str, archive: impl Fn(&str) -> Vec<u8>) -> Copy {
        let name = path.rsplit('/').next().unwrap_or(path);
        let archive = Mkfile {
            path: "/archive.tar".to_owned(),
            data: ended(archive(name)),
            mode: 0o644,
            owner: None,
            timestamp: Some(0),
        };
        let meta = OpMeta::named(format!("[internal] make an archive of {path}"));
        let from: Option<Output> = self.graph.file(FileOp::on(None).mkfile(archive), meta);
        let directory = format!("{}/", parent(path).trim_end_matches('/'));
        Copy { attempt_unpack: true, create_dest_path: true, ..Copy::new(from, "/archive.tar", directory) }
    }
}

fn link(name: &str, target: &str) -> Vec<u8> {
    entry(b'2', name, target)
}

/// One entry in the format of GNU tar; names that do not fit into the header stand in entries before it.
fn entry(kind: u8, name: &str, target: &str) -> Vec<u8> {
    let mut archive = Vec::new();
    for (kind, long) in [(b'L', name), (b'K', target)] {
        if long.len() > SHORT {
            archive.extend(header(kind, "././@LongLink", "", long.len() + 1));
            archive.extend(padded([long.as_bytes(), b"\0"].concat()));
        }
    }
    archive.extend(header(kind, name, target, 0));
    archive
}

fn header(kind: u8, name: &str, target: &str, size: usize) -> [u8; BLOCK] {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, &name.as_bytes()[..name.len().min(SHORT)]);
    put(100, b"0000777\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    // The sum is taken with blanks in its own place.
    put(148, b"        ");
    put(156, &[kind]);
    put(157, &target.as_bytes()[..target.len().min(SHORT)]);
    put(257, b"ustar  \0");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn padded(mut data: Vec<u8>) -> Vec<u8> {
    data.resize(data.len().next_multiple_of(BLOCK), 0);
    data
}

/// Two empty blocks are the end.
fn ended(mut archive: Vec<u8>) -> Vec<u8> {
    archive.resize(archive.len() + 2 * BLOCK, 0);
    archive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_has_the_sum_of_its_bytes() {
        let archive = ended(link("link", "../target"));
        assert_eq!(archive.len(), 3 * BLOCK);
        assert_eq!((&archive[..5], &archive[157..167]), (&b"link\0"[..], &b"../target\0"[..]));
        let sum = u32::from_str_radix(std::str::from_utf8(&archive[148..154]).unwrap(), 8).unwrap();
        let others: u32 = archive[..BLOCK].iter().map(|byte| u32::from(*byte)).sum();
        let own: u32 = archive[148..156].iter().map(|byte| u32::from(*byte)).sum();
        assert_eq!(sum, others - own + 8 * u32::from(b' '));
    }

    #[test]
    fn long_names_stand_before_the_header() {
        let long = "n".repeat(120);
        let archive = link(&long, &long);
        assert_eq!(archive.len(), 5 * BLOCK);
        assert_eq!([archive[156], archive[2 * BLOCK + 156], archive[4 * BLOCK + 156]], *b"LK2");
        assert_eq!(&archive[BLOCK..BLOCK + 121], [long.as_bytes(), b"\0"].concat());
    }
}
