//! From a selection and its base images to a plan: every text concrete, every path absolute, every source known.

mod add;
mod annotations;
mod build;
mod config;
mod copy;
mod files;
mod growth;
mod health;
mod helper;
mod mounts;
mod names;
mod onbuild;
mod owner;
mod parallel;
mod process;
mod reads;
mod run;
mod scan;
mod users;
mod verify;

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use serde_json::Value;
use spec_schema::decode::Mode;
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;
use spec_schema::spec::{Network, Sharing};

pub(crate) use add::title as add_title;
pub use annotations::Annotation;
pub use build::plan;
pub(crate) use config::{PORTS, ports};
pub(crate) use copy::title as copy_title;
pub use copy::{CopyFilter, CopySource, has_wildcard};
pub(crate) use files::parents;
pub use growth::GrowthCheck;
pub use helper::{Limits, own_image, path_in as helper_path};
pub use owner::{Name, Owner};
pub use process::{ProcessPlan, SHARED_MEMORY};
pub use reads::ContextPaths;
pub use scan::{REPORT, ROOT, ScanPlan};
pub use users::AccountPlan;
pub use verify::{ImageProcess, PathCheck, RunCheck, ServeCheck, TextCheck, TextKind, VerifyPlan, Wanted};

use crate::epoch::Epoch;
use crate::external::External;
use crate::paths::parent;
use crate::scope::Env;
use crate::select::Source;

/// What is built for one platform. Only [`plan`] makes one.
#[derive(Debug, Clone)]
pub struct BuildPlan {
    /// The platform that the image is for.
    pub platform: Platform,
    /// What the builder runs on.
    pub build_platform: Platform,
    /// The time that is given to whatever the build makes; without one, that of the build.
    pub epoch: Option<Epoch>,
    /// The stages, each after those it uses; the last one is the target.
    pub stages: Vec<StagePlan>,
    /// Where the spec names files from outside.
    pub places: BTreeMap<External, Span>,
    /// Labels of the image, where its stages set no others.
    pub labels: Vec<(String, String)>,
    /// Annotations, where its stages set no others.
    pub annotations: Vec<Annotation>,
}

/// One stage.
#[derive(Debug, Clone)]
pub struct StagePlan {
    /// Its name.
    pub name: String,
    /// What it is for and its steps run on.
    pub platform: Platform,
    /// What it starts from.
    pub base: Source,
    /// Where `from` names that.
    pub from_span: Span,
    /// What is shown while that is loaded, up to its reference.
    pub base_name: String,
    /// What stands in front of what is shown of it.
    pub label: String,
    /// Accounts that it is to have. The first step makes them: what that comes to depends on the files of the base.
    pub users: Vec<AccountPlan>,
    /// The steps in order.
    pub steps: Vec<StepPlan>,
    /// Whether what they change becomes one layer, where they are several.
    pub squash: Option<Squash>,
    /// What it changes in the image config of its base.
    pub config: Vec<ConfigChange>,
    /// What it adds to the annotations of its base.
    pub annotations: Vec<Annotation>,
    /// What its steps, and stages that start from it, begin with.
    pub runtime: Runtime,
    /// What must hold of it, where it is the stage that is built.
    pub verify: Option<VerifyPlan>,
    /// What scans it, where it is the stage that is built.
    pub scans: Vec<ScanPlan>,
    /// What stands in front of the name of each vertex.
    pub prefix: String,
    /// Whether it has no files at all.
    pub(crate) is_empty: bool,
    /// Whether the helper is among its files.
    pub(crate) has_helper: bool,
}

/// One layer in the place of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squash {
    /// What is shown while it is made.
    pub name: String,
    /// Where the spec asks for it.
    pub span: Span,
}

/// The environment that commands run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Variables.
    pub env: Env,
    /// Working directory, absolute.
    pub workdir: String,
    /// What runs texts.
    pub shell: Vec<String>,
    /// The image's user; empty for root.
    pub user: String,
}

/// One step: something that makes a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan {
    /// What is shown while it runs: the stage, its number and [`StepPlan::display`].
    pub name: String,
    /// What it does, in a line.
    pub display: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it runs even if its result is cached.
    pub no_cache: bool,
    /// What it does.
    pub action: Action,
    /// Whether its changes are a layer of their own, where the spec says.
    pub link: Option<bool>,
    /// Where its changes are made.
    pub place: Place,
}

impl StepPlan {
    /// Whether it makes no layer: what it asks for is there.
    pub fn comes_to_nothing(&self) -> bool {
        matches!(&self.action, Action::Files(changes) if changes.is_empty())
    }

    fn new(display: String, span: Span, action: Action) -> Self {
        Self { name: String::new(), display, span, no_cache: false, action, link: None, place: Place::OnTop }
    }
}

/// Where the changes of a step are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On what the step before it has left.
    OnTop,
    /// On a layer of their own, which is put onto that.
    Apart(Apart),
}

impl Apart {
    /// What `link: true` means: nothing is taken from below. A `chmod` is for what is copied, not for what is above it.
    fn asked_for(action: &Action) -> Self {
        let Action::Files(changes) = action else { return Self::default() };
        let parents = changes.iter().filter_map(|change| match change {
            FileChange::Copy { dest, mode: Some(_), .. } => Some(parent(dest)).filter(|path| *path != "/"),
            _ => None,
        });
        let made = parents.map(|path| FileChange::Mkdir { path: path.to_owned(), mode: 0o755, owner: None });
        Self { directories: made.collect(), after: Vec::new() }
    }
}

