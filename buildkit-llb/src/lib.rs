#![doc = include_str!("../README.md")]

pub mod caps;
mod dump;
mod graph;
mod marshal;
mod meta;
mod op;
mod platform;
mod source_map;

pub use graph::{Graph, MissingCap, OpId, Output};
pub use marshal::Definition;
pub use meta::{OpMeta, ProgressGroup};
pub use op::{
    BindAccess, CacheSharing, Copy, Differ, ExecOp, ExecOutputs, ExtraHost, FileOp, GitSource, HttpSource,
    ImageSource, LocalSource, Mkdir, Mkfile, Mount, MountKind, NetworkMode, OciLayoutSource, Owner,
    OwnerName, Permissions, ProxyEnv, Remove, ResolveMode, SecretEnv, SecretFile, SecurityMode, SourceOp,
    SshSocket, Symlink, Ulimit,
};
pub use platform::{Platform, PlatformError};
pub use source_map::{Location, SourceFile, SourceFileId};
