//! From the language as people write it to its core: what a stage says for all of its steps is said by each step, and
//! well-known caches are directories.

mod caches;
mod core;
mod defaults;
mod install;
mod locked;
mod marks;
mod packages;
mod spec;
mod yaml;

use spec_schema::Spec;
use spec_schema::decode::List;
use spec_schema::decode::text::Template;
use spec_schema::spec::{InstallStep, RunStep, Stage, Step};

pub use self::core::{Core, CoreAction, CoreRun, CoreStep, Impossible};
use self::defaults::Defaults;
use self::install::Installation;
pub use self::locked::Open;
pub use self::marks::Marks;
pub(crate) use self::yaml::in_line;
pub use self::yaml::{commented, document};
use crate::survey::Survey;

/// Brings a spec to its core form; building that gives the same image.
///
/// What it needs to know of the build context it takes from `survey`, where [`ask`] has asked for it.
pub fn expand(mut spec: Spec, survey: &mut Survey) -> Core {
    let mut steps = Vec::with_capacity(spec.stages.len());
    spec.stages = spec.stages.map(|_, mut stage| {
        steps.push(stage_steps(&mut stage, survey));
        stage
    });
    Core { spec: Box::new(spec), steps }
}

/// Asks for what [`expand`] needs to know of the build context, as far as that can be told from what is known already.
pub fn ask(spec: &Spec, survey: &mut Survey) {
    let steps = spec.stages.iter().flat_map(|(_, stage)| Step::all(&stage.value.steps));
    for step in steps {
        if let Step::Install(step) = step {
            install::ask(step, survey);
        }
    }
}

/// The steps of a stage, which then holds neither them nor what it says for all of them.
fn stage_steps(stage: &mut Stage, survey: &mut Survey) -> Vec<CoreStep> {
    let mut steps = std::mem::take(&mut stage.prepend_steps);
    steps.0.append(&mut stage.steps.0);
    steps.0.append(&mut stage.append_steps.0);
    let defaults = Defaults::take(stage);
    Expander { defaults, survey }.steps(steps)
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
struct Expander<'s> {
    defaults: Defaults,
    survey: &'s mut Survey,
}

impl Expander<'_> {
    /// Those of branches too: a branch is the stage going on.
    fn steps(&mut self, steps: List<Step>) -> Vec<CoreStep> {
        let mut core = Vec::with_capacity(steps.len());
        for mut step in steps.0 {
            let span = step.span();
            let (name, when) = step.take_common();
            for (own_name, action) in self.actions(step) {
                let (name, when) = (name.clone().or(own_name), when.clone());
                core.push(CoreStep { name, when, span, action });
            }
        }
        core
    }

    /// What a step comes to, with what is shown for it where the user does not call it anything.
    fn actions(&mut self, step: Step) -> Vec<(Option<Template>, CoreAction)> {
        let action = match step {
            Step::Run(step) => return vec![self.run(*step)],
            Step::Apt(step) => return vec![self.run(packages::apt(*step))],
            Step::Apk(step) => return vec![self.run(packages::apk(*step))],
            Step::Dnf(step) => return vec![self.run(packages::dnf(*step))],
            Step::Install(step) => return self.install(*step),
            Step::Copy(step) => CoreAction::Copy(step),
            Step::Add(step) => CoreAction::Add(step),
            Step::Write(step) => CoreAction::Write(step),
            Step::Mkdir(step) => CoreAction::Mkdir(step),
            Step::Remove(step) => CoreAction::Remove(step),
            Step::Symlink(step) => CoreAction::Symlink(step),
            Step::Parallel(step) => {
                CoreAction::Parallel(step.parallel.0.into_iter().map(|branch| self.steps(branch)).collect())
            }
        };
        vec![(None, action)]
    }

    fn run(&self, mut step: RunStep) -> (Option<Template>, CoreAction) {
        (step.name.take(), CoreAction::Run(Box::new(self.defaults.apply(step))))
    }

    fn install(&mut self, step: InstallStep) -> Vec<(Option<Template>, CoreAction)> {
        let run_as = step.run_as.clone().or_else(|| self.defaults.run_as.clone());
        let step = InstallStep { run_as, ..step };
        match install::install(step.clone(), self.survey) {
            Ok(None) => Vec::new(),
            Ok(Some(Installation { mut copy, mut run, doubt })) => {
                let (copied, ran) = (copy.name.take(), run.name.take());
                let run = CoreRun { doubt, ..self.defaults.apply(run) };
                vec![(copied, CoreAction::Copy(Box::new(copy))), (ran, CoreAction::Run(Box::new(run)))]
            }
            Err(fault) => vec![(None, CoreAction::Impossible(Box::new(Impossible { step, fault })))],
        }
    }
}
