#![doc = include_str!("../README.md")]

pub mod caps;
mod definition;
mod dump;
mod graph;
mod import;
mod inputs;
mod marshal;
mod meta;
mod op;
mod platform;
mod size;
mod source_map;

pub use buildkit_proto::pb;
pub use definition::{Definition, DefinitionError};
pub use graph::{Graph, MissingCap, OpId, Output};
pub use meta::{OpMeta, ProgressGroup};
pub use op::{
    BindAccess, CacheSharing, ContentCache, Copy, Differ, ExecOp, ExecOutputs, ExtraHost, FileOp,
    GitSignature, GitSource, HttpSignature, HttpSource, ImageSource, LocalSource, Mkdir, Mkfile, Mount,
    MountKind, NetworkMode, OciLayoutSource, Owner, OwnerName, Permissions, ProxyEnv, RecordType, Remove,
    ResolveMode, SecretEnv, SecretFile, SecurityMode, SourceOp, SshSocket, Symlink, Ulimit,
};
pub use platform::{Platform, PlatformError};
pub use source_map::{Location, SourceFile, SourceFileId};
