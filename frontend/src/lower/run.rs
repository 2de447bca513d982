//! Processes.

use buildkit_llb::{
    BindAccess, CacheSharing, ExecOp, ExtraHost, FileOp, Mkdir, Mkfile, Mount, MountKind, NetworkMode,
    OpMeta, Output, OwnerName, Platform, ProxyEnv, SecretEnv, SecretFile, SecurityMode, SshSocket, Ulimit,
};
use spec_schema::spec::{Network, Sharing};

use super::files::is_cut;
use super::{Lowerer, secret_env};
use crate::opts;
use crate::plan::{CachePlan, Limits, MountPlan, ProcessPlan, RunPlan, SHARED_MEMORY, own_image};

/// Where a process sees the helper: below `/dev`, of which no layer keeps anything.
pub(super) const HELPER: &str = "/dev/optfrontend/helper";

/// The only file where a mounted one comes from.
const MOUNTED_FILE: &str = "/file";

impl Lowerer<'_> {
    /// Adds a process; returns the root that it leaves.
    pub(super) fn run(
        &mut self,
        root: Option<Output>,
        plan: &RunPlan,
        platform: &Platform,
        mut meta: OpMeta,
    ) -> Option<Output> {
        meta.platform = Some(platform.clone());
        let exec = self.process_of(root, plan);
        self.graph.exec(exec, meta).root
    }

    /// A process on a root.
    pub(super) fn process_of(&mut self, root: Option<Output>, plan: &RunPlan) -> ExecOp {
        let mut mounts: Vec<Mount> = plan.mounts.iter().map(|mount| self.mount(mount)).collect();
        mounts.extend(self.shared_memory(plan));
        let opts = self.surroundings.opts;
        let shell_reads =
            !self.surroundings.abilities.secret_variables && secret_env::can_be_read(&plan.args);
        let (by_shell, by_daemon) =
            plan.secret_env.split_at(if shell_reads { plan.secret_env.len() } else { 0 });
        mounts.extend(secret_env::files(by_shell));
        let mut args = secret_env::reading(&plan.args, by_shell);
        if let Some(limits) = &plan.limits {
            mounts.push(self.helper(limits.helper));
            args.splice(0..0, supervised(limits));
        }
        ExecOp {
            args,
            env: plan.env.to_pairs(),
            cwd: plan.workdir.clone(),
            user: (!plan.user.is_empty()).then(|| plan.user.clone()),
            root,
            mounts,
            network: self.network(plan.network),
            secret_env: by_daemon.iter().map(lower_secret_env).collect(),
            proxy_env: proxy_env(opts),
            extra_hosts: extra_hosts(opts, &plan.process),
            hostname: plan.process.hostname.clone().or_else(|| opts.hostname.clone()),
            ulimits: ulimits(opts, &plan.process),
            security: if plan.process.insecure { SecurityMode::Insecure } else { SecurityMode::Sandbox },
            devices: plan.process.devices.clone(),
            cgroup_parent: opts.cgroup_parent.clone(),
            ..ExecOp::default()
        }
    }

    /// The helper, by its path in the frontend's image.
    pub(super) fn helper(&mut self, path: &str) -> Mount {
        let source = self.source(&own_image());
        let selector = Some(path.to_owned());
        Mount {
            target: HELPER.to_owned(),
            kind: MountKind::Bind { source, selector, access: BindAccess::ReadOnly },
        }
    }

    pub(super) fn network(&self, step: Option<Network>) -> NetworkMode {
        match step {
            Some(Network::None) => NetworkMode::None,
            Some(Network::Host) => NetworkMode::Host,
            Some(Network::Default) | None => match self.surroundings.opts.network {
                opts::NetworkMode::Sandbox => NetworkMode::Sandbox,
                opts::NetworkMode::None => NetworkMode::None,
                opts::NetworkMode::Host => NetworkMode::Host,
            },
        }
    }

    /// `shm_size`, `--shm-size`: a directory in memory of that size. A step that mounts something there has said more.
    fn shared_memory(&self, plan: &RunPlan) -> Option<Mount> {
        let size = plan.process.shm_size.or(self.surroundings.opts.shm_size)?;
        let is_taken = plan.mounts.iter().any(|mount| mount.target() == SHARED_MEMORY);
        let kind = MountKind::Tmpfs { size: Some(size) };
        (!is_taken).then(|| Mount { target: SHARED_MEMORY.to_owned(), kind })
    }

    /// A file from the spec, which is in no layer.
    fn file(&mut self, target: &str, content: &str, mode: u32) -> Mount {
        let file = Mkfile {
            path: MOUNTED_FILE.to_owned(),
            data: content.to_owned().into_bytes(),
            mode,
            owner: None,
            // The time is no part of any key, but the op is one for all builds only if its bytes are.
            timestamp: Some(0),
        };
        let meta = OpMeta::named(format!("[internal] write {target}"));
        let source = self.graph.file(FileOp::on(None).mkfile(file), meta);
        let selector = Some(MOUNTED_FILE.to_owned());
        let kind = MountKind::Bind { source, selector, access: BindAccess::ReadOnly };
        Mount { target: target.to_owned(), kind }
    }

    pub(super) fn mount(&mut self, mount: &MountPlan) -> Mount {
        match mount {
            MountPlan::Bind { from, source, target, readwrite } => {
                let access = if *readwrite { BindAccess::ReadWrite } else { BindAccess::ReadOnly };
                let kind = MountKind::Bind { source: self.source(from), selector: selector(source), access };
                Mount { target: target.clone(), kind }
            }
            MountPlan::Cache(cache) => self.cache(cache),
            MountPlan::Tmpfs { target, size } => {
                Mount { target: target.clone(), kind: MountKind::Tmpfs { size: *size } }
            }
            MountPlan::File { target, content, mode } => self.file(target, content, *mode),
            MountPlan::Secret { id, target, mode, uid, gid, optional } => {
                let file =
                    SecretFile { id: id.clone(), uid: *uid, gid: *gid, mode: *mode, optional: *optional };
                Mount { target: target.clone(), kind: MountKind::Secret(file) }
            }
            MountPlan::Ssh { id, target, mode, uid, gid, optional } => {
                let socket =
                    SshSocket { id: id.clone(), uid: *uid, gid: *gid, mode: *mode, optional: *optional };
                Mount { target: target.clone(), kind: MountKind::Ssh(socket) }
            }
        }
    }

    fn cache(&mut self, cache: &CachePlan) -> Mount {
        let (source, source_path) = match &cache.from {
            Some((from, path)) => (self.source(from), selector(path)),
            None => (None, None),
        };
        let (source, selector) = match cache.owner {
            Some(owner) => (self.cache_directory(owner), Some("/cache".to_owned())),
            None => (source, source_path),
        };
        // As Dockerfiles name them, so that both share what is there.
        let namespace = self.surroundings.opts.cache_mount_namespace.as_deref().unwrap_or_default();
        let id = format!("{namespace}/{}", cache.id);
        let sharing = match cache.sharing {
            Sharing::Shared => CacheSharing::Shared,
            Sharing::Private => CacheSharing::Private,
            Sharing::Locked => CacheSharing::Locked,
        };
        let readonly = cache.readonly;
        Mount {
            target: cache.target.clone(),
            kind: MountKind::Cache { id, sharing, source, selector, readonly },
        }
    }

    /// What a cache starts with that does not belong to root.
    fn cache_directory(&mut self, (mode, user, group): (u32, u32, u32)) -> Option<Output> {
        let path = "/cache".to_owned();
        // Bits above these mean nothing for a cache, and not every daemon can make them.
        let mode = mode & 0o777;
        let id = |id| Some(OwnerName::Id(id));
        let owner = Some(buildkit_llb::Owner { user: id(user), group: id(group) });
        let directory = Mkdir { path, mode, make_parents: false, owner: owner.clone(), timestamp: None };
        let meta = OpMeta::named("[internal] settings cache mount permissions");
        if is_cut(mode) {
            let unowned = FileOp::on(None).mkdir(Mkdir { owner: None, ..directory });
            let copy = self.made_elsewhere(unowned, "/cache", mode, owner);
            return self.graph.file(FileOp::on(None).copy(copy), meta);
        }
        self.graph.file(FileOp::on(None).mkdir(directory), meta)
    }
}

