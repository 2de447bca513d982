//! `StaleIndex`.

use crate::lint::command::Command;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "StaleIndex",
    description: "The index of packages is brought up to date by the step that installs from it",
    costs: "the cached index grows old, until a later step installs old packages, or fails since they are gone",
    standing: Standing::Pitfall,
    check,
};

/// Programs that have nothing to install with.
const HARMLESS: &[&str] =
    &["apt-get", "apt", "apk", "rm", "echo", "printf", "set", "sed", "true", "mkdir", "add-apt-repository"];

const INSTALLS: &[&str] = &[
    "install",
    "add",
    "upgrade",
    "dist-upgrade",
    "full-upgrade",
    "build-dep",
    "source",
    "download",
    "satisfy",
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        let installs = |command: &Command| command.operands().next().is_some_and(|it| INSTALLS.contains(&it));
        let is_open = |command: &Command| !HARMLESS.contains(&command.program()) || installs(command);
        if run.commands.iter().any(is_open) || run.keeps_out("/var/lib/apt/lists") {
            continue;
        }
        let update = run.commands.iter().find(|command| command.is(&["apt-get", "apt", "apk"], &["update"]));
        let Some(update) = update else { continue };
        let program = update.program();
        let (step, line) = if program == "apk" {
            ("apk", "RUN apk add --no-cache …".to_owned())
        } else {
            ("apt", format!("RUN {program} update && {program} install -y --no-install-recommends …"))
        };
        let detail =
            format!("`{program} update` is a step of its own, which stays cached when packages change");
        let help = Help::spec(format!("write `- {step}: […]`, or update and install in one step"))
            .dockerfile("update and install in one `RUN`")
            .better([line]);
        found.add(run.place(subject, update), detail, help);
    }
}
