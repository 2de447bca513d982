//! `RemovedTooLate`.

use std::collections::BTreeSet;

use crate::expand::CoreAction;
use crate::lint::command::Command;
use crate::lint::run::RunView;
use crate::lint::subject::StageView;
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::paths;

pub(super) const RULE: Rule = Rule {
    name: "RemovedTooLate",
    description: "What the image is not to have is removed by the step that brings it",
    costs: "the layer below keeps all of it: the image is as large as before, and who has the image can read it",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, _)) = subject.target() else { return };
    let chain = subject.chain(target);
    let squashes = |stage: &&StageView<'_>| stage.stage.squash.as_ref().is_some_and(|squash| squash.value);
    if chain.iter().any(squashes) {
        return;
    }
    let mut below = BTreeSet::new();
    for stage in chain.iter().rev() {
        for (step, run) in stage.steps_and_runs() {
            if let CoreAction::Copy(copy) = &step.action {
                let workdir = stage.stage.workdir.as_ref().map_or("/", |workdir| workdir.raw.as_str());
                let to = copy.to.as_ref().map_or(".", |to| to.raw.as_str());
                let names =
                    copy.copy.values.iter().map(|from| from.raw.rsplit('/').next().unwrap_or_default());
                below.extend(names.map(|name| destination(workdir, to, name)));
            }
            let Some(run) = run else { continue };
            let own: BTreeSet<String> = run.commands.iter().flat_map(|it| leaves(run, it)).collect();
            let late = run.commands.iter().find(|command| {
                let mut removed = removes(command).into_iter();
                removed.any(|path| is_in(&below, &path) && !is_in(&own, &path))
            });
            if let Some(command) = late {
                let detail = format!("`{}` takes away what a layer below keeps", command.line());
                let help = Help::spec(
                    "do it in the step that has brought it, or let the stage be one layer: `squash: true`",
                )
                .dockerfile("do it in the `RUN` that has brought it; what only the build needs belongs into a stage of its own");
                found.add(run.place(subject, command), detail, help);
            }
            below.extend(own);
        }
    }
}

fn destination(workdir: &str, to: &str, name: &str) -> String {
    let path = paths::absolute_file(workdir, to);
    if to.ends_with('/') || to == "." { format!("{}/{name}", path.trim_end_matches('/')) } else { path }
}

/// Whether a path, or anything below it, is in the set.
fn is_in(set: &BTreeSet<String>, path: &str) -> bool {
    let below = format!("{path}/");
    set.contains(path) || set.range(below.clone()..).next().is_some_and(|next| next.starts_with(&below))
}

/// What a command leaves in the layer that is known to be of no use later, or was downloaded.
fn leaves(run: &RunView<'_>, command: &Command) -> Vec<String> {
    let known: &[&str] = match command.program() {
        "apt-get" | "apt" if command.is(&["apt-get", "apt"], &["update", "install"]) => {
            &["/var/lib/apt/lists/x", "/var/cache/apt/x"]
        }
        "apk" if command.is(&["apk"], &["add", "update"]) && !command.has("--no-cache") => {
            &["/var/cache/apk/x"]
        }
        "yum" | "dnf" | "microdnf" => &["/var/cache/yum/x", "/var/cache/dnf/x"],
        "pip" | "pip3" if !command.has("--no-cache-dir") => &["/root/.cache/pip/x"],
        "npm" | "npx" => &["/root/.npm/x"],
        "curl" | "wget" => {
            return command.operands().filter(|word| word.starts_with('/')).map(str::to_owned).collect();
        }
        _ => &[],
    };
    known.iter().filter(|path| !run.keeps_out(path)).map(|path| (*path).to_owned()).collect()
}

/// The paths that a command takes away.
fn removes(command: &Command) -> Vec<String> {
    let clean = |path: &str| path.trim_end_matches('*').trim_end_matches('/').to_owned();
    match command.program() {
        "rm" => command.operands().filter(|path| path.starts_with('/')).map(clean).collect(),
        "apt-get" | "apt" if command.is(&["apt-get", "apt"], &["clean"]) => vec!["/var/cache/apt".to_owned()],
        "yum" if command.is(&["yum"], &["clean"]) => vec!["/var/cache/yum".to_owned()],
        "dnf" | "microdnf" if command.is(&["dnf", "microdnf"], &["clean"]) => {
            vec!["/var/cache/dnf".to_owned()]
        }
        "npm" if command.is(&["npm"], &["cache"]) => vec!["/root/.npm".to_owned()],
        "pip" | "pip3" if command.is(&["pip", "pip3"], &["cache"]) => vec!["/root/.cache/pip".to_owned()],
        _ => Vec::new(),
    }
}