/// A layer of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Apart {
    /// Directories to make first, as they are below.
    pub directories: Vec<FileChange>,
    /// The steps of the stage, by position, on whose layers it is made. Else it is made on nothing.
    pub after: Vec<usize>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs a process.
    Run(Box<RunPlan>),
    /// Changes files, without any process.
    Files(Vec<FileChange>),
    /// Does the steps of each branch on what was there before, and merges what they change.
    Parallel(Vec<Vec<StepPlan>>),
}

impl Action {
    /// Whether what it makes may differ without that showing in the graph: a process may do anything, and what is copied may have
    /// come from anywhere. A text that is written, and what is removed or linked, is the same each time.
    pub fn can_differ(&self) -> bool {
        match self {
            Self::Run(_) => true,
            Self::Files(changes) => changes
                .iter()
                .any(|change| matches!(change, FileChange::Copy { .. } | FileChange::Fetch { .. })),
            Self::Parallel(_) => false,
        }
    }
}

/// A process to run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// Program and arguments.
    pub args: Vec<String>,
    /// Environment.
    pub env: Env,
    /// Working directory, absolute.
    pub workdir: String,
    /// User and group; empty for root.
    pub user: String,
    /// What is mounted besides the root.
    pub mounts: Vec<MountPlan>,
    /// Secrets in environment variables.
    pub secret_env: Vec<SecretEnv>,
    /// Network; `None` for what the client chose.
    pub network: Option<Network>,
    /// Hosts, limits, devices, privileges.
    pub process: ProcessPlan,
    /// How long it may take, and how often it is tried, where the step says.
    pub limits: Option<Limits>,
    /// What is probably wrong where it fails.
    pub doubt: Option<Diagnostic>,
}

/// A mount of a [`RunPlan`].
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

/// A secret in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEnv {
    /// The variable.
    pub name: String,
    /// The secret.
    pub id: String,
    /// True where the step runs without it.
    pub optional: bool,
}

/// Where copied or mounted files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// The build context.
    Context,
    /// Scratch, a stage or an image.
    Other(Source),
}

/// A change of files. Paths are absolute.
#[derive(Debug, Clone, PartialEq)]
pub enum FileChange {
    /// Copies paths of a source.
    Copy {
        /// Where they are copied from.
        from: FileSource,
        /// What is copied.
        sources: Vec<CopySource>,
        /// Where to; a directory if it ends with a slash.
        dest: String,
        /// Who owns the copies. Default: root.
        owner: Option<Owner>,
        /// Their permissions. Default: as they were.
        mode: Option<Mode>,
        /// Which of them.
        filter: CopyFilter,
        /// Whether archives are unpacked.
        unpack: bool,
    },
    /// Copies what is behind a URL.
    Fetch {
        /// What is there.
        source: Box<External>,
        /// Where the spec names it.
        span: Span,
        /// The path that is copied: the file of a download, or the root of a repository.
        path: String,
        /// Where to; a directory if it ends with a slash.
        dest: String,
        /// Who owns the copies. Default: root.
        owner: Option<Owner>,
        /// Their permissions. Default: as they are.
        mode: Option<Mode>,
        /// Whether an archive is unpacked.
        unpack: bool,
    },
    /// Writes a file.
    Write {
        /// The file.
        path: String,
        /// What it holds.
        content: Vec<u8>,
        /// Its permissions.
        mode: u32,
        /// Who owns it. Default: root.
        owner: Option<Owner>,
    },
    /// Makes a directory and its parents.
    Mkdir {
        /// The directory.
        path: String,
        /// Its permissions.
        mode: u32,
        /// Who owns it. Default: root.
        owner: Option<Owner>,
    },
    /// Removes paths.
    Remove {
        /// What; a pattern is possible.
        path: String,
        /// Whether it may be missing.
        missing_ok: bool,
    },
    /// Makes a link that holds `target`.
    Symlink {
        /// What the link holds.
        target: String,
        /// Where it is.
        path: String,
    },
}

/// One change of an image config.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfigChange {
    /// The environment as a whole.
    Env(Env),
    /// A key of `config`.
    Set(&'static str, Value),
    /// A name in an object of `config`.
    Add(&'static str, String, Value),
    /// A key of `config` that goes.
    Remove(&'static str),
}

impl BuildPlan {
    /// The stages whose files are in the image, by position: those that the target starts from, the first one first, and the target.
    pub fn chain(&self) -> Vec<usize> {
        self.chain_of(self.stages.len().checked_sub(1))
    }

    /// The same for another stage, by its position.
    pub fn chain_of(&self, stage: Option<usize>) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut next = stage;
        // Stages that start from each other are a fault that may not have ended the build yet.
        while let Some(position) = next.filter(|position| !chain.contains(position)) {
            chain.push(position);
            next = match self.stages[position].base {
                Source::Stage(base) => Some(base),
                Source::Image(_) | Source::External(_) | Source::Scratch => None,
            };
        }
        chain.reverse();
        chain
    }

    /// Whether anything must hold of the image.
    pub fn is_verified(&self) -> bool {
        self.stages.last().is_some_and(|stage| stage.verify.is_some() || !stage.scans.is_empty())
    }

    /// What scans the image.
    pub fn scans(&self) -> &[ScanPlan] {
        self.stages.last().map_or(&[], |stage| &stage.scans)
    }

    /// The steps of all stages that do something themselves, those of branches too, and of scans.
    pub fn steps(&self) -> impl Iterator<Item = &StepPlan> {
        let scans = self.scans().iter().map(|scan| &scan.step);
        self.stages.iter().flat_map(|stage| StepPlan::all(&stage.steps)).chain(scans)
    }
}
