//! From the language as people write it to its core: what a stage says for all of its steps is said by each step, and
//! well-known caches are directories.

mod caches;
mod core;
mod defaults;

use spec_schema::Spec;
use spec_schema::decode::List;
use spec_schema::spec::{RunStep, Stage, Step};

pub use self::core::{Core, CoreAction, CoreRun, CoreStep};
use self::defaults::Defaults;

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

    fn step(&self, step: Step) -> CoreStep {
        let span = step.span();
        let (name, when, action) = match step {
            Step::Run(mut step) => {
                let (name, when) = (step.name.take(), step.when.take());
                (name, when, CoreAction::Run(Box::new(self.defaults.apply(*step))))
            }
            Step::Copy(mut step) => (step.name.take(), step.when.take(), CoreAction::Copy(step)),
            Step::Add(mut step) => (step.name.take(), step.when.take(), CoreAction::Add(step)),
            Step::Write(mut step) => (step.name.take(), step.when.take(), CoreAction::Write(step)),
            Step::Mkdir(mut step) => (step.name.take(), step.when.take(), CoreAction::Mkdir(step)),
            Step::Remove(mut step) => (step.name.take(), step.when.take(), CoreAction::Remove(step)),
            Step::Symlink(mut step) => (step.name.take(), step.when.take(), CoreAction::Symlink(step)),
            Step::Parallel(step) => {
                let branches = step.parallel.0.into_iter().map(|branch| self.steps(branch)).collect();
                (step.name, step.when, CoreAction::Parallel(branches))
            }
        };
        CoreStep { name, when, span, action }
    }
}
