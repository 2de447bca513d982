//! Processes.

use buildkit_proto::pb;

use super::mount::{BindAccess, CacheSharing, Mount, MountKind};
use crate::caps;
use crate::graph::{Inputs, Output};

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
    pub(crate) inputs: Inputs,
    pub(crate) op: pb::ExecOp,
    pub(crate) caps: Vec<&'static str>,
    pub(crate) root: Option<u32>,
    pub(crate) mounts: Vec<Option<u32>>,
}

impl ExecOp {
    pub(crate) fn lower(self) -> LoweredExec {
        let mut caps = self.caps();
        let mut inputs = Inputs::default();
        let mut outputs = Outputs(0);
        let root_output = outputs.next(!self.root_readonly);
        let mut mounts = vec![pb::Mount {
            input: inputs.index(self.root),
            dest: "/".to_owned(),
            output: wire(root_output),
            readonly: self.root_readonly,
            ..pb::Mount::default()
        }];
        let mut mount_outputs = vec![None; self.mounts.len()];
        let mut order: Vec<usize> = (0..self.mounts.len()).collect();
        // As the Go client has them: a mount below another one comes after it.
        order.sort_by(|a, b| self.mounts[*a].target.cmp(&self.mounts[*b].target));
        for index in order {
            let mount = &self.mounts[index];
            mount_outputs[index] =
                outputs.next(matches!(mount.kind, MountKind::Bind { access: BindAccess::Output, .. }));
            mounts.push(lower_mount(mount, &mut inputs, mount_outputs[index], &mut caps));
        }
        let op = pb::ExecOp {
            network: match self.network {
                NetworkMode::Sandbox => pb::NetMode::Unset,
                NetworkMode::Host => pb::NetMode::Host,
                NetworkMode::None => pb::NetMode::None,
            }
            .into(),
            security: match self.security {
                SecurityMode::Sandbox => pb::SecurityMode::Sandbox,
                SecurityMode::Insecure => pb::SecurityMode::Insecure,
            }
            .into(),
            secretenv: self.secret_env.iter().map(SecretEnv::to_pb).collect(),
            cdi_devices: self
                .devices
                .iter()
                .map(|(name, optional)| pb::CdiDevice { name: name.clone(), optional: *optional })
                .collect(),
            meta: Some(self.meta()),
            mounts,
        };
        LoweredExec { inputs, op, caps, root: root_output, mounts: mount_outputs }
    }

    fn meta(self) -> pb::Meta {
        pb::Meta {
            args: self.args,
            env: self.env.into_iter().map(|(name, value)| format!("{name}={value}")).collect(),
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

    fn caps(&self) -> Vec<&'static str> {
        let needed = [
            (true, caps::EXEC_META_BASE),
            (self.security != SecurityMode::Sandbox, caps::EXEC_SECURITY),
            (!self.secret_env.is_empty(), caps::EXEC_SECRET_ENV),
            (!self.ulimits.is_empty(), caps::EXEC_ULIMIT),
            (self.cgroup_parent.is_some(), caps::EXEC_CGROUP_PARENT),
            (!self.devices.is_empty(), caps::EXEC_CDI),
            (!self.valid_exit_codes.is_empty(), caps::EXEC_VALID_EXIT_CODES),
        ];
        needed.into_iter().filter_map(|(needed, cap)| needed.then_some(cap)).collect()
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
fn wire(output: Option<u32>) -> i64 {
    output.map_or(-1, i64::from)
}

fn lower_mount(
    mount: &Mount,
    inputs: &mut Inputs,
    output: Option<u32>,
    caps: &mut Vec<&'static str>,
) -> pb::Mount {
    let mut lowered =
        pb::Mount { input: -1, dest: mount.target.clone(), output: wire(output), ..pb::Mount::default() };
    let kind = match &mount.kind {
        MountKind::Bind { source, selector, access } => {
            lowered.input = inputs.index(*source);
            lowered.selector = selector.clone().unwrap_or_default();
            lowered.readonly = *access == BindAccess::ReadOnly;
            if *access == BindAccess::ReadWrite {
                caps.push(caps::EXEC_MOUNT_BIND_NO_OUTPUT);
            }
            pb::MountType::Bind
        }
        MountKind::Cache { id, sharing, source, selector } => {
            lowered.input = inputs.index(*source);
            lowered.selector = selector.clone().unwrap_or_default();
            let sharing = match sharing {
                CacheSharing::Shared => pb::CacheSharingOpt::Shared,
                CacheSharing::Private => pb::CacheSharingOpt::Private,
                CacheSharing::Locked => pb::CacheSharingOpt::Locked,
            };
            lowered.cache_opt = Some(pb::CacheOpt { id: id.clone(), sharing: sharing.into() });
            pb::MountType::Cache
        }
        MountKind::Tmpfs { size } => {
            if size.is_some() {
                caps.push(caps::EXEC_MOUNT_TMPFS_SIZE);
            }
            let size = size.map_or(0, |size| i64::try_from(size).unwrap_or(i64::MAX));
            lowered.tmpfs_opt = Some(pb::TmpfsOpt { size });
            pb::MountType::Tmpfs
        }
        MountKind::Secret(secret) => {
            let super::SecretFile { id, uid, gid, mode, optional } = secret.clone();
            lowered.secret_opt = Some(pb::SecretOpt { id, uid, gid, mode, optional });
            pb::MountType::Secret
        }
        MountKind::Ssh(socket) => {
            let super::SshSocket { id, uid, gid, mode, optional } = socket.clone();
            lowered.ssh_opt = Some(pb::SshOpt { id, uid, gid, mode, optional });
            pb::MountType::Ssh
        }
    };
    lowered.mount_type = kind.into();
    lowered
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
