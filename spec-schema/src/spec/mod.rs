//! The types of the language, one concept a file.

mod account;
mod arg;
mod command;
mod healthcheck;
mod install;
mod lint;
mod mount;
mod packages;
mod parallel;
mod process;
mod scan;
mod secret;
mod source;
mod stage;
mod step;
mod verify;

pub use account::{Account, AccountSettings};
pub use arg::{Arg, ArgSettings};
pub use command::{Command, ShellOrExec};
pub use healthcheck::{Healthcheck, HealthcheckSettings, HealthcheckTest, Statuses};
pub use install::{InstallStep, Manager};
pub use lint::{Lint, LintErrors};
pub use mount::{
    BindMount, CacheMount, CacheSettings, FileMount, Mount, SecretMount, SecretSettings, Sharing, SshMount,
    SshSettings, TmpfsMount,
};
pub use packages::{ApkStep, AptRepository, AptStep, DnfStep, KeyFile, Repository, RepositoryKey};
pub use parallel::ParallelStep;
pub use process::{Device, DeviceSettings, Hosts, Limit, Security, Ulimit, UlimitSettings};
pub use scan::{ExitCodes, FailOn, Scan};
pub use secret::Secret;
pub use source::{ContextSource, GitSource, HttpSource, ImageSource, Source};
pub use stage::{Inherited, Network, Stage};
pub use step::{
    AddStep, CopyStep, MkdirStep, RemoveStep, RunStep, Step, SymlinkStep, SymlinkTarget, When, WriteFile,
    WriteStep,
};
pub use verify::{
    Attestation, Growth, MaxGrowth, Verify, VerifyRun, VerifyServe, VerifyServeSettings, VerifyText,
};

pub(crate) use step::{actions_with, is_action};

use crate::decode::text::{Template, Text};
use crate::decode::{List, Map, OneOrMany, record};

record! {
    "build spec";
    /// A build spec: named stages, and what they are parameterised by.
    pub struct Spec {
        /// Other spec files, by paths relative to this one, that this one builds on: they are merged in the order written, this
        /// file last. See [several files](#several-files).
        pub include: Option<OneOrMany<Text>>,
        /// A kind of project, whose stages are written for you: `go`, `java`, `node`, `python`, `rust` or `static`, or `auto`, which tells it by
        /// the files of the build context. See [presets](#presets).
        pub preset: Option<Text>,
        /// Options of the preset. Default: what the files of the build context say.
        pub with: Map<Text>,
        /// Build args: a default, or a mapping that says more. In scope everywhere in the file.
        pub args: Map<Arg>,
        /// Secrets that steps may use. A step may name only a secret declared here.
        pub secrets: Map<Secret>,
        /// Files from elsewhere, by the name that a `from` uses: images, git repositories, downloads, what the client gives.
        /// A source and a stage cannot share a name.
        pub sources: Map<Source>,
        /// The stages by name. A stage starts from an image, a source or another stage and runs its steps.
        pub stages: Map<Stage>,
        /// The stage that is built when the client names no target. Default: the last stage.
        pub default: Option<Text>,
        /// The platforms that are built for when the client names none: `[linux/amd64, linux/arm64]`. Default: that of the builder.
        pub platforms: List<Text>,
        /// Labels of every image. A stage's own label of the same name wins, and one of the client over both.
        pub labels: Map<Template>,
        /// Annotations of every image, on its OCI manifest; `index:NAME` is on the index of several platforms, `index,manifest:NAME` on
        /// both. They win over those of `--annotation`.
        pub annotations: Map<Template>,
        /// Which [lint rules](#lint) count, and how much.
        pub lint: Option<Lint>,
        /// An image with a [policy](policy.md) that the build has to keep to, by its digest: `registry.example.com/policy@sha256:…`. One that the client
        /// gives holds as well.
        pub policy: Option<Text>,
    }
}
