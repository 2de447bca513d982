//! `ConsistentInstructionCasing`, as Docker has it.

use super::walk::statements;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ConsistentInstructionCasing",
    description: "All instructions are in capital letters, or all in small ones",
    costs: "readers, and tools that search for `FROM`, miss a line",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let words = || statements(subject).iter().map(|statement| &statement.keyword);
    let lower = words().filter(|word| word.value == word.to_lowercase()).count();
    let upper = words().filter(|word| word.value == word.to_uppercase()).count();
    for word in words() {
        let wanted = if lower > upper { word.to_lowercase() } else { word.to_uppercase() };
        if word.value != wanted {
            let detail = format!("`{}` is not written as the other instructions are", word.value);
            found.add(word.span, detail, format!("write `{wanted}`"));
        }
    }
}
