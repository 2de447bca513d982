//! From the language as people write it to its core: what a stage says for all of its steps is said by each step, and
//! well-known caches are directories.

mod caches;
mod core;
mod defaults;
mod packages;
mod spec;
mod yaml;

use spec_schema::Spec;
use spec_schema::decode::List;
use spec_schema::spec::{RunStep, Stage, Step};

pub use self::core::{Core, CoreAction, CoreRun, CoreStep};
use self::defaults::Defaults;
pub use self::yaml::document;

/// Brings a spec to its core form; building that gives the same image.
pub fn expand(mut spec: Spec) -> Core {
    let mut steps = Vec::with_capacity(spec.stages.len());
    spec.stages = spec.stages.map(|_, mut stage| {
        steps.push(stage_steps(&mut stage));
        stage
    });
    Core { spec: Box::new(spec), steps }
}

/// The steps of a stage, which then holds neither them nor what it says for all of them.
fn stage_steps(stage: &mut Stage) -> Vec<CoreStep> {
    let steps = std::mem::take(&mut stage.steps);
    let defaults = Defaults::take(stage);
    Expander { defaults }.steps(steps)
}

/// A step that no stage says anything for.
pub(crate) fn alone(step: RunStep) -> CoreRun {
    Defaults::none(step.span).apply(step)
}

/// The file of a secret that names neither a file nor a variable.
pub(crate) fn default_secret_file(id: &str) -> String {
    format!("/run/secrets/{id}")
}

/// Brings the steps of one stage to their core form.
struct Expander {
    defaults: Defaults,
}

impl Expander {
    /// Those of branches too: a branch is the stage going on.
    fn steps(&self, steps: List<Step>) -> Vec<CoreStep> {
        steps.0.into_iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, mut step: Step) -> CoreStep {
        let span = step.span();
        let (mut name, when) = step.take_common();
        let run = |step| CoreAction::Run(Box::new(self.defaults.apply(step)));
        let mut short = |mut step: RunStep| {
            name = name.take().or(step.name.take());
            run(step)
        };
        let action = match step {
            Step::Run(step) => run(*step),
            Step::Copy(step) => CoreAction::Copy(step),
            Step::Add(step) => CoreAction::Add(step),
            Step::Write(step) => CoreAction::Write(step),
            Step::Mkdir(step) => CoreAction::Mkdir(step),
            Step::Remove(step) => CoreAction::Remove(step),
            Step::Symlink(step) => CoreAction::Symlink(step),
            Step::Apt(step) => short(packages::apt(*step)),
            Step::Apk(step) => short(packages::apk(*step)),
            Step::Dnf(step) => short(packages::dnf(*step)),
            Step::Parallel(step) => {
                let branches = step.parallel.0.into_iter().map(|branch| self.steps(branch));
                CoreAction::Parallel(branches.collect())
            }
        };
        CoreStep { name, when, span, action }
    }
}
