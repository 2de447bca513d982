//! The files that a step of a failed build had before it: what led to them is cached, and is asked for again.

use crate::build::surroundings;
use crate::compile::Compiled;
use crate::gateway::{Gateway, Ref, SolveOptions};
use crate::lower::lower;
use crate::opts::FrontendOpts;
use crate::plan::{Action, BuildPlan, StagePlan, StepPlan};
use crate::select::Source;

/// Somebody who can look into what a build has made so far.
#[derive(Clone, Copy)]
pub(super) struct Looker<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) opts: &'a FrontendOpts,
    pub(super) compiled: &'a Compiled,
}

/// A step, and how to come to the files that it starts with.
pub(super) struct Found<'p> {
    pub(super) stage: &'p StagePlan,
    pub(super) step: &'p StepPlan,
    position: usize,
    before: Vec<StepPlan>,
}

/// The steps of a plan, those of branches too, for which something holds.
pub(super) fn find(plan: &BuildPlan, holds: impl Fn(&StepPlan) -> bool) -> Vec<Found<'_>> {
    let mut found = Vec::new();
    for (position, stage) in plan.stages.iter().enumerate() {
        collect(stage, position, &stage.steps, &[], &holds, &mut found);
    }
    found
}

fn collect<'p>(
    stage: &'p StagePlan,
    position: usize,
    steps: &'p [StepPlan],
    before: &[StepPlan],
    holds: &impl Fn(&StepPlan) -> bool,
    found: &mut Vec<Found<'p>>,
) {
    for (index, step) in steps.iter().enumerate() {
        let before = [before, &steps[..index]].concat();
        if let Action::Parallel(branches) = &step.action {
            for branch in branches {
                collect(stage, position, branch, &before, holds, found);
            }
        } else if holds(step) {
            found.push(Found { stage, step, position, before });
        }
    }
}

impl Looker<'_> {
    /// The files that a step starts with.
    pub(super) async fn before(&self, plan: &BuildPlan, found: &Found<'_>) -> Option<Ref> {
        let last = StagePlan { steps: found.before.clone(), ..found.stage.clone() };
        self.files(plan, found.position, last).await
    }

    /// The files of a stage or an image that a step reads.
    pub(super) async fn of(&self, plan: &BuildPlan, found: &Found<'_>, source: &Source) -> Option<Ref> {
        let base = StagePlan { base: source.clone(), steps: Vec::new(), ..found.stage.clone() };
        self.files(plan, found.position, base).await
    }

    async fn files(&self, plan: &BuildPlan, position: usize, last: StagePlan) -> Option<Ref> {
        let stages = plan.stages.get(..position)?.iter().cloned();
        let last = StagePlan { squash: None, verify: None, scans: Vec::new(), ..last };
        let plan = BuildPlan { stages: stages.chain([last]).collect(), ..plan.clone() };
        let daemon = self.gateway.ping().await.ok()?;
        let surroundings = surroundings(self.compiled, self.opts, daemon);
        let definition = lower(&plan, &self.compiled.resolved, &surroundings).definition;
        let options = SolveOptions { evaluate: true, cache_imports: self.opts.cache_imports.clone() };
        self.gateway.solve(definition.into_pb(), options).await.ok()
    }
}
