//! The accounts that stages are to have, made from what their bases hold. Pure: the files of the bases were read before.
//!
//! A stage that starts from a stage needs that one's files. Where steps make them, they can only be read when all is known
//! that these steps need, other accounts among them: so there may be several rounds of reading.

mod add;

use std::collections::BTreeMap;

use spec_schema::diagnostic::Faults;

use crate::accounts::AccountFiles;
use crate::plan::{Action, BuildPlan, StagePlan};
use crate::select::Source;

/// What is known of the accounts of one plan's stages.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// What stages start from, by their position.
    bases: BTreeMap<usize, AccountFiles>,
    /// What stages have once their accounts are there, by their position.
    made: BTreeMap<usize, AccountFiles>,
}

/// Where the files are that a stage starts from.
enum Origin {
    /// There are none.
    Nothing,
    /// What the stage at a position starts from.
    BaseOf(usize),
    /// What the stage at a position has once its accounts are there.
    MadeIn(usize),
}

impl Known {
    /// Takes what the stage at a position starts from.
    pub fn learn(&mut self, stage: usize, files: AccountFiles) {
        self.bases.insert(stage, files);
    }

    /// Puts the accounts into the stages whose bases are known.
    pub fn make(&mut self, plan: &mut BuildPlan, faults: &mut Faults) {
        for position in 0..plan.stages.len() {
            if self.made.contains_key(&position) {
                continue;
            }
            let files = match origin(plan, position) {
                Origin::Nothing => Some(AccountFiles::default()),
                Origin::BaseOf(stage) => self.bases.get(&stage).cloned(),
                Origin::MadeIn(stage) => self.made.get(&stage).cloned(),
            };
            let Some(stage) = plan.stages.get_mut(position).filter(|stage| !stage.users.is_empty()) else {
                continue;
            };
            let (Some(mut files), Some(step)) = (files, stage.steps.first_mut()) else { continue };
            step.action = Action::Files(add::add(&stage.users, &mut files, faults));
            self.made.insert(position, files);
        }
    }

    /// The stages of which is to be read what they start from: all that can be had by now. Those for which steps have to run
    /// only if `runs_steps`.
    pub fn wanted(&self, plan: &BuildPlan, runs_steps: bool) -> Vec<usize> {
        let complete = self.complete(plan);
        let open = (0..plan.stages.len()).filter(|position| self.is_open(plan, *position));
        let mut wanted: Vec<usize> = open
            .filter_map(|position| match origin(plan, position) {
                Origin::BaseOf(stage) => match plan.stages[stage].base {
                    // What is lowered now must be as it will be in the end.
                    Source::Stage(below) => (runs_steps && below < complete).then_some(stage),
                    Source::Scratch | Source::Image(_) | Source::External(_) => Some(stage),
                },
                Origin::Nothing | Origin::MadeIn(_) => None,
            })
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// How many stages at the front of a plan have their accounts.
    pub fn complete(&self, plan: &BuildPlan) -> usize {
        let open = (0..plan.stages.len()).find(|position| self.is_open(plan, *position));
        open.unwrap_or(plan.stages.len())
    }

    fn is_open(&self, plan: &BuildPlan, position: usize) -> bool {
        !plan.stages[position].users.is_empty() && !self.made.contains_key(&position)
    }
}

fn origin(plan: &BuildPlan, position: usize) -> Origin {
    let mut stage = position;
    loop {
        match plan.stages[stage].base {
            Source::Scratch => return Origin::Nothing,
            Source::Image(_) | Source::External(_) => return Origin::BaseOf(stage),
            Source::Stage(below) if changes_files(&plan.stages[below]) => return Origin::BaseOf(stage),
            Source::Stage(below) if !plan.stages[below].users.is_empty() => return Origin::MadeIn(below),
            Source::Stage(below) => stage = below,
        }
    }
}

/// Whether a stage has steps besides the one that makes its accounts. Any of them may change the files that name
/// users, if only through a symbolic link.
fn changes_files(stage: &StagePlan) -> bool {
    stage.steps.len() > usize::from(!stage.users.is_empty())
}
