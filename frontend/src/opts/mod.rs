//! What the client asks for: the options of one build, read from the environment of the process.
//!
//! Input is the environment as a list of pairs, output a [`FrontendOpts`] with every value parsed.
//! Options that we do not know are ignored, as clients keep adding some; those that we know and cannot
//! understand are all reported together. Nothing here looks at the daemon or at the spec.

mod collect;
mod environment;
mod error;
pub mod keys;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;
use std::net::IpAddr;

use buildkit_llb::Platform;

use crate::epoch::Epoch;

pub use environment::WorkerInfo;
pub use error::{OptError, OptErrors, OptProblem};
pub use values::ULIMITS;
pub(crate) use values::boolean;

/// All options of a build. See [`keys`] for where each one comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrontendOpts {
    /// [`keys::FILENAME`], with the default filled in.
    pub filename: String,
    /// [`keys::DOCKERFILE_KEY`].
    pub dockerfile_key: Option<String>,
    /// [`keys::CONTEXT`], or the option that [`keys::CONTEXT_KEY`] names.
    pub context: Option<String>,
    /// [`keys::CONTEXT_SUBDIR`].
    pub context_subdir: Option<String>,
    /// [`keys::LOCAL_SESSION`], by local source.
    pub local_sessions: BTreeMap<String, String>,
    /// [`keys::NAMED_CONTEXT`], by the rest of the key.
    pub named_contexts: BTreeMap<String, String>,
    /// [`keys::SHARED_KEY`], by the rest of the key.
    pub shared_keys: BTreeMap<String, String>,
    /// [`keys::INPUT_METADATA`], by input, as JSON text.
    pub input_metadata: BTreeMap<String, String>,
    /// [`keys::SOURCE`].
    pub source: Option<String>,
    /// [`keys::CMDLINE`].
    pub cmdline: Option<String>,
    /// [`keys::REQUEST_ID`].
    pub request_id: Option<String>,

    /// [`keys::TARGET`].
    pub target: Option<String>,
    /// [`keys::PLATFORM`], each once; empty when the client does not ask for any.
    pub platforms: Vec<Platform>,
    /// [`keys::MULTI_PLATFORM`] and [`keys::ARG_MULTI_PLATFORM`]; `None` leaves it to the number of platforms.
    pub multi_platform: Option<bool>,
    /// [`keys::LABEL`], by label.
    pub labels: BTreeMap<String, String>,
    /// [`keys::IMAGE_RESOLVE_MODE`].
    pub image_resolve_mode: ResolveMode,
    /// [`keys::NO_CACHE`].
    pub no_cache: NoCache,
    /// [`keys::CACHE_IMPORTS`], then those of [`keys::CACHE_FROM`] that are not among them.
    pub cache_imports: Vec<CacheImport>,
    /// [`keys::ATTEST`] and [`keys::ARG_ATTEST`].
    pub attest: Attestations,

    /// [`keys::ADD_HOSTS`].
    pub add_hosts: Vec<HostIp>,
    /// [`keys::ULIMIT`].
    pub ulimits: Vec<Ulimit>,
    /// [`keys::CGROUP_PARENT`].
    pub cgroup_parent: Option<String>,
    /// [`keys::SHM_SIZE`], in bytes.
    pub shm_size: Option<u64>,
    /// [`keys::FORCE_NETWORK_MODE`].
    pub network: NetworkMode,
    /// [`keys::ARG_HOSTNAME`] or [`keys::HOSTNAME`].
    pub hostname: Option<String>,
    /// Limits of the kernel on each step.
    pub limits: ResourceLimits,

    /// [`keys::BUILD_ARG`], by argument: all of them, also those that have a field here.
    pub build_args: BTreeMap<String, String>,
    /// [`keys::ARG_CACHE_MOUNT_NS`].
    pub cache_mount_namespace: Option<String>,
    /// [`keys::ARG_KEEP_GIT_DIR`].
    pub keep_git_dir: bool,
    /// [`keys::ARG_CHECK`].
    pub check: Option<String>,

    /// [`keys::ENV_SESSION_ID`].
    pub session_id: String,
    /// [`keys::ENV_WORKERS`]. The first one runs the build.
    pub workers: Vec<WorkerInfo>,
    /// [`keys::ENV_PRODUCT`].
    pub product: String,
    /// The graph of the frontend's own image, as [`keys::OWN_IMAGE`] has it; empty where the daemon does not hand it out.
    pub own_image: Vec<u8>,
    /// The machine's time.
    pub now: Epoch,
}

