//! Branches of steps.

use spec_schema::diagnostic::Faults;

use super::names::Names;
use super::stage::StagePlanner;
use super::{Action, Runtime, StepPlan};
use crate::expand::CoreStep;
use crate::select::SelectedStep;

/// Plans the branches of which anything is there.
pub(super) fn parallel(
    planner: &mut StagePlanner<'_>,
    written: &[Vec<CoreStep>],
    selected: &SelectedStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> (Action, String) {
    let nothing_there = planner.nothing_there;
    let mut branches = Vec::with_capacity(selected.branches.len());
    for (steps, selected) in written.iter().zip(&selected.branches) {
        planner.nothing_there = nothing_there;
        branches.push(planner.steps(steps, selected, runtime, faults));
    }
    branches.retain(|branch| !branch.is_empty());
    planner.nothing_there = nothing_there && branches.is_empty();
    let display = format!("{} branches", branches.len());
    (Action::Parallel(branches), display)
}

impl StepPlan {
    /// The steps of a list and of the branches in it, in the order written, without those that only hold branches.
    pub fn all(steps: &[Self]) -> Vec<&Self> {
        let mut all = Vec::with_capacity(steps.len());
        let mut open: Vec<&Self> = steps.iter().rev().collect();
        while let Some(step) = open.pop() {
            match &step.action {
                Action::Parallel(branches) => {
                    open.extend(branches.iter().rev().flat_map(|it| it.iter().rev()));
                }
                Action::Run(_) | Action::Files(_) => all.push(step),
            }
        }
        all
    }
}

/// Numbers the vertices of a stage: steps in the order written, a merge after its branches, and what squashes them all.
pub(super) fn name_all(steps: &mut [StepPlan], squash: bool, names: &Names) -> usize {
    let total = 1 + count(steps) + usize::from(squash);
    name(steps, names, &mut 1, total);
    total
}

fn count(steps: &[StepPlan]) -> usize {
    let inside = |step: &StepPlan| match &step.action {
        Action::Parallel(branches) => branches.iter().map(|branch| count(branch)).sum(),
        Action::Run(_) | Action::Files(_) => 0,
    };
    steps.iter().map(|step| 1 + inside(step)).sum()
}

fn name(steps: &mut [StepPlan], names: &Names, number: &mut usize, total: usize) {
    for step in steps {
        let mut merge = "";
        if let Action::Parallel(branches) = &mut step.action {
            for branch in branches {
                name(branch, names, number, total);
            }
            merge = "merge ";
        }
        *number += 1;
        step.name = names.vertex(*number, total, &format!("{merge}{}", step.display));
    }
}
