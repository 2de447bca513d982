//! `SecretsUsedInArgOrEnv`, as Docker has it.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "SecretsUsedInArgOrEnv",
    description: "Secrets are no build args and no environment: whoever has the image can read them",
    costs: "whoever can pull the image, or read the build's records, has it",
    standing: Standing::Pitfall,
    check,
};

/// Words of a name that holds a secret.
const SECRET: &[&str] =
    &["apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token"];

/// Words of one that does not, in spite of them.
const HARMLESS: &[&str] = &["public", "file", "path", "name", "url", "id"];

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (name, entry) in subject.spec().args.iter().filter(|(name, _)| is_secret(name)) {
        let help = Help::spec(format!(
            "declare it under `secrets`, and give it to the steps that need it: `secrets: [{{id: {}, env: {name}}}]`",
            id(name)
        ))
        .dockerfile(format!("mount it where it is needed, and build with `--secret id={},env={name}`", id(name)))
        .better([format!("RUN --mount=type=secret,id={},env={name} …", id(name))]);
        found.add(entry.key_span, format!("the build arg `{name}` looks like a secret, and its value stays in the provenance and the build's records"), help);
    }
    for stage in subject.stages() {
        for (name, entry) in stage.stage.env.iter().filter(|(name, _)| is_secret(name)) {
            let help = Help::spec(format!(
                "for a step, `secrets: [{{id: {}, env: {name}}}]`; for the program, give it to the container",
                id(name)
            ))
            .dockerfile(format!("for a step, mount it, and build with `--secret id={}`; for the program, give it to the container", id(name)))
            .better([format!("RUN --mount=type=secret,id={},env={name} …", id(name))]);
            found.add(
                entry.key_span,
                format!("`{name}` looks like a secret, and everybody who has the image can read its value"),
                help,
            );
        }
    }
}

fn is_secret(name: &str) -> bool {
    let words = || name.split(['_', '-', '.']).map(str::to_ascii_lowercase);
    words().any(|word| SECRET.contains(&word.as_str()))
        && !words().any(|word| HARMLESS.contains(&word.as_str()))
}

fn id(name: &str) -> String {
    name.to_ascii_lowercase()
}
