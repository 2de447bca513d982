//! `SecretValue`.

use spec_schema::span::Span;
use spec_schema::spec::Command;

use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "SecretValue",
    description: "No credential stands in the file itself",
    costs: "whoever reads the repository has it, for as long as its history is kept",
    standing: Standing::Pitfall,
    check,
};

/// How credentials of well-known services look: a prefix, the least number of characters behind it, and what it is.
const LOOKS: &[(&str, usize, &str)] = &[
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("ghp_", 30, "a GitHub token"),
    ("gho_", 30, "a GitHub token"),
    ("ghs_", 30, "a GitHub token"),
    ("github_pat_", 22, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("npm_", 36, "an npm token"),
    ("pypi-", 50, "a PyPI token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("sk_live_", 20, "a Stripe key"),
    ("AIza", 35, "a Google API key"),
    ("eyJhbGciOi", 30, "a JSON Web Token"),
];

const PRIVATE_KEY: &str = "PRIVATE KEY-----";

fn check(subject: &Subject<'_>, found: &mut Found) {
    let mut texts: Vec<(&str, Span)> = Vec::new();
    for (_, entry) in subject.spec().args.iter() {
        texts.extend(entry.value.settings.default.iter().map(|text| (text.raw.as_str(), text.span)));
    }
    for stage in subject.stages() {
        let stage = stage.stage;
        let values = stage.env.iter().chain(stage.labels.iter());
        texts.extend(values.map(|(_, entry)| (entry.value.raw.as_str(), entry.value.span)));
    }
    for (_, step) in subject.steps() {
        match &step.action {
            CoreAction::Run(run) => {
                texts.extend(
                    run.step.env.iter().map(|(_, entry)| (entry.value.raw.as_str(), entry.value.span)),
                );
                match &run.step.run {
                    Command::Script(text) => texts.push((&text.value, text.span)),
                    Command::Exec(words, _) => {
                        texts.extend(words.iter().map(|word| (word.raw.as_str(), word.span)));
                    }
                }
            }
            CoreAction::Write(step) => texts.push((&step.write.content.raw, step.write.content.span)),
            _ => {}
        }
    }
    for (text, span) in texts {
        if let Some((what, start)) = look(text) {
            // Not the value itself: what lint says may be kept in logs.
            let place = subject.within(span, start);
            found.add(
                place,
                format!("this looks like {what}, and a file that is shared is no place for it"),
                "revoke it, and give the new one to the build with `--secret`",
            );
        }
    }
}

/// What a text holds that looks like a credential, and how that starts.
fn look(text: &str) -> Option<(&'static str, &'static str)> {
    if text.contains(PRIVATE_KEY) {
        return Some(("a private key", "-----BEGIN"));
    }
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    LOOKS.iter().find_map(|(prefix, least, what)| {
        let found = text.match_indices(prefix).any(|(at, _)| {
            let starts = !text[..at].ends_with(is_inside);
            let length =
                text[at + prefix.len()..].find(|c| !is_inside(c)).unwrap_or(text.len() - at - prefix.len());
            starts && length >= *least
        });
        found.then_some((*what, *prefix))
    })
}
