//! `StageNameCasing`, as Docker has it.

use super::walk::{stages, written};
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "StageNameCasing",
    description: "Names of stages are in small letters",
    costs: "one stage is written in two ways, as capital letters make no difference",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (from, _) in stages(subject) {
        let Some(name) = &from.name else { continue };
        let own = written(subject, name.span);
        if own != own.to_lowercase() {
            found.add(
                name.span,
                format!("`{own}` has capital letters"),
                format!("write `{}`", own.to_lowercase()),
            );
        }
    }
}
