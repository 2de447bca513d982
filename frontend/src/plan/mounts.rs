//! What a process has mounted.

use spec_schema::decode::Id;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{BindMount, CacheSettings, Mount, SecretSettings, Sharing, SshMount, SshSettings};

use super::stage::StagePlanner;
use super::{FileSource, SecretEnv};
use crate::expand::{CoreRun, default_secret_file};
use crate::paths;
use crate::scope::Env;

/// A mount of a [`RunPlan`](super::RunPlan).
#[derive(Debug, Clone, PartialEq)]
pub enum MountPlan {
    /// Files from elsewhere.
    Bind {
        /// Where they come from.
        from: FileSource,
        /// The path there, absolute.
        source: String,
        /// Where the process sees them, absolute.
        target: String,
        /// Whether it may write; what it writes is thrown away.
        readwrite: bool,
    },
    /// A directory that outlives the build.
    Cache(CachePlan),
    /// A directory in memory; `size` in bytes.
    Tmpfs {
        /// Where, absolute.
        target: String,
        /// The most that it may hold, in bytes.
        size: Option<u64>,
    },
    /// A file that the process may only read.
    File {
        /// Where, absolute.
        target: String,
        /// What it holds.
        content: String,
        /// Its permissions.
        mode: u32,
    },
    /// A secret as a file.
    Secret {
        /// The client's name for it.
        id: String,
        /// The file, absolute.
        target: String,
        /// Its permissions.
        mode: u32,
        /// The user that owns it.
        uid: u32,
        /// The group that owns it.
        gid: u32,
        /// Whether the process runs without it.
        optional: bool,
    },
    /// An ssh agent's socket.
    Ssh {
        /// The client's name for it.
        id: String,
        /// The socket, absolute.
        target: String,
        /// Its permissions.
        mode: u32,
        /// The user that owns it.
        uid: u32,
        /// The group that owns it.
        gid: u32,
        /// Whether the process runs without it.
        optional: bool,
    },
}

impl MountPlan {
    /// Where the process sees it.
    pub fn target(&self) -> &str {
        match self {
            Self::Bind { target, .. }
            | Self::Tmpfs { target, .. }
            | Self::File { target, .. }
            | Self::Secret { target, .. }
            | Self::Ssh { target, .. } => target,
            Self::Cache(cache) => &cache.target,
        }
    }
}

/// A cache mount.
#[derive(Debug, Clone, PartialEq)]
pub struct CachePlan {
    /// What tells it from others.
    pub id: String,
    /// Where it is mounted.
    pub target: String,
    /// What builds do that use it at the same time.
    pub sharing: Sharing,
    /// What it starts with.
    pub from: Option<(FileSource, String)>,
    /// Mode, user and group of a new cache directory where they are not 0755 and root.
    pub owner: Option<(u32, u32, u32)>,
    /// Whether the process may not write there.
    pub readonly: bool,
}

/// Mounts of one step, and what goes with them.
#[derive(Default)]
pub(super) struct Mounts {
    pub(super) list: Vec<MountPlan>,
    pub(super) secret_env: Vec<SecretEnv>,
    /// The socket of the first agent.
    pub(super) agent: Option<String>,
}

