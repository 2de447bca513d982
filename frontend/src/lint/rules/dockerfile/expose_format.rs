//! `ExposeInvalidFormat`, as Docker has it.

use super::walk::statements;
use crate::dockerfile::file::Body;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ExposeInvalidFormat",
    description: "`EXPOSE` names ports of the container, without addresses and ports of the host",
    costs: "the address is not heeded, and a later release of Docker refuses the file",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        let Body::Expose(ports) = &statement.body else { continue };
        for port in ports.iter().filter(|port| port.contains(':') && !port.contains('$')) {
            let own = port.rsplit(':').next().unwrap_or_default();
            let detail =
                format!("`{}` says where the host listens, which is up to `docker run -p`", port.value);
            found.add(
                port.span,
                detail,
                Help::from("name the port of the container alone").better([format!("EXPOSE {own}")]),
            );
        }
    }
}
