//! `MuslBase`.

use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "MuslBase",
    description: "Python, Node.js and Java run on glibc, which their binary packages are built for",
    costs: "packages are compiled at each install, or are missing, and the program runs on a libc that its authors do not test",
    standing: Standing::Pitfall,
    check,
};

const RUNTIMES: &[(&str, &str)] = &[
    ("python", "Python"),
    ("node", "Node.js"),
    ("eclipse-temurin", "Java"),
    ("openjdk", "Java"),
    ("amazoncorretto", "Java"),
    ("azul", "Java"),
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, _)) = subject.target() else { return };
    let (Some(image), Some(bottom)) = (subject.base(target), subject.chain(target).last().copied()) else {
        return;
    };
    let Some((_, runtime)) = RUNTIMES.iter().find(|(name, _)| *name == image.name) else { return };
    if image.tag_has("alpine") {
        let tag = image.tag.as_deref().unwrap_or_default();
        let detail = format!(
            "`{}` has musl, for which many binary packages of {runtime} are not built, or are slower",
            image.written
        );
        found.add(
            bottom.stage.from.span,
            detail,
            format!(
                "take one with glibc, as `{}`, or a distroless one",
                with_glibc(&image.name, runtime, tag)
            ),
        );
    }
}

/// What such an image is called that has glibc: Java's have no `slim`, but are small as they are.
fn with_glibc(name: &str, runtime: &str, tag: &str) -> String {
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    let all: Vec<&str> = tag.split('-').collect();
    let at = all.iter().position(|part| part.starts_with("alpine")).unwrap_or(all.len());
    let (before, after) = all.split_at(at);
    // Behind it may stand the release of Alpine.
    let after = after.iter().skip(1).skip_while(|part| is_number(part));
    let parts: Vec<&str> = before.iter().chain(after).copied().collect();
    let version = before.first().filter(|first| is_number(first) || matches!(**first, "lts" | "current"));
    match (runtime, version) {
        ("Java", Some(_)) => format!("{name}:{}", parts.join("-")),
        ("Java", None) => name.to_owned(),
        (_, Some(version)) => format!("{name}:{version}-slim"),
        (_, None) => format!("{name}:slim"),
    }
}
