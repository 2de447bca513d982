//! `LockEntryMissing`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "LockEntryMissing",
    description: "A lock file has an entry for everything that the spec names and somebody else may move",
    costs: "what has no entry changes from one day to the next, while everybody believes that it is locked",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((lock, census)) = subject.lock() else { return };
    for (name, span) in &census.missing {
        let detail =
            format!("{} is not in {}, so it is what it happens to be today", name.shown(), lock.file());
        found.add(*span, detail, format!("write it again: `{}`", lock.command()));
    }
}
