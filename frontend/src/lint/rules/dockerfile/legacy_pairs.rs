//! `LegacyKeyValueFormat`, as Docker has it.

use super::walk::{between, statements};
use crate::dockerfile::file::Body;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "LegacyKeyValueFormat",
    description: "A name and its value have an equals sign between them",
    costs: "a second pair in the same line becomes a part of the first value",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let (Body::Env(pairs) | Body::Label(pairs)) = &statement.body else { continue };
        let [(name, value)] = pairs.as_slice() else { continue };
        if between(subject, name.span, value.span).contains('=') {
            continue;
        }
        let keyword = statement.keyword.to_uppercase();
        let quoted = if value.contains([' ', '\t']) && !value.starts_with(['"', '\'']) {
            format!("\"{}\"", value.value)
        } else {
            value.value.clone()
        };
        let help = Help::from("write the equals sign").better([format!("{keyword} {}={quoted}", name.value)]);
        let detail =
            format!("between `{}` and its value is a blank, in the old form of `{keyword}`", name.value);
        found.add(name.span, detail, help);
    }
}
