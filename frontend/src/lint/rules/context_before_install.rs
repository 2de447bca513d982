//! `ContextBeforeInstall`.

use super::managers::installs;
use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ContextBeforeInstall",
    description: "Dependencies are installed from their lockfile, before the sources are there",
    asked_for: false,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for stage in subject.stages() {
        let mut whole = None;
        let mut installed = Vec::new();
        for step in &stage.steps {
            match &step.action {
                CoreAction::Copy(copy) if copy.from.is_none() && copy.include.is_none() => {
                    let is_whole = |path: &str| matches!(path, "." | "./" | "/" | "");
                    whole = whole.or_else(|| copy.copy.values.iter().find(|path| is_whole(&path.raw)));
                }
                _ => {}
            }
            let Some(run) = stage.runs().find(|run| std::ptr::eq(run.step, *step)) else { continue };
            for command in &run.commands {
                let Some(manager) = installs(command) else { continue };
                if let (Some(copied), false) = (whole, installed.contains(&manager)) {
                    let place = subject.within(copied.span, &copied.raw);
                    let detail = format!(
                        "everything is copied before `{}`, so each change of a source installs all again",
                        command.words.join(" ")
                    );
                    found.add(place, detail, format!("install first: `- install: {manager}` above this step copies what it needs by itself"));
                    whole = None;
                }
                installed.push(manager);
            }
        }
    }
}
