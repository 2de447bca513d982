//! `BrokenTrigger`.

use super::walk::statements;
use crate::dockerfile::file::Body;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "BrokenTrigger",
    description: "What `ONBUILD` holds can be run",
    costs: "the image builds, and nothing that starts from it does",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let Body::Onbuild(trigger) = &statement.body else { continue };
        let Some(why) = &trigger.broken else { continue };
        let help =
            why.help.clone().unwrap_or_else(|| "write an instruction as it would stand alone".to_owned());
        found.add(why.span, why.message.clone(), help);
    }
}
