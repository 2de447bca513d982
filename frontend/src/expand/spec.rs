//! From the core of the language back to a spec that says it.

use spec_schema::Spec;
use spec_schema::decode::{List, OneOrMany};
use spec_schema::encode::Encode;
use spec_schema::spec::{CacheMount, ParallelStep, RunStep, Step};

use super::core::{Core, CoreAction, CoreStep};
use super::document;

impl Core {
    /// The spec in core form: expanding it again changes nothing, and building it gives the same image.
    pub fn into_spec(self) -> Spec {
        let mut steps = self.steps.into_iter();
        let mut spec = *self.spec;
        spec.stages = spec.stages.map(|_, mut stage| {
            stage.steps = List(steps.next().unwrap_or_default().into_iter().map(step).collect());
            stage
        });
        spec
    }

    /// The same as YAML, below the line that names the frontend, where the spec has one, and below comments.
    pub fn into_yaml(self, source: &str, comments: &[String]) -> String {
        let comments: Vec<String> = comments.iter().map(|line| format!("# {line}\n")).collect();
        let blocks =
            [syntax_line(source).map(|line| format!("{line}\n")).unwrap_or_default(), comments.concat()];
        let above: String =
            blocks.into_iter().filter(|block| !block.is_empty()).map(|block| block + "\n").collect();
        above + &document(&self.into_spec().encode())
    }
}

/// The line of a spec file that names the frontend. Daemons look for it among the comments at the start.
fn syntax_line(source: &str) -> Option<&str> {
    let comments = source.lines().map(str::trim).take_while(|line| line.starts_with('#'));
    comments.into_iter().find(|line| {
        let directive = line.trim_start_matches('#').trim_start();
        directive.strip_prefix("syntax").is_some_and(|rest| rest.trim_start().starts_with('='))
    })
}

fn step(step: CoreStep) -> Step {
    let CoreStep { name, when, span, action } = step;
    let mut step = match action {
        CoreAction::Run(run) => {
            let caches: Vec<CacheMount> =
                run.caches.into_iter().map(|cache| CacheMount::Settings(Box::new(cache))).collect();
            let cache = (!caches.is_empty()).then_some(OneOrMany { values: caches, span });
            Step::Run(Box::new(RunStep { cache, ..run.step }))
        }
        CoreAction::Copy(step) => Step::Copy(step),
        CoreAction::Add(step) => Step::Add(step),
        CoreAction::Write(step) => Step::Write(step),
        CoreAction::Mkdir(step) => Step::Mkdir(step),
        CoreAction::Remove(step) => Step::Remove(step),
        CoreAction::Symlink(step) => Step::Symlink(step),
        CoreAction::Impossible(impossible) => Step::Install(Box::new(impossible.step)),
        CoreAction::Parallel(branches) => {
            let branch = |steps: Vec<CoreStep>| List(steps.into_iter().map(self::step).collect());
            let parallel = List(branches.into_iter().map(branch).collect());
            Step::Parallel(Box::new(ParallelStep { parallel, name: None, when: None, span }))
        }
    };
    step.put_common(name, when);
    step
}
