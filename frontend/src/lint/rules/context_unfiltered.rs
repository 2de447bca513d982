//! `ContextUnfiltered`.

use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "ContextUnfiltered",
    description: "Where the whole context is copied, an ignore file keeps out what no image should hold",
    costs: "what is in those files can be read in the image, and each change of them repeats the steps below",
    standing: Standing::Pitfall,
    check,
};

/// What projects have, and no image should: a path, what to write for it, and the images that such projects are built on, if not any.
const UNWANTED: &[(&str, &str, Option<&[&str]>)] = &[
    (".git/config", ".git", None),
    (".env", ".env", None),
    ("node_modules/x/y.js", "node_modules", Some(&["node", "bun"])),
    (".venv/bin/python", ".venv", Some(&["python", "uv"])),
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(ignores) = subject.ignores() else { return };
    for (stage, step) in subject.steps() {
        let CoreAction::Copy(copy) = &step.action else { continue };
        if copy.from.is_some() || copy.include.is_some() || copy.exclude.is_some() {
            continue;
        }
        let whole = copy.copy.values.iter().find(|path| matches!(path.raw.as_str(), "." | "./" | "/"));
        let Some(whole) = whole else { continue };
        let base = subject.base(stage).map(|image| image.name).unwrap_or_default();
        let concerns = |images: Option<&[&str]>| images.is_none_or(|images| images.contains(&base.as_str()));
        let unwanted =
            UNWANTED.iter().filter(|(path, _, images)| concerns(*images) && !ignores.matches(path));
        let let_through: Vec<&str> = unwanted.map(|(_, name, _)| *name).collect();
        if let_through.is_empty() {
            continue;
        }
        let listed = let_through.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let file = subject.ignore_file();
        let detail = if subject.is_unfiltered() {
            format!("everything is copied, and no {file} keeps {listed} out")
        } else {
            format!("everything is copied, and {file} lets {listed} through")
        };
        let help =
            format!("add to {file} a line each: {}; or copy by name what is needed", let_through.join(" "));
        found.add(subject.within(whole.span, &whole.raw), detail, help);
        return;
    }
}
