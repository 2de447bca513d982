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
mod runtime;
mod scan;
mod stage;
mod step;
mod users;
mod verify;

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use spec_schema::span::Span;

pub(crate) use add::title as add_title;
pub use annotations::Annotation;
pub use build::plan;
pub use config::ConfigChange;
pub(crate) use config::{PORTS, ports};
pub(crate) use copy::title as copy_title;
pub use copy::{CopyFilter, CopySource, has_wildcard};
pub(crate) use files::parents;
pub use growth::GrowthCheck;
pub use helper::{Limits, own_image, path_in as helper_path};
pub use mounts::{CachePlan, MountPlan};
pub use owner::{Name, Owner};
pub use process::{ProcessPlan, SHARED_MEMORY};
pub use reads::ContextPaths;
pub use run::{RunPlan, SecretEnv};
pub use runtime::Runtime;
pub use scan::{REPORT, ROOT, ScanPlan};
pub use stage::{Squash, StagePlan};
pub use step::{Action, Apart, FileChange, FileSource, Place, StepPlan};
pub use users::AccountPlan;
pub use verify::{ImageProcess, PathCheck, RunCheck, ServeCheck, TextCheck, TextKind, VerifyPlan, Wanted};

use crate::epoch::Epoch;
use crate::external::External;
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
