//! The ops, one kind a file.

mod combine;
mod exec;
mod file;
mod mount;
mod source;

pub(crate) use combine::{DiffOp, MergeOp};
pub use exec::{ExecOp, ExecOutputs, ExtraHost, NetworkMode, ProxyEnv, SecretEnv, SecurityMode, Ulimit};
pub use file::{Copy, FileOp, Mkdir, Mkfile, Owner, OwnerName, Permissions, Remove, Symlink};
pub use mount::{BindAccess, CacheSharing, ContentCache, Mount, MountKind, SecretFile, SshSocket};
pub use source::{
    Differ, GitSignature, GitSource, HttpSignature, HttpSource, ImageSource, LocalSource, OciLayoutSource,
    RecordType, ResolveMode, SourceOp,
};
