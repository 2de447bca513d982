//! Looking into file systems that the daemon holds.

use buildkit_proto::fsutil::types::Stat;
use sha2::{Digest as _, Sha256};

use buildkit_proto::moby::buildkit::v1::frontend as proto;

use super::client::Gateway;
use super::error::GatewayError;
use super::solve::Ref;

/// Bytes read in one request. A reply of this size passes every daemon's limit.
const CHUNK: usize = 4 << 20;

/// The bit of [`FileStat::mode`] that marks a directory, as Go has it.
const MODE_DIR: u32 = 1 << 31;

/// The bit of [`FileStat::mode`] that marks a symbolic link, as Go has it.
const MODE_SYMLINK: u32 = 1 << 27;

/// The bits of [`FileStat::mode`] that mark what is no plain file, as Go has them: directory, symbolic link, pipe, socket,
/// devices, anything else.
const MODE_KIND: u32 = MODE_DIR | MODE_SYMLINK | 1 << 26 | 1 << 25 | 1 << 24 | 1 << 21 | 1 << 19;

/// What a file is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileStat {
    /// The name, relative to what was asked for.
    pub path: String,
    /// Permissions in the low nine bits; above them the kind of file, in the bits of Go's `FileMode`.
    pub mode: u32,
    /// Bytes.
    pub size: u64,
    /// Where a symbolic link points.
    pub link: String,
    /// The user that owns it.
    pub uid: u32,
    /// The group that owns it.
    pub gid: u32,
    /// Whether it has extended attributes.
    pub has_attributes: bool,
}

impl FileStat {
    /// Whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.mode & MODE_DIR != 0
    }

    /// Whether it is a plain file.
    pub fn is_file(&self) -> bool {
        self.mode & MODE_KIND == 0
    }

    /// Whether it is a symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.mode & MODE_SYMLINK != 0
    }
}

impl From<Stat> for FileStat {
    fn from(stat: Stat) -> Self {
        Self {
            path: stat.path,
            mode: stat.mode,
            size: u64::try_from(stat.size).unwrap_or_default(),
            link: stat.linkname,
            uid: stat.uid,
            gid: stat.gid,
            has_attributes: !stat.xattrs.is_empty(),
        }
    }
}

impl Gateway {
    /// The bytes of a file, at most `limit` of them, or nothing when there is no such file.
    ///
    /// A larger file is an error; no more than one byte above the limit is read of it. Symbolic links are
    /// followed and cannot leave the file system. A directory is an error.
    pub async fn read_file(
        &self,
        reference: &Ref,
        path: &str,
        limit: usize,
    ) -> Result<Option<Vec<u8>>, GatewayError> {
        if reference.is_scratch() {
            return Ok(None);
        }
        let mut data = Vec::new();
        loop {
            let wanted = CHUNK.min(limit.saturating_add(1) - data.len());
            let chunk = match self.read_range(reference, path, data.len(), wanted).await {
                Err(error) if data.is_empty() && error.is_missing_file() => return Ok(None),
                chunk => chunk?,
            };
            let last = chunk.len() < wanted;
            data.extend_from_slice(&chunk);
            if data.len() > limit {
                return Err(GatewayError::FileTooLarge { path: path.to_owned(), limit });
            }
            if last {
                return Ok(Some(data));
            }
        }
    }

    /// The first bytes of a file, at most `length` of them.
    pub async fn read_start(
        &self,
        reference: &Ref,
        path: &str,
        length: usize,
    ) -> Result<Vec<u8>, GatewayError> {
        self.read_range(reference, path, 0, length).await
    }

    /// The checksum of a file of any size, `sha256:…`.
    pub async fn checksum(&self, reference: &Ref, path: &str) -> Result<String, GatewayError> {
        let (mut digest, mut offset) = (Sha256::new(), 0);
        loop {
            let chunk = self.read_range(reference, path, offset, CHUNK).await?;
            digest.update(&chunk);
            offset += chunk.len();
            if chunk.len() < CHUNK {
                let digits = digest.finalize();
                return Ok(digits
                    .iter()
                    .fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}")));
            }
        }
    }

    async fn read_range(
        &self,
        reference: &Ref,
        path: &str,
        offset: usize,
        length: usize,
    ) -> Result<Vec<u8>, GatewayError> {
        let number = |size| i64::try_from(size).unwrap_or(i64::MAX);
        let request = proto::ReadFileRequest {
            r#ref: reference.id().to_owned(),
            file_path: path.to_owned(),
            range: Some(proto::FileRange { offset: number(offset), length: number(length) }),
            mount_index: 0,
        };
        let proto::ReadFileResponse { data } = self.call("ReadFile", &request).await?;
        if data.len() > length {
            let what = "has more bytes of the file than were asked for";
            return Err(GatewayError::Unexpected { method: "ReadFile", what });
        }
        Ok(data)
    }

    /// What the file at `path` is, or nothing when there is no such file.
    pub async fn stat_file(&self, reference: &Ref, path: &str) -> Result<Option<FileStat>, GatewayError> {
        if reference.is_scratch() {
            return Ok(None);
        }
        let request = proto::StatFileRequest {
            r#ref: reference.id().to_owned(),
            path: path.to_owned(),
            mount_index: 0,
        };
        match self.call("StatFile", &request).await {
            Ok(proto::StatFileResponse { stat: Some(stat) }) => Ok(Some(stat.into())),
            Ok(proto::StatFileResponse { stat: None }) => {
                Err(GatewayError::Unexpected { method: "StatFile", what: "is empty" })
            }
            Err(error) if error.is_missing_file() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The entries of the directory at `path`, one level deep. `pattern` picks entries in the language
    /// of ignore files; an empty one picks all.
    pub async fn read_dir(
        &self,
        reference: &Ref,
        path: &str,
        pattern: &str,
    ) -> Result<Vec<FileStat>, GatewayError> {
        if reference.is_scratch() {
            return Ok(Vec::new());
        }
        let request = proto::ReadDirRequest {
            r#ref: reference.id().to_owned(),
            dir_path: path.to_owned(),
            include_pattern: pattern.to_owned(),
            mount_index: 0,
        };
        let proto::ReadDirResponse { entries } = self.call("ReadDir", &request).await?;
        Ok(entries.into_iter().map(FileStat::from).collect())
    }
}
