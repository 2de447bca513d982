//! `ContextBeforeInstall`.

use std::collections::BTreeSet;

use super::managers::{installs, manifests};
use crate::expand::CoreAction;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ContextBeforeInstall",
    description: "Dependencies are installed from their lockfile, before the sources are there",
    costs: "all dependencies are installed again at each change of any source",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let is_base: BTreeSet<&str> = subject.stages().iter().filter_map(|stage| stage.from.as_deref()).collect();
    // What a stage starts from is a part of it: those that others start from come up there.
    for stage in subject.stages().iter().filter(|stage| !is_base.contains(stage.name)) {
        let mut whole = None;
        let mut installed = Vec::new();
        let below = subject.chain(stage);
        for (step, run) in below.iter().rev().flat_map(|stage| stage.steps_and_runs()) {
            match &step.action {
                CoreAction::Copy(copy) if copy.from.is_none() && copy.include.is_none() => {
                    let is_whole = |path: &str| matches!(path, "." | "./" | "/" | "");
                    whole = whole.or_else(|| copy.copy.values.iter().find(|path| is_whole(&path.raw)));
                }
                _ => {}
            }
            for command in run.iter().flat_map(|run| &run.commands) {
                let Some(manager) = installs(command) else { continue };
                if let (Some(copied), false) = (whole, installed.contains(&manager)) {
                    let place = subject.within(copied.span, &copied.raw);
                    let detail = format!(
                        "everything is copied before `{}`, so each change of a source installs all again",
                        command.words.join(" ")
                    );
                    let help = Help::spec(format!(
                        "install first: `- install: {manager}` above this step copies what it needs by itself"
                    ))
                    .dockerfile("copy what the install reads, install, and copy the rest then")
                    .better([
                        format!("COPY {} ./", manifests(manager, command).join(" ")),
                        format!("RUN {}", command.line()),
                        subject.written(copied.span).unwrap_or_default(),
                    ]);
                    found.add(place, detail, help);
                    whole = None;
                }
                installed.push(manager);
            }
        }
    }
}
