//! `UndefinedArgInFrom`, as Docker has it.

use std::collections::BTreeSet;

use spec_schema::diagnostic::did_you_mean;

use super::walk::{globals, stages};
use crate::convert::variables;
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::select::is_platform_arg;

pub(super) const RULE: Rule = Rule {
    name: "UndefinedArgInFrom",
    description: "`FROM` names args that are declared above the first one",
    costs: "the variable is empty, and the image another one, or none",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(dockerfile) = subject.dockerfile() else { return };
    let known: BTreeSet<&str> = globals(subject).collect();
    for (from, _) in stages(subject) {
        for text in std::iter::once(&from.base).chain(&from.platform) {
            let names = variables(text, dockerfile.escape);
            let Some(name) =
                names.iter().find(|name| !known.contains(name.as_str()) && !is_platform_arg(name))
            else {
                continue;
            };
            let help = did_you_mean(name, known.iter().copied())
                .unwrap_or_else(|| "declare it above the first `FROM`".to_owned());
            let detail = format!("no `ARG` above the first `FROM` declares `{name}`");
            found.add(text.span, detail, Help::from(help).better([format!("ARG {name}=…")]));
        }
    }
}
