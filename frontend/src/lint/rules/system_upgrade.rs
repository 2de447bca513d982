//! `SystemUpgrade`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "SystemUpgrade",
    description: "The base image is updated by its name, and not package by package in a step",
    costs: "two builds of one commit are two images, and the packages that are replaced stay in the layers below",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        for command in &run.commands {
            let upgrades = command.is(&["apt-get", "apt"], &["upgrade", "dist-upgrade", "full-upgrade"])
                || command.is(&["apk"], &["upgrade"])
                || command.is(&["dnf", "yum", "microdnf"], &["upgrade", "update"])
                    && command.operands().nth(1).is_none();
            if upgrades {
                let detail = format!(
                    "`{}` gives another image each day, and its result is kept in the cache all the same",
                    command.words.join(" ")
                );
                found.add(run.place(subject, command), detail, "take a newer tag or digest of the base image; for one fix, install that package in its version");
            }
        }
    }
}
