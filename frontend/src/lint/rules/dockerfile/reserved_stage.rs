//! `ReservedStageName`, as Docker has it.

use super::walk::stages;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ReservedStageName",
    description: "No stage has a name that means something else",
    costs: "`FROM` and `COPY --from` do not find the stage, but what else has that name",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (from, _) in stages(subject) {
        if let Some(name) = from.name.as_ref().filter(|name| matches!(name.as_str(), "scratch" | "context")) {
            found.add(
                name.span,
                format!("`{}` means something else", name.value),
                "call the stage otherwise",
            );
        }
    }
}
