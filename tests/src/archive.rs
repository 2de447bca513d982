//! Archives, made in memory.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A tar archive of files, each with its path, mode and content. They belong to 12 and 34. A path is taken as it is, also one
/// that no honest archive has.
#[track_caller]
pub fn tar(files: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (path, mode, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        header.set_uid(12);
        header.set_gid(34);
        // `set_path` would refuse what leads out.
        header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        archive.append(&header, *content).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    archive.into_inner().unwrap_or_else(|error| panic!("cannot end the archive: {error}"))
}

/// The same bytes, compressed by gzip.
#[track_caller]
pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let done = encoder.write_all(data).and_then(|()| encoder.finish());
    done.unwrap_or_else(|error| panic!("cannot compress: {error}"))
}
