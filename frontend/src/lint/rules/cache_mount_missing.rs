//! `CacheMountMissing`.

use super::managers::cache_of;
use crate::lint::{Found, Help, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CacheMountMissing",
    description: "A package manager or compiler has its cache, so that a change does not start it from nothing",
    costs: "a single new dependency downloads and builds all of the others again",
    asked_for: false,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        for command in &run.commands {
            let Some((tool, directory)) = cache_of(command) else { continue };
            // Someone who points the tool elsewhere knows where.
            let is_elsewhere = !run.run.caches.is_empty();
            if is_elsewhere || run.keeps_out(directory) {
                continue;
            }
            let detail = format!(
                "`{}` downloads and builds all again whenever this step runs",
                command.words.iter().take(2).cloned().collect::<Vec<_>>().join(" ")
            );
            let is_alone = run.commands.len() == 1;
            let more = if is_alone { "" } else { " …" };
            let help = Help::spec(format!("add `cache: {tool}` to the step"))
                .dockerfile("mount a cache, which stays between builds and is in no layer")
                .better([format!("RUN --mount=type=cache,target={directory} {}{more}", command.line())]);
            found.add(run.place(subject, command), detail, help);
            break;
        }
    }
}
