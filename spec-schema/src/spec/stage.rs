//! Stages.

use super::{
    Account, CacheMount, Healthcheck, Mount, Scan, SecretMount, ShellOrExec, SshMount, Step, Verify,
};
use crate::decode::text::{Template, Text};
use crate::decode::{List, Map, OneOrMany, keywords, record};
use crate::span::Spanned;

record! {
    "stage";
    /// A filesystem and an image config, made by steps from what it starts from.
    pub struct Stage {
        /// What the stage starts from: a stage, an image, or `scratch` for nothing at all.
        pub from: Template,
        /// The platform that the stage is for and its steps run on: `$BUILDPLATFORM`, `$TARGETPLATFORM`,
        /// or a platform such as `linux/arm64`. Default: that of the stage it starts from, else `$TARGETPLATFORM`.
        pub platform: Option<Template>,
        /// Shown to whoever asks what can be built.
        pub description: Option<Text>,
        /// Environment of every step, and of the image.
        pub env: Map<Template>,
        /// Working directory of every step, and of the image; made when it is missing. Default: that of
        /// the base. A relative one starts at that of the base.
        pub workdir: Option<Template>,
        /// The shell that runs texts, here and in the image. Default: that of the base, else `[/bin/sh, -c]`.
        pub shell: List<Template>,
        /// The user that the image runs as: `user`, `user:group`, names or ids. Default: that of the base.
        pub user: Option<Template>,
        /// Users that the stage has from its first step on, as `user`, `run_as` and `chown` may name them. Works on scratch and on images
        /// without a shell.
        pub users: Option<OneOrMany<Account>>,
        /// The user that the steps run as. Default: that of the base image.
        pub run_as: Option<Template>,
        /// Caches of every `run` step.
        pub cache: Option<OneOrMany<CacheMount>>,
        /// Secrets of every `run` step.
        pub secrets: Option<OneOrMany<SecretMount>>,
        /// The ssh agent of every `run` step.
        pub ssh: Option<OneOrMany<SshMount>>,
        /// Mounts of every `run` step.
        pub mounts: List<Mount>,
        /// Network of every `run` step. Default: `default`.
        pub network: Option<Network>,
        /// What is done, in this order.
        pub steps: List<Step>,
        /// Steps before `steps`: for a file that goes over another one or a preset.
        pub prepend_steps: List<Step>,
        /// Steps behind `steps`.
        pub append_steps: List<Step>,
        /// Whether all that the stage changes is one layer of the image, on the layers of what it starts from: what one step makes
        /// and another one removes is in none. Default: false, a layer for each step.
        pub squash: Option<Spanned<bool>>,
        /// Ports that the image listens on: `8080`, `53/udp`, `8000-8010`. A variable may stand for several with blanks between them, or for none.
        pub expose: List<Template>,
        /// Directories that hold data which outlives a container.
        pub volumes: List<Template>,
        /// The program that a container runs. A list is run as it is, a text by the shell.
        pub entrypoint: Option<ShellOrExec>,
        /// Arguments of the entrypoint; without one, the program itself. A list, or a text for the shell.
        pub cmd: Option<ShellOrExec>,
        /// How a container's health is checked; `none` drops the base image's.
        pub healthcheck: Option<Healthcheck>,
        /// The signal that stops a container: `SIGTERM`, `15`. Default: that of the base, else `SIGTERM`.
        pub stop_signal: Option<Template>,
        /// Labels of the image.
        pub labels: Map<Template>,
        /// Annotations of the image, as those of the spec.
        pub annotations: Map<Template>,
        /// Instructions, as in a Dockerfile and without `ONBUILD`, that are run first in each stage and each build that starts from
        /// this one: `RUN make`.
        pub onbuild: List<Text>,
        /// What of the base's image config is dropped: `env`, `expose`, `volumes`, `labels`, `entrypoint`, `cmd`, `healthcheck`,
        /// `onbuild`, or a list of these. Steps do not see a dropped `env` either.
        pub reset: Option<OneOrMany<Inherited>>,
        /// What must hold of the image before it leaves the build, where this stage is the one that is built. See
        /// [what is verified](#what-is-verified).
        pub verify: Option<Box<Verify>>,
        /// A scanner that looks at the image before it leaves the build, where this stage is the one that is built, or a list of them. See
        /// [scans](#scans).
        pub scan: Option<OneOrMany<Scan>>,
    }
}

/// A part of an image config that a stage inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inherited {
    /// The environment, but for `PATH`, which becomes that of an image without one.
    Env,
    /// Ports.
    Expose,
    /// Volumes.
    Volumes,
    /// Labels.
    Labels,
    /// The entrypoint.
    Entrypoint,
    /// The command.
    Cmd,
    /// The health check.
    Healthcheck,
    /// Instructions to run first, which are then not run.
    Onbuild,
}

keywords!(Inherited, "a part of an image config that can be reset", {
    "env" => Env, "expose" => Expose, "volumes" => Volumes, "labels" => Labels, "entrypoint" => Entrypoint, "cmd" => Cmd,
    "healthcheck" => Healthcheck, "onbuild" => Onbuild
});

impl Stage {
    /// Whether the stage drops a part of what it inherits.
    pub fn resets(&self, part: Inherited) -> bool {
        self.reset.iter().flat_map(|reset| &reset.values).any(|reset| *reset == part)
    }
}

/// The network that a step has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// What the client chose with `--network`; without that, a network of the build's own.
    Default,
    /// None.
    None,
    /// The host's; the client must allow it with `--allow network.host`.
    Host,
}

keywords!(Network, "a network mode", { "default" => Default, "none" => None, "host" => Host });
