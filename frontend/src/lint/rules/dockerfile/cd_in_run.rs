//! `CdInRun`.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CdInRun",
    description: "Where a stage works is said by `WORKDIR`",
    costs: "the next instruction starts elsewhere, and a path that is wrong shows only where something is missing",
    standing: Standing::Pitfall,
    check,
};

/// Where steps make what they throw away again.
const SCRATCH: &[&str] = &["/tmp", "/var/tmp", "/usr/src", "/usr/local/src", "/build"];

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        let Some((first, rest)) = run.commands.split_first() else { continue };
        let path = first.operands().next().unwrap_or_default();
        let is_scratch = || SCRATCH.iter().any(|scratch| path.starts_with(scratch));
        if first.program() != "cd" || path.is_empty() || (is_scratch() && !rest.is_empty()) {
            continue;
        }
        let detail = match rest {
            [] => format!("`cd {path}` ends with its `RUN`: the next instruction starts where this one did"),
            _ => format!("`cd {path}` is for this `RUN` alone"),
        };
        let more = if rest.len() > 1 { " …" } else { "" };
        let next = rest.first().map(|command| format!("RUN {}{more}", command.line()));
        let lines = [format!("WORKDIR {path}")].into_iter().chain(next);
        found.add(
            run.place(subject, first),
            detail,
            Help::from("write it once, for all that follows").better(lines),
        );
    }
}
