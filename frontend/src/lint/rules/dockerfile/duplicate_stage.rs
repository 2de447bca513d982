//! `DuplicateStageName`, as Docker has it.

use std::collections::BTreeSet;

use super::walk::stages;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "DuplicateStageName",
    description: "Each stage has a name of its own",
    costs: "what is below means the second one, whatever its author had in mind",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut names = BTreeSet::new();
    for (from, _) in stages(subject) {
        let Some(name) = &from.name else { continue };
        if !names.insert(name.as_str()) {
            let detail = format!("there is a stage `{}` above", name.value);
            found.add(name.span, detail, "call one of the two otherwise");
        }
    }
}
