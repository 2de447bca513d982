//! Capabilities of the daemon's LLB, and the `BuildKit` release that first had each.
//!
//! A field whose capability a daemon lacks is dropped there without an error, so the build would be wrong: ask
//! [`Graph::missing_caps`](crate::Graph::missing_caps) before a definition is solved.

macro_rules! caps {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal since $release:literal;)*) => {
        $($(#[doc = $doc])+ #[doc = concat!("\n\nSince BuildKit ", $release, ".")] pub const $name: &str = $id;)*

        /// The release that first had a capability; `None` for an id that is not known here.
        pub fn first_release(id: &str) -> Option<&'static str> {
            match id {
                $($id => Some($release),)*
                _ => None,
            }
        }
    };
}

caps! {
    /// Images.
    SOURCE_IMAGE = "source.image" since "0.3";
    /// Where an image is looked up.
    SOURCE_IMAGE_RESOLVE_MODE = "source.image.resolvemode" since "0.3";
    /// Only the lowest layers of an image.
    SOURCE_IMAGE_LAYER_LIMIT = "source.image.layerlimit" since "0.11";
    /// An image whose root digest must be as given.
    SOURCE_IMAGE_CHECKSUM = "source.image.checksum" since "0.25";
    /// Files of the client.
    SOURCE_LOCAL = "source.local" since "0.3";
    /// Names without contents.
    SOURCE_LOCAL_METADATA_TRANSFER = "source.local.metadatatransfer" since "0.21";
    /// Git repositories.
    SOURCE_GIT = "source.git" since "0.3";
    /// Credentials for git over http.
    SOURCE_GIT_HTTP_AUTH = "source.git.httpauth" since "0.8";
    /// Host keys for git over ssh.
    SOURCE_GIT_KNOWN_HOSTS = "source.git.knownsshhosts" since "0.8";
    /// The client's agent for git over ssh.
    SOURCE_GIT_SSH_SOCKET = "source.git.mountsshsock" since "0.8";
    /// A directory of a repository.
    SOURCE_GIT_SUBDIR = "source.git.subdir" since "0.9";
    /// A commit that the ref must be at.
    SOURCE_GIT_CHECKSUM = "source.git.checksum" since "0.22";
    /// A repository without its submodules.
    SOURCE_GIT_SKIP_SUBMODULES = "source.git.skipsubmodules" since "0.24";
    /// Files with the time of the commit.
    SOURCE_GIT_MTIME = "source.git.mtime" since "0.29";
    /// Downloads.
    SOURCE_HTTP = "source.http" since "0.3";
    /// Credentials for downloads.
    SOURCE_HTTP_AUTH = "source.http.auth" since "0.21";
    /// Request headers of downloads.
    SOURCE_HTTP_HEADER = "source.http.header" since "0.21";
    /// Images of a layout that the client has.
    SOURCE_OCI_LAYOUT = "source.ocilayout" since "0.11";
    /// Processes.
    EXEC_META_BASE = "exec.meta.base" since "0.3";
    /// The cgroup that a process is put below.
    EXEC_CGROUP_PARENT = "exec.meta.cgroup.parent" since "0.10";
    /// Limits of a process.
    EXEC_ULIMIT = "exec.meta.ulimit" since "0.10";
    /// A process with all privileges.
    EXEC_SECURITY = "exec.meta.security" since "0.5";
    /// Devices by their CDI names.
    EXEC_CDI = "exec.meta.cdi" since "0.20";
    /// Exit codes other than 0 that count as success.
    EXEC_VALID_EXIT_CODES = "exec.validexitcode" since "0.17";
    /// A bind mount whose changes are thrown away.
    EXEC_MOUNT_BIND_NO_OUTPUT = "exec.mount.bind.readwrite-nooutput" since "0.6.1";
    /// A limit for a directory in memory.
    EXEC_MOUNT_TMPFS_SIZE = "exec.mount.tmpfs.size" since "0.10";
    /// Secrets in environment variables.
    EXEC_SECRET_ENV = "exec.secretenv" since "0.10";
    /// Changes of files without a process.
    FILE_BASE = "file.base" since "0.5";
    /// Wildcards in what is removed.
    FILE_RM_WILDCARD = "file.rm.wildcard" since "0.7";
    /// Only some of the files below a path.
    FILE_COPY_PATTERNS = "file.copy.includeexcludepatterns" since "0.9";
    /// A copy that replaces a directory by a file and the other way round.
    FILE_COPY_ALWAYS_REPLACE = "file.copy.alwaysreplaceexistingdestpaths" since "0.14";
    /// Changes of permissions such as `u+x`.
    FILE_COPY_MODE_STRING = "file.copy.modestring" since "0.17";
    /// Symbolic links.
    FILE_SYMLINK = "file.symlink.create" since "0.19";
    /// Paths that a pattern must match.
    FILE_COPY_REQUIRED_PATHS = "file.copy.requiredpaths" since "0.26";
    /// Layers put on top of each other.
    MERGE = "mergeop" since "0.10";
    /// What one filesystem has more than another.
    DIFF = "diffop" since "0.10";
}

/// The capability that a daemon is to be asked for in the place of `id`.
///
/// `BuildKit` defines [`FILE_COPY_MODE_STRING`] and never registers it: no daemon lists it, and each would refuse a
/// definition that names it. Another one of the same release tells.
pub(crate) fn evidence(id: &'static str) -> &'static str {
    if id == FILE_COPY_MODE_STRING { EXEC_VALID_EXIT_CODES } else { id }
}

/// True for capabilities of every release from 0.8 on, the oldest one supported: naming them in a definition would
/// only make it larger.
pub(crate) fn is_given(id: &str) -> bool {
    matches!(first_release(id), Some("0.3" | "0.5" | "0.6.1" | "0.7" | "0.8"))
}
