//! `HealthcheckMissing`.

use spec_schema::decode::text::Template;

use crate::lint::image_name::ImageName;
use crate::lint::known::lacks_healthcheck;
use crate::lint::subject::StageView;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "HealthcheckMissing",
    description: "An image that listens on a port says how to tell that it is well",
    costs: "a program that hangs, or is not up yet, gets requests all the same",
    standing: Standing::Pitfall,
    check,
};

const IN_DOCKERFILE: &str =
    "add a check by a program that the image has; `HEALTHCHECK NONE` where something else looks after it";

/// Ports of databases, queues, mail and the like, which do not answer requests of a browser.
const OTHER_PROTOCOLS: [&str; 24] = [
    "21", "22", "25", "53", "110", "143", "389", "465", "587", "636", "993", "995", "1433", "1521", "1883",
    "2181", "3306", "4222", "5432", "5672", "6379", "9042", "9092", "27017",
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, config)) = subject.target() else { return };
    let chain = subject.chain(target);
    let base = subject.base(target);
    let has_one = match config {
        Some(config) => config.get("Healthcheck").is_some(),
        None => !base.as_ref().is_some_and(lacks_healthcheck),
    };
    // `healthcheck: none` is an answer too.
    if has_one || chain.iter().any(|stage| stage.stage.healthcheck.is_some()) {
        return;
    }
    let Some(port) = chain.iter().find_map(|stage| stage.stage.expose.first()) else { return };
    let number = port.raw.split(['/', '-']).next().unwrap_or_default();
    let is_udp = port.raw.ends_with("/udp");
    let is_fpm = number == "9000" && base.as_ref().is_some_and(|base| base.tag_has("fpm"));
    if is_udp || is_fpm || OTHER_PROTOCOLS.contains(&number) {
        let in_spec =
            if is_udp { "test: [CMD, …]".to_owned() } else { format!("tcp: \"localhost:{number}\"") };
        let help = Help::spec(format!(
            "add `healthcheck: {{{in_spec}}}`; `healthcheck: none` where something else looks after it"
        ));
        let help = help.dockerfile(IN_DOCKERFILE).better(["HEALTHCHECK CMD [\"…\"]".to_owned()]);
        return found.add(port.span, detail_of(subject, target, port), help);
    }
    let help = Help::spec(format!(
        "add `healthcheck: {{http: \"http://localhost:{number}/\"}}`, or `{{tcp: \"localhost:{number}\"}}`; `healthcheck: none` where something else looks after it"
    ))
    .dockerfile(IN_DOCKERFILE)
    .better([check_of(base.as_ref(), number)]);
    found.add(port.span, detail_of(subject, target, port), help);
}

fn detail_of(subject: &Subject<'_>, target: &StageView<'_>, port: &Template) -> String {
    format!("{} listens on `{}`, and nothing tells whether it answers", subject.image_of(target), port.raw)
}

/// A check by what images of that name have.
fn check_of(base: Option<&ImageName>, port: &str) -> String {
    let url = format!("http://localhost:{port}/");
    match base.map(|base| base.name.as_str()) {
        Some("node") => {
            format!(
                "HEALTHCHECK CMD [\"node\", \"-e\", \"fetch('{url}').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))\"]"
            )
        }
        Some("python") => {
            format!(
                "HEALTHCHECK CMD [\"python\", \"-c\", \"import urllib.request as r; r.urlopen('{url}')\"]"
            )
        }
        Some("alpine" | "busybox") => format!("HEALTHCHECK CMD [\"wget\", \"-q\", \"--spider\", \"{url}\"]"),
        _ if base.is_some_and(|base| base.tag_has("alpine")) => {
            format!("HEALTHCHECK CMD [\"wget\", \"-q\", \"--spider\", \"{url}\"]")
        }
        _ => format!("HEALTHCHECK CMD [\"…\", \"{url}\"]"),
    }
}
