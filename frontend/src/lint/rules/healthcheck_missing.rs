//! `HealthcheckMissing`.

use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "HealthcheckMissing",
    description: "An image that listens on a port says how to tell that it is well",
    asked_for: false,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, Some(config))) = subject.target() else { return };
    let chain = subject.chain(target);
    // `healthcheck: none` is an answer too.
    if config.get("Healthcheck").is_some() || chain.iter().any(|stage| stage.stage.healthcheck.is_some()) {
        return;
    }
    let Some(port) = chain.iter().find_map(|stage| stage.stage.expose.first()) else { return };
    let number = port.raw.split(['/', '-']).next().unwrap_or_default();
    let detail = format!(
        "the image `{}` listens on `{}`, and nothing tells whether it answers",
        target.name, port.raw
    );
    let help = format!(
        "add `healthcheck: {{http: \"http://localhost:{number}/\"}}`, or `{{tcp: \"localhost:{number}\"}}`; `healthcheck: none` where something else looks after it"
    );
    found.add(port.span, detail, help);
}
