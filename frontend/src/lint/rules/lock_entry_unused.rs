//! `LockEntryUnused`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "LockEntryUnused",
    description: "What a lock file has an entry for is something that the spec names",
    costs: "somebody keeps it up to date for nothing, or misses that the spec names something else by now",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((lock, census)) = subject.lock() else { return };
    for (name, span, is_pinned) in &census.unused {
        let detail = if *is_pinned {
            format!("the spec itself says what {} is, and that counts", name.shown())
        } else {
            format!("the spec does not name {}", name.shown())
        };
        found.add(*span, detail, format!("remove the entry, or write the file again: `{}`", lock.command()));
    }
}
