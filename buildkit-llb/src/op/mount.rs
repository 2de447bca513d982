//! What a process sees besides its root.

use crate::graph::Output;

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
