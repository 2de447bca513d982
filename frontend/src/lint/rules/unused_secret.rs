//! `UnusedSecret`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "UnusedSecret",
    description: "A secret that the spec declares is one that a step needs",
    costs: "builds ask for it in vain",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let by_steps = subject.runs().filter_map(|(_, run)| run.run.step.secrets.as_ref());
    let scans = subject.stages().iter().filter_map(|stage| stage.stage.scan.as_ref());
    let by_scans = scans.flat_map(|scans| &scans.values).filter_map(|scan| scan.secrets.as_ref());
    let used: Vec<&str> = by_steps
        .chain(by_scans)
        .flat_map(|secrets| &secrets.values)
        .map(|secret| secret.settings.id.as_str())
        .collect();
    for (name, entry) in subject.spec().secrets.iter().filter(|(name, _)| !used.contains(name)) {
        let help = format!("take it out, or add `secrets: [{name}]` to the step that needs it");
        found.add(entry.key_span, format!("no step uses the secret `{name}`"), help);
    }
}