/// What stands before a command that has limits.
fn supervised(limits: &Limits) -> Vec<String> {
    let mut words = vec![HELPER.to_owned(), "run".to_owned()];
    if let Some(timeout) = &limits.timeout {
        words.extend(["--timeout".to_owned(), timeout.value.to_string()]);
    }
    if limits.retries > 0 {
        words.extend(["--retries".to_owned(), limits.retries.to_string()]);
    }
    words.push("--".to_owned());
    words
}

/// The client's hosts and the step's; of one name the step's.
fn extra_hosts(opts: &opts::FrontendOpts, process: &ProcessPlan) -> Vec<ExtraHost> {
    let is_named = |host: &str| process.hosts.iter().any(|line| line.host == host);
    let client = opts.add_hosts.iter().filter(|line| !is_named(&line.host));
    let lines = client.chain(&process.hosts);
    lines.map(|line| ExtraHost { host: line.host.clone(), ip: line.ip.to_string() }).collect()
}

/// The client's limits and the step's; of one name the step's.
fn ulimits(opts: &opts::FrontendOpts, process: &ProcessPlan) -> Vec<Ulimit> {
    let is_named = |name: &str| process.ulimits.iter().any(|limit| limit.name == name);
    let client = opts.ulimits.iter().filter(|limit| !is_named(&limit.name));
    let limits = client.chain(&process.ulimits);
    limits.map(|limit| Ulimit { name: limit.name.clone(), soft: limit.soft, hard: limit.hard }).collect()
}

/// The root of a source needs no selector.
fn selector(path: &str) -> Option<String> {
    (path != "/").then(|| path.to_owned())
}

fn lower_secret_env(secret: &crate::plan::SecretEnv) -> SecretEnv {
    SecretEnv { id: secret.id.clone(), name: secret.name.clone(), optional: secret.optional }
}

/// Proxies of the client; they reach every process and no cache key.
fn proxy_env(opts: &opts::FrontendOpts) -> Option<ProxyEnv> {
    let mut proxies = ProxyEnv::default();
    let mut any = false;
    for (name, value) in opts.proxy_args() {
        let field = match name.to_ascii_uppercase().as_str() {
            "HTTP_PROXY" => &mut proxies.http_proxy,
            "HTTPS_PROXY" => &mut proxies.https_proxy,
            "FTP_PROXY" => &mut proxies.ftp_proxy,
            "NO_PROXY" => &mut proxies.no_proxy,
            "ALL_PROXY" => &mut proxies.all_proxy,
            _ => continue,
        };
        value.clone_into(field);
        any = true;
    }
    any.then_some(proxies)
}
