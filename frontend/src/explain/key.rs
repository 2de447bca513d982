//! What a step's cache key is made of, in words.

use super::Input;
use crate::image_config::ImageConfig;
use crate::plan::{Action, BuildPlan, FileChange, MountPlan, RunPlan, StagePlan, StepPlan};
use crate::resolved::Resolved;
use crate::scope::{Env, Globals, Lookup};
use crate::select::Source;

/// The parts of the key of a step that is made on what is `below`.
pub(super) fn parts(
    step: &StepPlan,
    below: Option<String>,
    inputs: &[Input],
    base: &Env,
    globals: &Globals,
) -> Vec<String> {
    let mut parts: Vec<String> = below.into_iter().collect();
    match &step.action {
        Action::Run(run) => {
            parts.push("the command with its user and directory".to_owned());
            parts.extend(variables(run, base, globals));
            parts.extend(inputs.iter().map(content));
            parts.extend(settings(run));
        }
        Action::Files(changes) => {
            parts.extend(inputs.iter().map(content));
            parts.push(what_is_written(changes).to_owned());
        }
        Action::Parallel(_) => {}
    }
    parts
}

/// What of something that is read counts.
fn content(input: &Input) -> String {
    let paths = input.shown_paths();
    match input.kind {
        "context" if paths.starts_with('/') => format!("the files of the context{}", &paths[1..]),
        "context" => format!("the content of {paths}"),
        "download" => format!("the content behind {}", input.name),
        "git repository" => format!("the commit of {}", input.name),
        kind => format!("the content of {paths} in the {kind} {}", input.name),
    }
}

/// Args and variables, by name, that are not those of the base.
fn variables(run: &RunPlan, base: &Env, globals: &Globals) -> Vec<String> {
    let own = run.env.iter().filter(|(name, value)| base.get(name) != Some(*value));
    let is_arg = |(name, value): &(&str, &str)| globals.get(name) == Lookup::Value(value);
    let (args, variables): (Vec<_>, Vec<_>) = own.partition(is_arg);
    let list = |what: &str, of: Vec<(&str, &str)>| {
        let names: Vec<&str> = of.iter().map(|(name, _)| *name).collect();
        (!names.is_empty()).then(|| format!("the {what} {}", names.join(", ")))
    };
    [list("args", args), list("variables", variables)].into_iter().flatten().collect()
}

/// What else of a process counts.
fn settings(run: &RunPlan) -> Vec<String> {
    let mut kinds = Vec::new();
    let mut add = |kind: &str, is_there: bool| {
        if is_there {
            kinds.push(kind.to_owned());
        }
    };
    let has = |of: fn(&MountPlan) -> bool| run.mounts.iter().any(of);
    add("where caches are, and their ids", has(|mount| matches!(mount, MountPlan::Cache(_))));
    add("what mounted files hold", has(|mount| matches!(mount, MountPlan::File { .. })));
    let passes = has(|mount| matches!(mount, MountPlan::Secret { .. } | MountPlan::Ssh { .. }));
    add("the ids of secrets and agents, and where they are", passes || !run.secret_env.is_empty());
    add("its network", run.network.is_some());
    let process = &run.process;
    add("the names of hosts", !process.hosts.is_empty());
    add("its limits", !process.ulimits.is_empty() || process.shm_size.is_some());
    add("its host name", process.hostname.is_some());
    add("its privileges and devices", process.needs_entitlement());
    kinds
}

fn what_is_written(changes: &[FileChange]) -> &'static str {
    let copies =
        changes.iter().any(|change| matches!(change, FileChange::Copy { .. } | FileChange::Fetch { .. }));
    let writes = changes.iter().any(|change| matches!(change, FileChange::Write { .. }));
    match (copies, writes) {
        _ if changes.is_empty() => "the users that are there",
        (true, _) => "where it goes, its owner and its permissions",
        (false, true) => "what is written and where, its owner and its permissions",
        (false, false) => "the paths, with owner and permissions",
    }
}

impl StagePlan {
    /// The variables of the image that the stage starts from in the end.
    pub(super) fn base_env(&self, plan: &BuildPlan, resolved: &Resolved) -> Env {
        let mut stage = self;
        while let Source::Stage(below) = stage.base {
            stage = &plan.stages[below];
        }
        resolved.config(&stage.base).map(ImageConfig::env).unwrap_or_default()
    }
}
