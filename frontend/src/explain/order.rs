//! Which stages and steps wait for which.

use std::collections::BTreeSet;

use super::Link;
use crate::plan::{Action, BuildPlan, FileChange, FileSource, MountPlan, Place, StepPlan};
use crate::select::Source;

/// The order that the graph of a plan leaves: everything else may happen at the same time.
pub(super) struct Order {
    /// The stages that each stage uses.
    uses: Vec<BTreeSet<usize>>,
    tasks: Vec<Task>,
    /// The tasks that are done when a stage is.
    ends: Vec<Vec<usize>>,
    merges: bool,
}

/// A step, and those that it waits for.
struct Task {
    stage: usize,
    display: String,
    after: Vec<usize>,
}

impl Order {
    pub(super) fn of(plan: &BuildPlan, merges: bool) -> Self {
        let mut order = Self { uses: Vec::new(), tasks: Vec::new(), ends: Vec::new(), merges };
        for (position, stage) in plan.stages.iter().enumerate() {
            let mut uses: BTreeSet<usize> =
                StepPlan::all(&stage.steps).into_iter().flat_map(stages_read).collect();
            let mut below = Vec::new();
            if let Source::Stage(base) = stage.base {
                uses.insert(base);
                below.clone_from(&order.ends[base]);
            }
            order.uses.push(uses);
            let end = order.add(position, &stage.steps, below);
            order.ends.push(end);
        }
        order
    }

    /// Adds steps that start from what some tasks leave; tells which leave what comes of it.
    fn add(&mut self, stage: usize, steps: &[StepPlan], mut below: Vec<usize>) -> Vec<usize> {
        // Layers that are put onto what is below, each by the position of its step.
        let mut apart: Vec<(usize, usize)> = Vec::new();
        for (index, step) in steps.iter().enumerate() {
            if let (Place::Apart(layer), true) = (&step.place, self.merges) {
                let after = apart.iter().filter(|(at, _)| layer.after.contains(at)).map(|(_, task)| *task);
                let after = after.collect();
                apart.push((index, self.task(stage, step, after)));
                continue;
            }
            below.extend(apart.drain(..).map(|(_, task)| task));
            below = match &step.action {
                Action::Parallel(branches) => {
                    let ends = branches.iter().map(|branch| self.add(stage, branch, below.clone()));
                    ends.collect::<Vec<_>>().concat()
                }
                Action::Run(_) | Action::Files(_) => vec![self.task(stage, step, below)],
            };
        }
        below.extend(apart.into_iter().map(|(_, task)| task));
        below
    }

    fn task(&mut self, stage: usize, step: &StepPlan, mut after: Vec<usize>) -> usize {
        after.extend(stages_read(step).into_iter().flat_map(|used| self.ends[used].iter().copied()));
        self.tasks.push(Task { stage, display: step.display.clone(), after });
        self.tasks.len() - 1
    }

    /// The stages that use one.
    pub(super) fn users_of(&self, stage: usize) -> impl Iterator<Item = usize> {
        self.uses.iter().enumerate().filter(move |(_, uses)| uses.contains(&stage)).map(|(user, _)| user)
    }

    /// How many stages have to be there, one behind the other, before each can be.
    pub(super) fn depths(&self) -> Vec<usize> {
        let mut depths: Vec<usize> = Vec::with_capacity(self.uses.len());
        for uses in &self.uses {
            depths.push(uses.iter().filter_map(|used| depths.get(*used)).max().map_or(0, |depth| depth + 1));
        }
        depths
    }

    /// The stages of each depth.
    pub(super) fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = usize>> {
        let depths = self.depths();
        let last = depths.iter().max().map_or(0, |depth| depth + 1);
        (0..last).map(move |depth| {
            let depths = depths.clone();
            (0..depths.len()).filter(move |stage| depths[*stage] == depth)
        })
    }

    /// The longest row of steps that wait for each other.
    pub(super) fn longest_chain(&self, plan: &BuildPlan) -> Vec<Link> {
        // A task waits for earlier ones only.
        let mut lengths: Vec<usize> = Vec::with_capacity(self.tasks.len());
        for task in &self.tasks {
            lengths.push(1 + task.after.iter().map(|at| lengths[*at]).max().unwrap_or_default());
        }
        let longest =
            |tasks: &[usize]| tasks.iter().copied().min_by_key(|at| (usize::MAX - lengths[*at], *at));
        let mut chain = Vec::new();
        let mut next = self.ends.last().and_then(|end| longest(end));
        while let Some(at) = next {
            let Task { stage, display, after } = &self.tasks[at];
            chain.push(Link { stage: plan.stages[*stage].name.clone(), step: display.clone() });
            next = longest(after);
        }
        chain.reverse();
        chain
    }
}

/// The stages that a step reads files of.
fn stages_read(step: &StepPlan) -> Vec<usize> {
    let position = |source: &FileSource| match source {
        FileSource::Other(Source::Stage(position)) => Some(*position),
        _ => None,
    };
    match &step.action {
        Action::Files(changes) => {
            let copied = changes.iter().filter_map(|change| match change {
                FileChange::Copy { from, .. } => position(from),
                _ => None,
            });
            copied.collect()
        }
        Action::Run(run) => {
            let mounted = run.mounts.iter().filter_map(|mount| match mount {
                MountPlan::Bind { from, .. } => position(from),
                MountPlan::Cache(cache) => cache.from.as_ref().and_then(|(from, _)| position(from)),
                _ => None,
            });
            mounted.collect()
        }
        Action::Parallel(_) => Vec::new(),
    }
}
