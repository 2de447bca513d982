//! `FromAsCasing`, as Docker has it.

use super::walk::{between, statements};
use crate::dockerfile::file::Body;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "FromAsCasing",
    description: "`FROM` and `AS` are both in capital letters, or both in small ones",
    costs: "readers look twice for the name of the stage",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let Body::From(from) = &statement.body else { continue };
        let Some(name) = &from.name else { continue };
        let r#as = between(subject, from.base.span, name.span).trim();
        let keyword = statement.keyword.as_str();
        let wanted = if *keyword == keyword.to_lowercase() { "as" } else { "AS" };
        if r#as.eq_ignore_ascii_case("as") && r#as != wanted {
            found.add(
                name.span,
                format!("`{as}` is not written as `{keyword}` is"),
                format!("write `{wanted}`"),
            );
        }
    }
}
