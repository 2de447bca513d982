//! `CopyIgnoredFile`, as Docker has it.

use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CopyIgnoredFile",
    description: "What is copied is not what the ignore file leaves out",
    costs: "the build fails, since the file is not there for it",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(ignores) = subject.ignores() else { return };
    for (_, step) in subject.steps() {
        let CoreAction::Copy(copy) = &step.action else { continue };
        if copy.from.is_some() || copy.optional.as_ref().is_some_and(|optional| optional.value) {
            continue;
        }
        for path in copy.copy.values.iter().filter(|path| path.parts.is_empty()) {
            let clean = path.raw.trim_start_matches("./").trim_matches('/');
            let Some(pattern) = ignores.hidden_by(clean).filter(|_| !clean.is_empty() && clean != ".") else {
                continue;
            };
            let detail = format!(
                "`{}` is left out of the build context by `{pattern}` in {}",
                path.raw,
                subject.ignore_file()
            );
            found.add(path.span, detail, format!("take the pattern out, or add `!{clean}` below it"));
        }
    }
}
