//! What a step needs.

use spec_schema::spec::{Network, Sharing};

use super::{Input, Secret, Step, Surroundings, external_input, input, key, location};
use crate::plan::{
    Action, BuildPlan, CachePlan, CopyFilter, FileChange, FileSource, MountPlan, Place, RunPlan, StepPlan,
};

/// The steps of a stage, those of branches too.
pub(super) fn steps(plan: &BuildPlan, stage: usize, surroundings: Surroundings<'_>) -> Vec<Step> {
    let writer = Writer { plan, surroundings };
    let below = input(plan, surroundings.resolved, &plan.stages[stage].base);
    let below = match below.kind {
        "scratch" => None,
        "stage" => Some(format!("the files of the stage {}", below.name)),
        kind => Some(format!("the {kind} {}", below.name)),
    };
    let mut steps = Vec::new();
    writer.add(&mut steps, stage, &plan.stages[stage].steps, below, None);
    steps
}

struct Writer<'a> {
    plan: &'a BuildPlan,
    surroundings: Surroundings<'a>,
}

impl Writer<'_> {
    fn add(
        &self,
        steps: &mut Vec<Step>,
        stage: usize,
        plans: &[StepPlan],
        mut below: Option<String>,
        branch: Option<&str>,
    ) {
        for plan in plans {
            if let Action::Parallel(branches) = &plan.action {
                for (at, steps_of_branch) in branches.iter().enumerate() {
                    let one = format!("{} of {}", at + 1, branches.len());
                    let branch = branch.map_or_else(|| one.clone(), |outer| format!("{one} in {outer}"));
                    self.add(steps, stage, steps_of_branch, below.clone(), Some(&branch));
                }
                below = Some("what the branches leave".to_owned());
                continue;
            }
            let mut step = self.step(stage, plan, below.clone());
            step.branch = branch.map(str::to_owned);
            steps.push(step);
            below = Some("what the step before it leaves".to_owned());
        }
    }

    fn step(&self, stage: usize, plan: &StepPlan, below: Option<String>) -> Step {
        let linked = self.surroundings.merges && matches!(plan.place, Place::Apart(_));
        let mut step = Step {
            name: plan.name.clone(),
            location: location(self.surroundings.files, plan.span),
            branch: None,
            inputs: Vec::new(),
            mounts: Vec::new(),
            network: None,
            secrets: Vec::new(),
            linked,
            cache_key: Vec::new(),
        };
        match &plan.action {
            Action::Run(run) => self.process(&mut step, run),
            Action::Files(changes) => changes.iter().for_each(|change| self.change(&mut step, change)),
            Action::Parallel(_) => {}
        }
        if !plan.no_cache {
            let below = below.filter(|_| !linked);
            let base = self.plan.stages[stage].base_env(self.plan, self.surroundings.resolved);
            step.cache_key = key::parts(plan, below, &step.inputs, &base, self.surroundings.globals);
        }
        step
    }

    fn process(&self, step: &mut Step, run: &RunPlan) {
        step.network = Some(match run.network {
            None | Some(Network::Default) => "default",
            Some(Network::None) => "none",
            Some(Network::Host) => "host",
        });
        for secret in &run.secret_env {
            step.secrets.push(Secret {
                kind: "secret",
                id: secret.id.clone(),
                at: format!("${}", secret.name),
                required: !secret.optional,
            });
        }
        run.mounts.iter().for_each(|mount| self.mount(step, mount));
    }

    fn mount(&self, step: &mut Step, mount: &MountPlan) {
        let mut secret = |kind, id: &str, at: &str, optional: bool| {
            step.secrets.push(Secret { kind, id: id.to_owned(), at: at.to_owned(), required: !optional });
        };
        match mount {
            MountPlan::Secret { id, target, optional, .. } => secret("secret", id, target, *optional),
            MountPlan::Ssh { id, target, optional, .. } => secret("ssh", id, target, *optional),
            MountPlan::Tmpfs { target, .. } => step.mounts.push(format!("tmpfs {target}")),
            MountPlan::File { target, .. } => step.mounts.push(format!("file {target}")),
            MountPlan::Bind { from, source, target, .. } => {
                step.mounts.push(format!("bind {target}"));
                self.read(step, from, source, &CopyFilter::default());
            }
            MountPlan::Cache(cache) => {
                step.mounts.push(shown_cache(cache));
                if let Some((from, source)) = &cache.from {
                    self.read(step, from, source, &CopyFilter::default());
                }
            }
        }
    }

    fn change(&self, step: &mut Step, change: &FileChange) {
        match change {
            FileChange::Copy { from, sources, filter, .. } => {
                for source in sources {
                    self.read(step, from, &source.path, filter);
                }
            }
            FileChange::Fetch { source, .. } => {
                let (kind, name) = external_input(source);
                step.inputs.push(Input::of(kind, name));
            }
            _ => {}
        }
    }

    /// Adds a path that the step reads.
    fn read(&self, step: &mut Step, from: &FileSource, path: &str, filter: &CopyFilter) {
        let read = match from {
            FileSource::Context => Input::of("context", String::new()),
            FileSource::Other(source) => input(self.plan, self.surroundings.resolved, source),
        };
        let read = Input { include: filter.include.clone(), exclude: filter.exclude.clone(), ..read };
        // Paths of the context have no root of their own.
        let path = if read.kind == "context" && path != "/" { path.trim_start_matches('/') } else { path };
        let same = |input: &Input| Input { paths: Vec::new(), ..input.clone() } == read;
        let known = step.inputs.iter().position(same);
        let at = known.unwrap_or_else(|| {
            step.inputs.push(read);
            step.inputs.len() - 1
        });
        let paths = &mut step.inputs[at].paths;
        if !paths.iter().any(|other| other == path) {
            paths.push(path.to_owned());
        }
    }
}

fn shown_cache(cache: &CachePlan) -> String {
    let sharing = match cache.sharing {
        Sharing::Shared => "shared",
        Sharing::Private => "private",
        Sharing::Locked => "locked",
    };
    let id = if cache.id == cache.target { String::new() } else { format!("id {}, ", cache.id) };
    format!("cache {} ({id}{sharing})", cache.target)
}
