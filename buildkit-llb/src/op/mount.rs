//! What a process sees besides its root.

use buildkit_proto::pb;

use super::exec::wire;
use crate::caps::{self, CapSet};
use crate::graph::Output;
use crate::inputs::Inputs;

/// Something at a path of a process's filesystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where: an absolute path.
    pub target: String,
    /// What.
    pub kind: MountKind,
}

/// The kinds of mounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// Files of another op.
    Bind {
        /// Which; scratch is possible.
        source: Option<Output>,
        /// The path in it. Default: its root.
        selector: Option<String>,
        /// What the process may do there.
        access: BindAccess,
    },
    /// A directory that outlives the build.
    Cache {
        /// What tells it from others, on the whole daemon.
        id: String,
        /// What builds do that use it at the same time.
        sharing: CacheSharing,
        /// What it starts with; scratch is possible.
        source: Option<Output>,
        /// The path in that. Default: its root.
        selector: Option<String>,
        /// Whether the process may not write there.
        readonly: bool,
    },
    /// A directory in memory.
    Tmpfs {
        /// The most that it may hold, in bytes. Default: no limit.
        size: Option<u64>,
    },
    /// A secret of the client as a file.
    Secret(SecretFile),
    /// The socket of the client's ssh agent. `SSH_AUTH_SOCK` is for the caller to set.
    Ssh(SshSocket),
}

/// How the files of a bind or cache mount count in the cache key of a process. Needs `exec.mount.cache.content` if it
/// is not the default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContentCache {
    /// By content where the process cannot change them for good: no output, read-only, or a path within.
    #[default]
    Default,
    /// By content. An error where the outcome depends on more than that.
    On,
    /// By how they were made.
    Off,
}

/// What a process may do with a bind mount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BindAccess {
    /// Read.
    ReadOnly,
    /// Write; what it writes is thrown away.
    ReadWrite,
    /// Write; the outcome is an output of the op.
    Output,
}

/// What builds do that use one cache at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheSharing {
    /// All write to it.
    Shared,
    /// Each has its own.
    Private,
    /// One waits for the other.
    Locked,
}

/// A secret as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretFile {
    /// The client's name for it.
    pub id: String,
    /// User that owns the file.
    pub uid: u32,
    /// Group that owns the file.
    pub gid: u32,
    /// Permissions, such as 0400.
    pub mode: u32,
    /// Whether the process runs without it.
    pub optional: bool,
}

/// An ssh agent's socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshSocket {
    /// The client's name for the agent; `default` for the one without a name.
    pub id: String,
    /// User that owns the socket.
    pub uid: u32,
    /// Group that owns the socket.
    pub gid: u32,
    /// Permissions, such as 0600.
    pub mode: u32,
    /// Whether the process runs without it.
    pub optional: bool,
}

impl Mount {
    pub(super) fn is_output(&self) -> bool {
        matches!(self.kind, MountKind::Bind { access: BindAccess::Output, .. })
    }

    pub(super) fn add_caps(&self, caps: &mut CapSet) {
        match &self.kind {
            MountKind::Bind { selector, access, .. } => {
                caps.need(true, caps::EXEC_MOUNT_BIND);
                caps.need(*access == BindAccess::ReadWrite, caps::EXEC_MOUNT_BIND_NO_OUTPUT);
                caps.need(selector.is_some(), caps::EXEC_MOUNT_SELECTOR);
            }
            MountKind::Cache { selector, .. } => {
                caps.need(true, caps::EXEC_MOUNT_CACHE);
                caps.need(true, caps::EXEC_MOUNT_CACHE_SHARING);
                caps.need(selector.is_some(), caps::EXEC_MOUNT_SELECTOR);
            }
            MountKind::Tmpfs { size } => {
                caps.need(true, caps::EXEC_MOUNT_TMPFS);
                caps.need(size.is_some(), caps::EXEC_MOUNT_TMPFS_SIZE);
            }
            MountKind::Secret(_) => caps.need(true, caps::EXEC_MOUNT_SECRET),
            MountKind::Ssh(_) => caps.need(true, caps::EXEC_MOUNT_SSH),
        }
    }

    pub(super) fn lower(&self, inputs: &mut Inputs<'_>, output: Option<u32>) -> pb::Mount {
        let plain =
            pb::Mount { input: -1, dest: self.target.clone(), output: wire(output), ..pb::Mount::default() };
        match &self.kind {
            MountKind::Bind { source, selector, access } => pb::Mount {
                mount_type: pb::MountType::Bind.into(),
                input: inputs.shared(*source),
                selector: selector.clone().unwrap_or_default(),
                readonly: *access == BindAccess::ReadOnly,
                ..plain
            },
            MountKind::Cache { id, sharing, source, selector, readonly } => pb::Mount {
                mount_type: pb::MountType::Cache.into(),
                input: inputs.shared(*source),
                selector: selector.clone().unwrap_or_default(),
                cache_opt: Some(pb::CacheOpt { id: id.clone(), sharing: sharing.into_pb().into() }),
                readonly: *readonly,
                ..plain
            },
            MountKind::Tmpfs { size } => {
                let size = size.map_or(0, |size| i64::try_from(size).unwrap_or(i64::MAX));
                let tmpfs_opt = Some(pb::TmpfsOpt { size });
                pb::Mount { mount_type: pb::MountType::Tmpfs.into(), tmpfs_opt, ..plain }
            }
            MountKind::Secret(secret) => {
                let secret_opt = Some(secret.to_pb());
                pb::Mount { mount_type: pb::MountType::Secret.into(), secret_opt, ..plain }
            }
            MountKind::Ssh(socket) => {
                let ssh_opt = Some(socket.to_pb());
                pb::Mount { mount_type: pb::MountType::Ssh.into(), ssh_opt, ..plain }
            }
        }
    }
}

impl ContentCache {
    pub(super) fn into_pb(self) -> pb::MountContentCache {
        match self {
            Self::Default => pb::MountContentCache::Default,
            Self::On => pb::MountContentCache::On,
            Self::Off => pb::MountContentCache::Off,
        }
    }
}

impl CacheSharing {
    fn into_pb(self) -> pb::CacheSharingOpt {
        match self {
            Self::Shared => pb::CacheSharingOpt::Shared,
            Self::Private => pb::CacheSharingOpt::Private,
            Self::Locked => pb::CacheSharingOpt::Locked,
        }
    }
}

impl SecretFile {
    fn to_pb(&self) -> pb::SecretOpt {
        let Self { id, uid, gid, mode, optional } = self.clone();
        pb::SecretOpt { id, uid, gid, mode, optional }
    }
}

impl SshSocket {
    fn to_pb(&self) -> pb::SshOpt {
        let Self { id, uid, gid, mode, optional } = self.clone();
        pb::SshOpt { id, uid, gid, mode, optional }
    }
}
