//! Processes.

use buildkit_proto::pb;

use super::mount::{ContentCache, Mount};
use crate::caps::{self, CapSet};
use crate::graph::Output;
use crate::inputs::Inputs;

/// A process, what it sees and what it leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExecOp {
    /// Program and arguments; no shell is added.
    pub args: Vec<String>,
    /// Variables in this order, which is part of the cache key. The daemon adds a `PATH` where there is none.
    pub env: Vec<(String, String)>,
    /// Working directory, absolute. Made by root when it is missing.
    pub cwd: String,
    /// User, or `user:group`, by name or number in the root's files. Default: root.
    pub user: Option<String>,
    /// The root filesystem.
    pub root: Option<Output>,
    /// Whether the root can only be read; it is no output then.
    pub root_readonly: bool,
    /// What is there besides.
    pub mounts: Vec<Mount>,
    /// The network.
    pub network: NetworkMode,
    /// The privileges.
    pub security: SecurityMode,
    /// Secrets of the client as variables.
    pub secret_env: Vec<SecretEnv>,
    /// Proxies; no part of the cache key.
    pub proxy_env: Option<ProxyEnv>,
    /// Lines for `/etc/hosts`.
    pub extra_hosts: Vec<ExtraHost>,
    /// The host name. Default: `buildkitsandbox`.
    pub hostname: Option<String>,
    /// Limits.
    pub ulimits: Vec<Ulimit>,
    /// The cgroup that the process is put below.
    pub cgroup_parent: Option<String>,
    /// CDI names of devices, each with whether the process runs without it.
    pub devices: Vec<(String, bool)>,
    /// Exit codes that count as success. Default: 0 alone.
    pub valid_exit_codes: Vec<i32>,
    /// How the files of mounts count in the cache key, by the mount's target. Default: [`ContentCache::Default`].
    pub content_cache: Vec<(String, ContentCache)>,
}

/// The network of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum NetworkMode {
    /// One of its own.
    #[default]
    Sandbox,
    /// The host's. Needs the entitlement `network.host`.
    Host,
    /// None.
    None,
}

/// The privileges of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SecurityMode {
    /// Few.
    #[default]
    Sandbox,
    /// All. Needs the entitlement `security.insecure`.
    Insecure,
}

/// A secret as a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEnv {
    /// The client's name for it.
    pub id: String,
    /// The variable.
    pub name: String,
    /// Whether the process runs without it; the variable is empty then.
    pub optional: bool,
}

/// A line of `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHost {
    /// The name.
    pub host: String,
    /// The address.
    pub ip: String,
}

/// A limit; -1 is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ulimit {
    /// Which: `nofile`.
    pub name: String,
    /// What is in force.
    pub soft: i64,
    /// How far the process may raise it.
    pub hard: i64,
}

/// Proxies, each set in upper and lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyEnv {
    /// `HTTP_PROXY`.
    pub http_proxy: String,
    /// `HTTPS_PROXY`.
    pub https_proxy: String,
    /// `FTP_PROXY`.
    pub ftp_proxy: String,
    /// `NO_PROXY`.
    pub no_proxy: String,
    /// `ALL_PROXY`.
    pub all_proxy: String,
}

/// What a process leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecOutputs {
    /// The root filesystem; `None` where it could only be read.
    pub root: Option<Output>,
    /// For each of the mounts, in the order given: what it has become, where it is an output.
    pub mounts: Vec<Option<Output>>,
}

/// An exec op with everything in its place.
pub(crate) struct LoweredExec {
    pub(crate) op: pb::ExecOp,
    pub(crate) caps: CapSet,
    pub(crate) root: Option<u32>,
    pub(crate) mounts: Vec<Option<u32>>,
}

impl ExecOp {
    pub(crate) fn lower(self, inputs: &mut Inputs<'_>) -> LoweredExec {
        let mut caps = self.caps();
        let mut outputs = Outputs(0);
        let root = outputs.next(!self.root_readonly);
        let mut mounts = vec![self.root_mount(root, inputs)];
        let mut mount_outputs = vec![None; self.mounts.len()];
        let mut order: Vec<(usize, &Mount)> = self.mounts.iter().enumerate().collect();
        // As the Go client has them: a mount below another one comes after it.
        order.sort_by(|(_, a), (_, b)| a.target.cmp(&b.target));
        for (index, mount) in order {
            let output = outputs.next(mount.is_output());
            mount.add_caps(&mut caps);
            mounts.push(pb::Mount {
                content_cache: self.content_cache_of(mount),
                ..mount.lower(inputs, output)
            });
            mount_outputs[index] = output;
        }
        let op = pb::ExecOp {
            network: self.network.into_pb().into(),
            security: self.security.into_pb().into(),
            secretenv: self.secret_env.iter().map(SecretEnv::to_pb).collect(),
            cdi_devices: self.devices(),
            meta: Some(self.meta()),
            mounts,
        };
        LoweredExec { op, caps, root, mounts: mount_outputs }
    }