impl Mounts {
    pub(super) fn add_all(
        &mut self,
        planner: &StagePlanner<'_>,
        run: &CoreRun,
        env: &Env,
        workdir: &str,
        faults: &mut Faults,
    ) {
        let mut reader = Reader { planner, env, workdir, faults };
        let step = &run.step;
        for mount in step.mounts.iter() {
            self.list.push(reader.mount(mount));
        }
        for cache in &run.caches {
            self.list.push(MountPlan::Cache(reader.cache(cache)));
        }
        for secret in step.secrets.iter().flat_map(|secrets| &secrets.values) {
            reader.secret(&secret.settings, self);
        }
        for agent in step.ssh.iter().flat_map(|agents| &agents.values) {
            if let SshMount::Agent(settings) = agent {
                reader.ssh(settings, self);
            }
        }
    }
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    env: &'a Env,
    workdir: &'a str,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    fn text(&mut self, template: &Template) -> String {
        self.planner.expand(template, self.env, self.faults)
    }

    fn target(&mut self, template: &Template) -> String {
        let known = self.faults.len();
        let path = self.text(template);
        let path = paths::absolute_file(self.workdir, &path);
        if path == "/" && self.faults.len() == known {
            self.faults
                .push(Diagnostic::new(template.span, "nothing can be mounted over the root of the stage"));
        }
        path
    }

    fn mount(&mut self, mount: &Mount) -> MountPlan {
        match mount {
            Mount::Bind(bind) => self.bind(bind),
            Mount::Tmpfs(tmpfs) => {
                MountPlan::Tmpfs { target: self.target(&tmpfs.target), size: tmpfs.size.map(|size| size.0) }
            }
            Mount::File(file) => MountPlan::File {
                target: self.target(&file.target),
                content: self.text(&file.content),
                mode: file.mode.map_or(0o644, |mode| mode.0),
            },
        }
    }

    fn bind(&mut self, bind: &BindMount) -> MountPlan {
        let from = match &bind.from {
            Some(from) => FileSource::Other(self.planner.source(from)),
            None => FileSource::Context,
        };
        MountPlan::Bind {
            source: self.source(bind.source.as_ref()),
            target: self.target(&bind.target),
            readwrite: bind.readwrite.as_ref().is_some_and(|readwrite| readwrite.value),
            from,
        }
    }

    fn source(&mut self, source: Option<&Template>) -> String {
        let Some(source) = source else { return "/".to_owned() };
        let path = self.text(source);
        if paths::escapes(&path) {
            self.faults
                .push(Diagnostic::new(source.span, format!("`{path}` leads out of what it is taken from")));
        }
        paths::absolute_file("/", &path)
    }

    fn cache(&mut self, cache: &CacheSettings) -> CachePlan {
        let target = self.target(&cache.target);
        let id = cache.id.as_ref().map_or_else(|| target.clone(), |id| self.text(id));
        let from = cache.from.as_ref().map(|from| FileSource::Other(self.planner.source(from)));
        let source = self.source(cache.source.as_ref());
        let mode = cache.mode.map_or(0o755, |mode| mode.0);
        let (uid, gid) = (number(cache.uid), number(cache.gid));
        CachePlan {
            id,
            target,
            sharing: cache.sharing.unwrap_or(Sharing::Shared),
            from: from.map(|from| (from, source)),
            owner: ((mode, uid, gid) != (0o755, 0, 0)).then_some((mode, uid, gid)),
            readonly: cache.readonly.as_ref().is_some_and(|readonly| readonly.value),
        }
    }

    fn secret(&mut self, secret: &SecretSettings, mounts: &mut Mounts) {
        let id = secret.id.value.clone();
        let declared = self.planner.secret_required(&id);
        let optional = !secret.required.as_ref().map_or(declared, |required| required.value);
        if let Some(env) = &secret.env {
            mounts.secret_env.push(SecretEnv { name: env.value.clone(), id: id.clone(), optional });
        }
        if secret.target.is_none() && secret.env.is_some() {
            return;
        }
        let target = match &secret.target {
            Some(target) => self.target(target),
            None => default_secret_file(&id),
        };
        let mode = secret.mode.map_or(0o400, |mode| mode.0);
        let (uid, gid) = (number(secret.uid), number(secret.gid));
        mounts.list.push(MountPlan::Secret { id, target, mode, uid, gid, optional });
    }

    fn ssh(&mut self, ssh: &SshSettings, mounts: &mut Mounts) {
        let number_of_agents =
            mounts.list.iter().filter(|mount| matches!(mount, MountPlan::Ssh { .. })).count();
        let target = match &ssh.target {
            Some(target) => self.target(target),
            None => format!("/run/buildkit/ssh_agent.{number_of_agents}"),
        };
        mounts.agent.get_or_insert_with(|| target.clone());
        let mode = ssh.mode.map_or(0o600, |mode| mode.0);
        mounts.list.push(MountPlan::Ssh {
            id: ssh.id.as_ref().map_or("default", |id| id.as_str()).to_owned(),
            target,
            mode,
            uid: number(ssh.uid),
            gid: number(ssh.gid),
            optional: ssh.required.as_ref().is_some_and(|required| !required.value),
        });
    }
}

fn number(id: Option<Id>) -> u32 {
    id.map_or(0, |id| id.0)
}
