//! Steps that install what a lockfile names.

use super::{Network, SecretMount, SshMount, When};
use crate::decode::text::{Template, Text};
use crate::decode::{List, Map, OneOrMany, keywords, record};
use crate::span::Spanned;

record! {
    "`install` step";
    /// Installs the dependencies of a project from its lockfile alone, before any source is there: only what the package manager reads
    /// for that is copied to the working directory, so that nothing else repeats it. The lockfile must be there and is not changed.
    pub struct InstallStep {
        /// The package manager; of a list, the one whose lockfile is there.
        pub install: OneOrMany<Manager>,
        /// Shown for this step. Default: the package manager.
        pub name: Option<Template>,
        /// The step is there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
        /// The directory of the build context with the lockfile. Default: its root.
        pub path: Option<Text>,
        /// Whether what only development needs is left out. Default: false.
        pub production: Option<Spanned<bool>>,
        /// More arguments of the install command. For `cargo` these are options of the build: `--release`, `--target`, `--features`.
        pub args: List<Template>,
        /// Environment of this step alone.
        pub env: Map<Template>,
        /// Secrets: an id, a mapping, or a list of these.
        pub secrets: Option<OneOrMany<SecretMount>>,
        /// The client's ssh agent: `true`, an id, a mapping, or a list of these.
        pub ssh: Option<OneOrMany<SshMount>>,
        /// The network of this step. Default: the stage's.
        pub network: Option<Network>,
        /// The user that this step runs as. Default: the stage's `run_as`.
        pub run_as: Option<Template>,
    }
}

/// A package manager of a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// npm.
    Npm,
    /// pnpm.
    Pnpm,
    /// Yarn, classic or later.
    Yarn,
    /// Bun.
    Bun,
    /// pip.
    Pip,
    /// uv.
    Uv,
    /// Poetry.
    Poetry,
    /// Go's modules.
    Go,
    /// Cargo.
    Cargo,
    /// Maven.
    Maven,
    /// Gradle.
    Gradle,
    /// Bundler.
    Bundler,
    /// Composer.
    Composer,
}

keywords!(Manager, "a package manager", {
    "npm" => Npm, "pnpm" => Pnpm, "yarn" => Yarn, "bun" => Bun, "pip" => Pip, "uv" => Uv, "poetry" => Poetry, "go" => Go,
    "cargo" => Cargo, "maven" => Maven, "gradle" => Gradle, "bundler" => Bundler, "composer" => Composer
});

impl Manager {
    /// Its name in a spec, which is that of its cache too.
    pub fn name(self) -> &'static str {
        Self::WORDS.get(self as usize).copied().unwrap_or_default()
    }
}