    fn root_mount(&self, output: Option<u32>, inputs: &mut Inputs<'_>) -> pb::Mount {
        pb::Mount {
            input: inputs.shared(self.root),
            dest: "/".to_owned(),
            output: wire(output),
            readonly: self.root_readonly,
            ..pb::Mount::default()
        }
    }

    fn content_cache_of(&self, mount: &Mount) -> i32 {
        let wish = self.content_cache.iter().find(|(target, _)| *target == mount.target);
        wish.map_or(ContentCache::Default, |(_, wish)| *wish).into_pb().into()
    }

    fn devices(&self) -> Vec<pb::CdiDevice> {
        let device =
            |(name, optional): &(String, bool)| pb::CdiDevice { name: name.clone(), optional: *optional };
        self.devices.iter().map(device).collect()
    }

    fn meta(self) -> pb::Meta {
        pb::Meta {
            args: self.args,
            env: self.env.into_iter().map(|(name, value)| [&name, "=", &value].concat()).collect(),
            cwd: self.cwd,
            user: self.user.unwrap_or_default(),
            proxy_env: self.proxy_env.map(ProxyEnv::into_pb),
            extra_hosts: self
                .extra_hosts
                .into_iter()
                .map(|line| pb::HostIp { host: line.host, ip: line.ip })
                .collect(),
            hostname: self.hostname.unwrap_or_default(),
            ulimit: self
                .ulimits
                .into_iter()
                .map(|limit| pb::Ulimit { name: limit.name, soft: limit.soft, hard: limit.hard })
                .collect(),
            cgroup_parent: self.cgroup_parent.unwrap_or_default(),
            remove_mount_stubs_recursive: true,
            valid_exit_codes: self.valid_exit_codes,
        }
    }

    fn caps(&self) -> CapSet {
        let mut caps = CapSet::of(caps::EXEC_META_BASE);
        let has_path = self.env.iter().any(|(name, _)| name == "PATH");
        caps.need(!has_path, caps::EXEC_SETS_DEFAULT_PATH);
        caps.need(self.root.is_some(), caps::EXEC_MOUNT_BIND);
        caps.need(self.network != NetworkMode::Sandbox, caps::EXEC_NETWORK);
        caps.need(self.security != SecurityMode::Sandbox, caps::EXEC_SECURITY);
        caps.need(self.proxy_env.is_some(), caps::EXEC_PROXY_ENV);
        caps.need(!self.secret_env.is_empty(), caps::EXEC_SECRET_ENV);
        caps.need(!self.ulimits.is_empty(), caps::EXEC_ULIMIT);
        let has_cgroup = self.cgroup_parent.as_ref().is_some_and(|parent| !parent.is_empty());
        caps.need(has_cgroup, caps::EXEC_CGROUP_PARENT);
        caps.need(!self.devices.is_empty(), caps::EXEC_CDI);
        caps.need(!self.valid_exit_codes.is_empty(), caps::EXEC_VALID_EXIT_CODES);
        let is_keyed = self.mounts.iter().any(|mount| self.content_cache_of(mount) != 0);
        caps.need(is_keyed, caps::EXEC_MOUNT_CONTENT_CACHE);
        caps
    }
}

/// Numbers outputs as the daemon does: by their order among the mounts.
struct Outputs(u32);

impl Outputs {
    fn next(&mut self, is_output: bool) -> Option<u32> {
        is_output.then(|| {
            self.0 += 1;
            self.0 - 1
        })
    }
}

/// -1, and not the default 0, for a mount that is no output.
pub(super) fn wire(output: Option<u32>) -> i64 {
    output.map_or(-1, i64::from)
}

impl NetworkMode {
    fn into_pb(self) -> pb::NetMode {
        match self {
            Self::Sandbox => pb::NetMode::Unset,
            Self::Host => pb::NetMode::Host,
            Self::None => pb::NetMode::None,
        }
    }
}

impl SecurityMode {
    fn into_pb(self) -> pb::SecurityMode {
        match self {
            Self::Sandbox => pb::SecurityMode::Sandbox,
            Self::Insecure => pb::SecurityMode::Insecure,
        }
    }
}

impl SecretEnv {
    fn to_pb(&self) -> pb::SecretEnv {
        pb::SecretEnv { id: self.id.clone(), name: self.name.clone(), optional: self.optional }
    }
}

impl ProxyEnv {
    fn into_pb(self) -> pb::ProxyEnv {
        pb::ProxyEnv {
            http_proxy: self.http_proxy,
            https_proxy: self.https_proxy,
            ftp_proxy: self.ftp_proxy,
            no_proxy: self.no_proxy,
            all_proxy: self.all_proxy,
        }
    }
}
