//! `OwnerChangedApart`.

use spec_schema::span::Span;

use crate::expand::CoreAction;
use crate::lint::command::Command;
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::paths;

pub(super) const RULE: Rule = Rule {
    name: "OwnerChangedApart",
    description: "Files get their owner where they are copied",
    costs: "these files are in the image twice, once for each owner",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, _)) = subject.target() else { return };
    let mut copied: Vec<(String, Span)> = Vec::new();
    let mut directory: Option<String> = None;
    for stage in subject.chain(target).iter().rev() {
        if let Some(said) = &stage.stage.workdir {
            directory = subject.text(said).filter(|path| path.starts_with('/'));
        }
        for (step, run) in stage.steps_and_runs() {
            if let (CoreAction::Copy(copy), Some(directory)) = (&step.action, &directory) {
                let to = copy.to.as_ref().map_or(".", |to| to.raw.as_str());
                copied.push((paths::absolute_file(directory, to), step.span));
            }
            for (run, command) in run.iter().flat_map(|run| run.commands.iter().map(move |it| (run, it))) {
                let Some((owner, paths)) = changed(command, directory.as_deref()) else { continue };
                let copy = copied.iter().find(|(to, _)| paths.iter().any(|path| meet(to, path)));
                let Some((_, copy)) = copy else { continue };
                let detail = format!("`{}` writes files again that a layer below has", command.line());
                let line = subject.written(*copy).unwrap_or_default();
                let (keyword, rest) = line.split_once(' ').unwrap_or(("COPY", "…"));
                let help = Help::spec(format!("say it where they are copied: `chown: \"{owner}\"`"))
                    .dockerfile("say it where they are copied, and make the user above that")
                    .better([format!("{keyword} --chown={owner} {rest}")]);
                found.add(run.place(subject, command), detail, help);
            }
        }
    }
}

/// The owner that a command gives to all files of directories, and those.
fn changed<'c>(command: &'c Command, directory: Option<&str>) -> Option<(&'c str, Vec<String>)> {
    if command.program() != "chown" || !(command.has("-R") || command.has("--recursive")) {
        return None;
    }
    let mut operands = command.operands();
    let owner = operands.next()?;
    let whole = |path: &str| match directory {
        Some(directory) => Some(paths::absolute_file(directory, path)),
        None => path.starts_with('/').then(|| paths::absolute_file("/", path)),
    };
    Some((owner, operands.filter_map(whole).collect()))
}

/// Whether one of two paths is the other one or below it.
fn meet(one: &str, other: &str) -> bool {
    let is_below = |path: &str, above: &str| {
        path.strip_prefix(above.trim_end_matches('/'))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    is_below(one, other) || is_below(other, one)
}
