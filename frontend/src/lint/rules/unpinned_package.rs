//! `UnpinnedPackage`.

use std::path::Path;

use crate::lint::command::Command;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "UnpinnedPackage",
    description: "Packages that no lockfile holds are named with their version",
    costs: "the build breaks, or its program does, on the day that a new version is there",
    standing: Standing::Advice,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, run) in subject.runs() {
        for command in &run.commands {
            if let Some((package, form)) = unpinned(command) {
                let detail = format!("`{package}` is in whatever version there is on the day of the build");
                found.add(run.place(subject, command), detail, format!("name its version, as in `{form}`"));
            }
        }
    }
}

/// The first package without a version, and how it would have one.
fn unpinned(command: &Command) -> Option<(String, String)> {
    let packages = || command.operands().skip(1).filter(|word| is_package(word));
    let first = |pinned: fn(&str) -> bool| packages().find(|package| !pinned(package)).map(str::to_owned);
    if command.is(&["pip", "pip3"], &["install"]) {
        let reads_file = ["-r", "-e", "-c"].into_iter().any(|option| command.has(option));
        let own = ["--requirement", "--editable", "--find-links", "--no-index"]
            .into_iter()
            .any(|option| command.has(option));
        let package = first(|package| package.contains("==") || package.contains('@'))
            .filter(|_| !reads_file && !own)?;
        return Some((package.clone(), format!("{package}==1.2.3")));
    }
    let npm = command.is(&["npm"], &["install", "i"]) && (command.has("-g") || command.has("--global"))
        || command.is(&["pnpm", "bun"], &["add"]) && (command.has("-g") || command.has("--global"))
        || command.is(&["yarn"], &["global"]);
    if npm {
        let package = first(|package| package.trim_start_matches('@').contains('@') || package == "add")?;
        return Some((package.clone(), format!("{package}@1.2.3")));
    }
    if command.is(&["go"], &["install"]) {
        let package = packages().find(|package| package.ends_with("@latest"))?.to_owned();
        let form = package.replace("@latest", "@v1.2.3");
        return Some((package, form));
    }
    if command.is(&["gem"], &["install"]) && !command.has("-v") && !command.has("--version") {
        let package = first(|package| package.contains(':'))?;
        return Some((package.clone(), format!("{package}:1.2.3")));
    }
    let own = ["--version", "--vers", "--git", "--path"].into_iter().any(|option| command.has(option));
    if command.is(&["cargo"], &["install"]) && !own {
        let package = first(|package| package.contains('@'))?;
        return Some((package.clone(), format!("{package}@1.2.3")));
    }
    None
}

/// Whether a word names a package of the registry: no path, no variable, no redirection.
fn is_package(word: &str) -> bool {
    let path = word.starts_with(['.', '/', '$', '>', '<']) || word.contains("://");
    let archive = Path::new(word)
        .extension()
        .is_some_and(|kind| ["whl", "gz", "tgz", "gem"].iter().any(|it| kind == *it));
    !path && !archive && !word.contains(['>', '$', '*'])
}
