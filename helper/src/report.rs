//! What a check tells: files in a directory that the process under check sees as well, and may write into as whoever it is.
//!
//! Nothing of that counts. The directory is held from before the process starts, so that it is the same one whatever becomes of the
//! path to it, and it is emptied when nobody is left who could write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use nix::sys::prctl::set_dumpable;

/// A directory for what is told.
pub(crate) struct Report {
    directory: File,
}

impl Report {
    /// Takes hold of the directory, and lets no process look into this one: it may be of the same user.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let directory = File::open(path)?;
        set_dumpable(false)?;
        Ok(Self { directory })
    }

    /// Writes what is told, in the place of whatever is there. Nobody else must be left to write.
    pub(crate) fn write(&self, files: &[(&str, &[u8])]) -> io::Result<()> {
        let here = PathBuf::from(format!("/proc/self/fd/{}", self.directory.as_raw_fd()));
        for entry in fs::read_dir(&here)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        for (name, content) in files {
            OpenOptions::new().write(true).create_new(true).open(here.join(name))?.write_all(content)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_others_have_written_is_gone() {
        let place = std::env::temp_dir().join(format!("report-{}", std::process::id()));
        let (report, moved) = (place.join("report"), place.join("moved"));
        fs::create_dir_all(&report).unwrap();
        let held = Report::open(&report).unwrap();
        // A process puts another directory into the place, and its own files into both.
        fs::rename(&report, &moved).unwrap();
        fs::create_dir(&report).unwrap();
        fs::write(place.join("victim"), "stays").unwrap();
        symlink(place.join("victim"), moved.join("outcome")).unwrap();
        fs::create_dir_all(moved.join("stdout/below")).unwrap();
        fs::write(moved.join("other"), "forged").unwrap();

        held.write(&[("outcome", b"exit 1"), ("stdout", b"")]).unwrap();

        let read = |path: &Path| fs::read_to_string(path).unwrap();
        assert_eq!(read(&moved.join("outcome")), "exit 1");
        assert_eq!(
            (read(&moved.join("stdout")).as_str(), read(&place.join("victim")).as_str()),
            ("", "stays")
        );
        assert_eq!((fs::read_dir(&moved).unwrap().count(), fs::read_dir(&report).unwrap().count()), (2, 0));
        fs::remove_dir_all(place).unwrap();
    }
}
