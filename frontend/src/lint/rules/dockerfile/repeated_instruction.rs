//! `MultipleInstructionsDisallowed`, as Docker has it.

use super::walk::stages;
use crate::dockerfile::file::{Body, Statement};
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "MultipleInstructionsDisallowed",
    description: "A stage has one `CMD`, one `ENTRYPOINT` and one `HEALTHCHECK`",
    costs: "the first one has no effect, and whoever changes it wonders why",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, stage) in stages(subject) {
        for is_one in [is_cmd, is_entrypoint, is_healthcheck] {
            let all: Vec<&Statement> = stage.iter().filter(|statement| is_one(&statement.body)).collect();
            let Some((last, earlier)) = all.split_last() else { continue };
            for statement in earlier {
                let keyword = last.keyword.to_uppercase();
                let (line, _) = subject.files().lines(last.span);
                let detail = format!("the `{keyword}` in line {line} takes the place of this one");
                found.add(statement.keyword.span, detail, "take it out");
            }
        }
    }
}

fn is_cmd(body: &Body) -> bool {
    matches!(body, Body::Cmd(_))
}

fn is_entrypoint(body: &Body) -> bool {
    matches!(body, Body::Entrypoint(_))
}

fn is_healthcheck(body: &Body) -> bool {
    matches!(body, Body::Healthcheck(_))
}
