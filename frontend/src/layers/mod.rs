//! Which steps are laid as layers of their own, so that a new base repeats none of them.
//!
//! A layer of its own is made on nothing: where it is put onto a base, it replaces a symbolic link above its files by a
//! directory and gives the directories that are there its own owners and permissions. A plain step does neither. So a
//! step is laid apart only where the files that it meets are known to leave no difference. Pure: what the base holds
//! was read before.

mod attempt;
mod known;
mod tree;

use std::collections::BTreeSet;

use known::Known;
pub use tree::{Directory, Fact, Facts};

use crate::accounts::{GROUP, GROUP_SHADOW, PASSWD, SHADOW};
use crate::paths;
use crate::plan::{Action, BuildPlan, FileChange, StagePlan, StepPlan};
use crate::select::Source;

/// What is to be read of the files that the target's stages start from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// The position of the first stage, which starts from those files.
    pub stage: usize,
    /// Paths that may be there: what is each?
    pub paths: BTreeSet<String>,
    /// Paths that may be directories: is there anything in them?
    pub directories: BTreeSet<String>,
    /// Whether the names of users and groups matter.
    pub accounts: bool,
}

/// What is to be known to lay steps apart; `None` where nothing has to be read, or nothing could come of it.
pub fn questions(plan: &BuildPlan) -> Option<Questions> {
    let chain = chain(plan)?;
    let first = *chain.first()?;
    if !matches!(plan.stages.get(first)?.base, Source::Image(_)) {
        return None;
    }
    let mut questions = Questions { stage: first, ..Questions::default() };
    for change in chain.iter().filter_map(|at| plan.stages.get(*at)).flat_map(|stage| changes(&stage.steps)) {
        ask(&mut questions, change);
    }
    for user in chain.iter().filter_map(|at| plan.stages.get(*at)).flat_map(|stage| &stage.users) {
        let home = user.made_home();
        let paths = [PASSWD, GROUP, SHADOW, GROUP_SHADOW].into_iter().chain(home);
        questions.paths.extend(paths.flat_map(tree::lineage).map(str::to_owned));
    }
    // The root of an image has files: what is copied there stays on top.
    (!questions.paths.is_empty()).then_some(questions)
}

/// Decides for every step of the target's stages where its changes are made, for as many stages at the front of the plan as
/// have their accounts.
pub fn arrange(plan: &mut BuildPlan, facts: &Facts, complete: usize) {
    let Some(chain) = chain(plan) else { return };
    let base = chain.first().and_then(|at| plan.stages.get(*at)).map(|stage| &stage.base);
    let mut known = match base {
        Some(Source::Scratch) => Known::nothing_there(),
        Some(Source::Image(_)) if facts.empty => Known::nothing_there(),
        Some(Source::Image(_)) => Known::from(facts),
        _ => return,
    };
    for at in chain.into_iter().filter(|at| *at < complete) {
        if let Some(stage) = plan.stages.get_mut(at) {
            known.next_stage();
            for (index, step) in stage.steps.iter_mut().enumerate() {
                known.step(index, step);
            }
        }
    }
}

/// The stages that the target starts from, the first one first, and the target; `None` where laying steps apart cannot
/// pay: a process may change any file, so nothing is known behind it, and what it did is repeated on a new base anyway.
///
/// Of those from one on that is squashed, nothing is laid apart: its steps are no layers, and of two files with the same size and time, a
/// layer apart that is made on another one would hold the first.
fn chain(plan: &BuildPlan) -> Option<Vec<usize>> {
    let mut chain = Vec::new();
    let mut next = plan.stages.len().checked_sub(1);
    while let Some(at) = next {
        chain.push(at);
        next = match &plan.stages.get(at)?.base {
            Source::Stage(position) => Some(*position),
            Source::Scratch | Source::Image(_) | Source::External(_) => None,
        };
    }
    chain.reverse();
    let mut stages: Vec<&StagePlan> = chain.iter().filter_map(|at| plan.stages.get(*at)).collect();
    let files_only =
        stages.iter().flat_map(|stage| &stage.steps).all(|it| matches!(it.action, Action::Files(_)));
    let above = stages.iter().position(|stage| stage.squash.is_some()).unwrap_or(stages.len());
    stages.truncate(above);
    chain.truncate(above);
    let copies =
        stages.iter().flat_map(|stage| &stage.steps).filter(|step| step.link.is_none()).any(|step| {
            changes(std::slice::from_ref(step))
                .any(|it| matches!(it, FileChange::Copy { .. } | FileChange::Fetch { .. }))
        });
    (files_only && copies).then_some(chain)
}

fn changes(steps: &[StepPlan]) -> impl Iterator<Item = &FileChange> {
    steps.iter().flat_map(|step| match &step.action {
        Action::Files(changes) => changes.as_slice(),
        Action::Run(_) | Action::Parallel(_) => &[],
    })
}

fn ask(questions: &mut Questions, change: &FileChange) {
    let (path, owner) = match change {
        FileChange::Copy { dest, owner, .. } | FileChange::Fetch { dest, owner, .. } => {
            questions.directories.insert(paths::absolute_file("/", dest));
            (dest, owner.as_ref())
        }
        FileChange::Write { path, owner, .. } | FileChange::Mkdir { path, owner, .. } => {
            (path, owner.as_ref())
        }
        FileChange::Symlink { path, .. } => (path, None),
        FileChange::Remove { .. } => return,
    };
    questions.accounts |= owner.is_some_and(crate::plan::Owner::is_named);
    questions.paths.extend(tree::lineage(path).map(str::to_owned));
}