/// Where base images are looked up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResolveMode {
    /// As the daemon is set up.
    #[default]
    Default,
    /// In the registry, even when the daemon has the image.
    Pull,
    /// In the daemon's own store first.
    Local,
}

impl ResolveMode {
    /// The word of the protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Pull => "pull",
            Self::Local => "local",
        }
    }
}

/// Which stages run without the cache.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum NoCache {
    /// None: every stage uses the cache.
    #[default]
    None,
    /// All of them.
    All,
    /// Those of these names, in any letter case.
    Stages(Vec<String>),
}

impl NoCache {
    /// Whether the stage `name` runs without the cache.
    pub fn covers(&self, name: &str) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Stages(stages) => stages.iter().any(|stage| stage.eq_ignore_ascii_case(name)),
        }
    }
}

/// A place to import cached results from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CacheImport {
    /// The kind of place: `registry`, `local`, `gha` and what else the daemon knows.
    pub kind: String,
    /// Its settings.
    pub attrs: BTreeMap<String, String>,
}

/// Attestations that are asked for, each with its settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attestations {
    /// A list of the software in the result.
    pub sbom: Option<BTreeMap<String, String>>,
    /// A record of how the result was made. The daemon writes it by itself.
    pub provenance: Option<BTreeMap<String, String>>,
}

/// A line of `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostIp {
    /// The name, in lower case.
    pub host: String,
    /// Its address.
    pub ip: IpAddr,
}

/// A limit on processes; -1 stands for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ulimit {
    /// Which limit: `nofile`.
    pub name: String,
    /// The limit that is in force.
    pub soft: i64,
    /// How far the process may raise it.
    pub hard: i64,
}

/// The network that steps have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum NetworkMode {
    /// One of their own, with a way out.
    #[default]
    Sandbox,
    /// None.
    None,
    /// The host's.
    Host,
}

/// Limits of the kernel on each step. They do not become part of the cache key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceLimits {
    /// [`keys::MEMORY`].
    pub memory: Option<u64>,
    /// [`keys::MEMORY_SWAP`].
    pub memory_swap: Option<i64>,
    /// [`keys::CPU_SHARES`].
    pub cpu_shares: Option<u64>,
    /// [`keys::CPU_PERIOD`].
    pub cpu_period: Option<u64>,
    /// [`keys::CPU_QUOTA`].
    pub cpu_quota: Option<u64>,
    /// [`keys::CPUSET_CPUS`].
    pub cpuset_cpus: Option<String>,
    /// [`keys::CPUSET_MEMS`].
    pub cpuset_mems: Option<String>,
}

impl FrontendOpts {
    /// Reads the options from the environment. Reports everything that is wrong with them.
    pub fn from_env<I>(variables: I) -> Result<Self, OptErrors>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        collect::collect(environment::Environment::read(variables))
    }

    /// The session that serves the local source `name`.
    pub fn session_for_local(&self, name: &str) -> &str {
        self.local_sessions.get(name).unwrap_or(&self.session_id)
    }

    /// The platform of the daemon: that which its first worker runs natively.
    pub fn default_platform(&self) -> Option<&Platform> {
        self.workers.first()?.platforms.first()
    }

    /// The platforms to build for: those that the client asks for, or else `default`.
    pub fn target_platforms(&self, default: &Platform) -> Vec<Platform> {
        if self.platforms.is_empty() { vec![default.clone()] } else { self.platforms.clone() }
    }

    /// What the client put in the place of `name`: for `platform` alone, or for all platforms.
    pub fn named_context(&self, name: &str, platform: &str) -> Option<&str> {
        self.named_contexts
            .get(&format!("{name}::{platform}"))
            .or_else(|| self.named_contexts.get(name))
            .map(String::as_str)
    }

    /// Proxy settings for steps, by the name that the client used.
    pub fn proxy_args(&self) -> impl Iterator<Item = (&str, &str)> {
        self.build_args
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .filter(|(name, _)| keys::PROXY_ARGS.iter().any(|proxy| proxy.eq_ignore_ascii_case(name)))
    }
}
