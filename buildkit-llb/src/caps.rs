//! Capabilities of the daemon's LLB, and the BuildKit release that first had each.
//!
//! A field whose capability a daemon lacks is dropped there without an error, so the build would be wrong: ask
//! [`Graph::missing_caps`](crate::Graph::missing_caps) before a definition is solved.
//!
//! BuildKit counterpart: `solver/pb/caps.go`.

/// A capability of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cap {
    id: &'static str,
    since: &'static str,
}

impl Cap {
    /// The id, as in the daemon's answer to `Ping`.
    pub const fn id(self) -> &'static str {
        self.id
    }

    /// The first release that has it; `0.3` stands for older ones too.
    pub const fn since(self) -> &'static str {
        self.since
    }

    /// The capability that a daemon is to be asked for in the place of this one.
    ///
    /// BuildKit defines some and never registers them: no daemon lists them, and each would refuse a definition that
    /// names one. Another one of the same release tells.
    #[must_use]
    pub fn evidence(self) -> Self {
        match self {
            FILE_COPY_MODE_STRING => EXEC_VALID_EXIT_CODES,
            EXEC_REMOVE_MOUNT_STUBS => SOURCE_OCI_LAYOUT,
            FILE_COPY_SPECIAL_BITS => EXEC_MOUNT_CONTENT_CACHE,
            cap => cap,
        }
    }

    /// True for capabilities of every release from 0.8 on, the oldest one supported: naming them in a definition
    /// would only make it larger.
    pub(crate) fn is_given(self) -> bool {
        matches!(self.since, "0.3" | "0.5" | "0.6.1" | "0.7" | "0.8")
    }
}

/// The capability of this id; `None` for an id that is not known here.
pub fn find(id: &str) -> Option<Cap> {
    ALL.iter().copied().find(|cap| cap.id == id)
}

/// The release that first had a capability; `None` for an id that is not known here.
pub fn first_release(id: &str) -> Option<&'static str> {
    find(id).map(Cap::since)
}

/// The setuid, setgid and sticky bits of a copy. Daemons before 0.13 drop them without a word; BuildKit has no
/// capability for that, and the name is our own.
pub const FILE_COPY_SPECIAL_BITS: Cap = Cap { id: "file.copy.mode.special", since: "0.13" };

