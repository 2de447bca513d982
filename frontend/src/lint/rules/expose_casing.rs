//! `ExposeProtoCasing`, as Docker has it.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ExposeProtoCasing",
    description: "Protocols of ports are in lower case",
    costs: "tools that look for `tcp` or `udp` do not find the port",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for port in subject.stages().iter().flat_map(|stage| stage.stage.expose.iter()) {
        let Some((_, protocol)) = port.raw.split_once('/').filter(|_| port.parts.is_empty()) else {
            continue;
        };
        if protocol != protocol.to_lowercase() {
            found.add(
                port.span,
                format!("`{}` has capital letters", port.raw),
                format!("write `{}`", port.raw.to_lowercase()),
            );
        }
    }
}
