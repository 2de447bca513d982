//! `SudoInRun`.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "SudoInRun",
    description: "A step says by `run_as` who runs it, and needs no sudo",
    costs: "one more program that anybody in the container may use to become root",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        if let Some(command) = run.commands.iter().find(|command| command.program() == "sudo") {
            found.add(
                run.place(subject, command),
                "`sudo` in a step asks for a program and rights that the step can have by itself",
                Help::spec("take it out, and write `run_as: root` on the step")
                    .dockerfile("take it out, and let root do it: above `USER`, or between `USER root` and the user that follows"),
            );
        }
    }
}
