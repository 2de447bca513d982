//! `WorkdirRelativePath`, as Docker has it.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "WorkdirRelativePath",
    description: "A working directory is a whole path, which does not move with that of the base",
    costs: "another base image moves the program to another folder",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for stage in subject.stages() {
        let Some(workdir) = &stage.stage.workdir else { continue };
        // One that a stage of the spec starts with is in view.
        let below = subject.chain(stage);
        let known = below.iter().skip(1).any(|stage| stage.stage.workdir.is_some());
        // What an image sets is mostly a whole path.
        let by_variable =
            workdir.raw.starts_with('$') && subject.text(workdir).is_none_or(|path| path.is_empty());
        if !known && !by_variable && subject.text(workdir).is_some_and(|path| !path.starts_with('/')) {
            let detail = format!(
                "`{}` starts at the working directory of the base image, whatever that is",
                workdir.raw
            );
            found.add(
                workdir.span,
                detail,
                Help::spec(format!("write `workdir: /{}`", workdir.raw))
                    .dockerfile("write the whole path")
                    .better([format!("WORKDIR /{}", workdir.raw)]),
            );
        }
    }
}