macro_rules! caps {
    ($($(#[doc = $doc:literal])+ $name:ident = $id:literal since $release:literal;)*) => {
        $($(#[doc = $doc])+ #[doc = concat!("\n\n`", $id, "`, since BuildKit ", $release, ".")]
        pub const $name: Cap = Cap { id: $id, since: $release };)*

        /// All of them.
        pub const ALL: &[Cap] = &[$($name),*];
    };
}

caps! {
    /// Images.
    SOURCE_IMAGE = "source.image" since "0.3";
    /// Images that must be looked up in the registry.
    SOURCE_IMAGE_RESOLVE_MODE = "source.image.resolvemode" since "0.3";
    /// Only the lowest layers of an image.
    SOURCE_IMAGE_LAYER_LIMIT = "source.image.layerlimit" since "0.11";
    /// An image whose root digest must be as given.
    SOURCE_IMAGE_CHECKSUM = "source.image.checksum" since "0.25";
    /// Files of the client.
    SOURCE_LOCAL = "source.local" since "0.3";
    /// Files of the client, kept apart from those of other builds.
    SOURCE_LOCAL_UNIQUE = "source.local.unique" since "0.3";
    /// The session that has the files.
    SOURCE_LOCAL_SESSION_ID = "source.local.sessionid" since "0.3";
    /// Patterns of what is sent.
    SOURCE_LOCAL_INCLUDE_PATTERNS = "source.local.includepatterns" since "0.3";
    /// Paths of what is sent, through symbolic links.
    SOURCE_LOCAL_FOLLOW_PATHS = "source.local.followpaths" since "0.3";
    /// Patterns of what is not sent.
    SOURCE_LOCAL_EXCLUDE_PATTERNS = "source.local.excludepatterns" since "0.3";
    /// The name under which the daemon keeps what it got.
    SOURCE_LOCAL_SHARED_KEY_HINT = "source.local.sharedkeyhint" since "0.3";
    /// What counts as a change of a file, where that must be honoured.
    SOURCE_LOCAL_DIFFER = "source.local.differ" since "0.9";
    /// Names without contents.
    SOURCE_LOCAL_METADATA_TRANSFER = "source.local.metadatatransfer" since "0.21";
    /// Git repositories.
    SOURCE_GIT = "source.git" since "0.3";
    /// A repository with its `.git`.
    SOURCE_GIT_KEEP_DIR = "source.git.keepgitdir" since "0.3";
    /// A repository by its full URL.
    SOURCE_GIT_FULL_URL = "source.git.fullurl" since "0.3";
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
    /// Signatures of commits and tags.
    SOURCE_GIT_SIGNATURE = "source.git.signatureverify" since "0.26";
    /// Files with the time of the commit.
    SOURCE_GIT_MTIME = "source.git.mtime" since "0.29";
    /// A commit that is fetched without asking where its ref is.
    SOURCE_GIT_FETCH_BY_COMMIT = "source.git.fetchbycommit" since "0.30";
    /// History out of a git bundle.
    SOURCE_GIT_BUNDLE = "source.git.bundle" since "0.30";
    /// A git bundle as the outcome.
    SOURCE_GIT_CHECKOUT_BUNDLE = "source.git.checkoutbundle" since "0.30";
    /// Downloads.
    SOURCE_HTTP = "source.http" since "0.3";
    /// A download whose digest must be as given.
    SOURCE_HTTP_CHECKSUM = "source.http.checksum" since "0.3";
    /// Permissions of a downloaded file.
    SOURCE_HTTP_PERM = "source.http.perm" since "0.3";
    /// Owner of a downloaded file. The spelling is BuildKit's.
    SOURCE_HTTP_OWNER = "soruce.http.uidgid" since "0.3";
    /// Credentials for downloads.
    SOURCE_HTTP_AUTH = "source.http.auth" since "0.21";
    /// Request headers of downloads.
    SOURCE_HTTP_HEADER = "source.http.header" since "0.21";
    /// Signatures of downloads.
    SOURCE_HTTP_SIGNATURE = "source.http.signatureverify" since "0.28";
    /// Images of a layout that the client has.
    SOURCE_OCI_LAYOUT = "source.ocilayout" since "0.11";
    /// Single blobs of a registry or a layout.
    SOURCE_IMAGE_BLOB = "source.imageblob" since "0.28";
    /// The file with the definition that a build op runs.
    SOURCE_BUILD_OP_FILENAME = "source.buildop.llbfilename" since "0.3";
    /// Processes.
    EXEC_META_BASE = "exec.meta.base" since "0.3";
    /// Proxies that are no part of the cache key.
    EXEC_PROXY_ENV = "exec.meta.proxyenv" since "0.3";
    /// Networks other than one of its own.
    EXEC_NETWORK = "exec.meta.network" since "0.3";
    /// Networks behind the daemon's proxy.
    EXEC_NETWORK_PROXY = "exec.meta.network.proxy" since "0.31";
    /// A `PATH` where the process is given none.
    EXEC_SETS_DEFAULT_PATH = "exec.meta.setsdefaultpath" since "0.3";
    /// The cgroup that a process is put below.
    EXEC_CGROUP_PARENT = "exec.meta.cgroup.parent" since "0.10";
    /// Limits of a process.
    EXEC_ULIMIT = "exec.meta.ulimit" since "0.10";
    /// A process with all privileges.
    EXEC_SECURITY = "exec.meta.security" since "0.5";
    /// Devices for a process with all privileges.
    EXEC_SECURITY_DEVICES = "exec.meta.security.devices.v1" since "0.7";
    /// Devices by their CDI names.
    EXEC_CDI = "exec.meta.cdi" since "0.20";
    /// Directories that were made for a mount go with it. Older daemons leave the empty parents behind. No
    /// daemon lists it.
    EXEC_REMOVE_MOUNT_STUBS = "exec.meta.removemountstubs.recursive" since "0.11";
    /// Limits of a process that are no part of the op.
    EXEC_LINUX_RESOURCES = "exec.meta.linux.resources" since "0.31";
    /// Cgroups are mounted.
    EXEC_CGROUP = "exec.cgroup" since "0.3";
    /// Exit codes other than 0 that count as success.
    EXEC_VALID_EXIT_CODES = "exec.validexitcode" since "0.17";
    /// Files of another op.
    EXEC_MOUNT_BIND = "exec.mount.bind" since "0.3";
    /// A bind mount whose changes are thrown away.
    EXEC_MOUNT_BIND_NO_OUTPUT = "exec.mount.bind.readwrite-nooutput" since "0.6.1";
    /// A directory that outlives the build.
    EXEC_MOUNT_CACHE = "exec.mount.cache" since "0.3";
    /// What builds do that use one cache at the same time.
    EXEC_MOUNT_CACHE_SHARING = "exec.mount.cache.sharing" since "0.3";
    /// Whether a mount counts by its content.
    EXEC_MOUNT_CONTENT_CACHE = "exec.mount.cache.content" since "0.13";
    /// A path in what is mounted.
    EXEC_MOUNT_SELECTOR = "exec.mount.selector" since "0.3";
    /// A directory in memory.
    EXEC_MOUNT_TMPFS = "exec.mount.tmpfs" since "0.3";
    /// A limit for a directory in memory.
    EXEC_MOUNT_TMPFS_SIZE = "exec.mount.tmpfs.size" since "0.10";
    /// Secrets as files.
    EXEC_MOUNT_SECRET = "exec.mount.secret" since "0.3";
    /// The socket of the client's ssh agent.
    EXEC_MOUNT_SSH = "exec.mount.ssh" since "0.3";
    /// Secrets in environment variables.
    EXEC_SECRET_ENV = "exec.secretenv" since "0.10";
    /// Changes of files without a process.
    FILE_BASE = "file.base" since "0.5";
    /// Wildcards in what is removed.
    FILE_RM_WILDCARD = "file.rm.wildcard" since "0.7";
    /// A symbolic link is removed, and not what it points at.
    FILE_RM_NO_FOLLOW_SYMLINK = "file.rm.nofollowsymlink" since "0.10";
    /// Only some of the files below a path.
    FILE_COPY_PATTERNS = "file.copy.includeexcludepatterns" since "0.9";
    /// A copy that replaces a directory by a file and the other way round.
    FILE_COPY_ALWAYS_REPLACE = "file.copy.alwaysreplaceexistingdestpaths" since "0.14";
    /// Changes of permissions such as `u+x`. No daemon lists it.
    FILE_COPY_MODE_STRING = "file.copy.modestring" since "0.17";
    /// Symbolic links.
    FILE_SYMLINK = "file.symlink.create" since "0.19";
    /// Paths that a pattern must match.
    FILE_COPY_REQUIRED_PATHS = "file.copy.requiredpaths" since "0.26";
    /// Choice of a worker.
    CONSTRAINTS = "constraints" since "0.3";
    /// A platform for an op.
    PLATFORM = "platform" since "0.3";
    /// Ops that run even if their result is cached.
    META_IGNORE_CACHE = "meta.ignorecache" since "0.3";
    /// Names and other descriptions of ops.
    META_DESCRIPTION = "meta.description" since "0.3";
    /// Whether an op's cache is exported.
    META_EXPORT_CACHE = "meta.exportcache" since "0.3";
    /// Layers put on top of each other.
    MERGE = "mergeop" since "0.10";
    /// What one filesystem has more than another.
    DIFF = "diffop" since "0.10";
    /// Ops that hand on their inputs.
    PASSTHROUGH = "passthroughop" since "0.31";
    /// Cache in GitHub's service.
    CACHE_GHA = "cache.gha" since "0.9";
    /// Cache in S3.
    CACHE_S3 = "cache.s3" since "0.11";
    /// Cache in Azure's blob storage.
    CACHE_AZBLOB = "cache.azblob" since "0.11";
    /// Annotations of images.
    EXPORTER_ANNOTATIONS = "exporter.image.annotations" since "0.11";
    /// Attestations of images.
    EXPORTER_ATTESTATIONS = "exporter.image.attestations" since "0.11";
    /// `SOURCE_DATE_EPOCH` for exporters.
    EXPORTER_SOURCE_DATE_EPOCH = "exporter.sourcedateepoch" since "0.11";
    /// Several outputs of one build.
    EXPORTER_MULTIPLE = "exporter.multiple" since "0.13";
    /// Exporters of the client's session.
    EXPORTER_SESSION = "exporter.session" since "0.21";
    /// Rules for sources.
    SOURCE_POLICY = "source.policy" since "0.11";
    /// Rules for sources that the client's session decides.
    SOURCE_POLICY_SESSION = "source.policy.session" since "0.26";
    /// Free space as a measure of what is pruned.
    GC_FREE_SPACE_FILTER = "gc.freespacefilter" since "0.17";
    /// Filters for the history of builds.
    HISTORY_FILTER = "history.filter" since "0.20";
}

/// What one op needs, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct CapSet(Vec<Cap>);

impl CapSet {
    pub(crate) fn of(cap: Cap) -> Self {
        Self(vec![cap])
    }

    pub(crate) fn need(&mut self, needed: bool, cap: Cap) {
        if needed && !self.0.contains(&cap) {
            self.0.push(cap);
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Cap> + '_ {
        self.0.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        let ids: BTreeSet<&str> = ALL.iter().map(|cap| cap.id()).collect();
        assert_eq!(ids.len(), ALL.len());
        assert_eq!(find("soruce.http.uidgid"), Some(SOURCE_HTTP_OWNER));
        assert_eq!(first_release("exec.mount.bind.readwrite-nooutput"), Some("0.6.1"));
        assert_eq!(first_release("no.such"), None);
    }

    #[test]
    fn ids_are_those_of_the_daemon() {
        // As many as there are in the `solver/pb/caps.go` of BuildKit 0.31.
        assert_eq!(ALL.len(), 90);
    }

    #[test]
    fn evidence_is_of_the_same_release() {
        for cap in ALL {
            assert_eq!(cap.evidence().since(), cap.since(), "{}", cap.id());
            assert_eq!(cap.evidence().evidence(), cap.evidence());
        }
    }

    #[test]
    fn a_set_has_each_once() {
        let mut caps = CapSet::of(FILE_BASE);
        caps.need(true, FILE_SYMLINK);
        caps.need(true, FILE_SYMLINK);
        caps.need(false, FILE_RM_WILDCARD);
        assert_eq!(caps.iter().collect::<Vec<_>>(), [FILE_BASE, FILE_SYMLINK]);
    }
}
