//! `MaintainerDeprecated`, as Docker has it.

use super::walk::statements;
use crate::dockerfile::file::Body;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "MaintainerDeprecated",
    description: "Who has made an image is a label of it",
    costs: "registries and scanners, which read labels, do not show it",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let Body::Maintainer(name) = &statement.body else { continue };
        let name = name.replace('"', "");
        let line = format!("LABEL org.opencontainers.image.authors=\"{name}\"");
        found.add(
            statement.keyword.span,
            "`MAINTAINER` is given up",
            Help::from("write the label").better([line]),
        );
    }
}
