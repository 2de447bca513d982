//! Lockfiles of uv and Poetry, and requirements with hashes.

use std::collections::BTreeSet;

use toml::de::{DeTable, DeValue};

use super::super::Project;
use super::super::python::requirement_files;
use super::super::toml::{sub, tables, text, texts, value};
use super::Wish;

const MANIFEST: &str = "pyproject.toml";

/// A name as indexes have it: `Flask_Login` is `flask-login`.
fn normal(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// A requirement: `flask[async]>=2 ; python_version > "3"`.
fn wish(requirement: &str) -> Wish {
    let requirement = requirement.split(';').next().unwrap_or_default().trim();
    let end = requirement.find(|c: char| !c.is_ascii_alphanumeric() && !"-_.".contains(c));
    let (name, rest) = requirement.split_at(end.unwrap_or(requirement.len()));
    let rest = rest.rsplit(']').next().unwrap_or_default().trim();
    // A URL is no range.
    let range = if rest.starts_with('@') { "" } else { rest };
    Wish { file: MANIFEST.to_owned(), name: name.to_owned(), range: range.to_owned() }
}

/// The conditions of a range, in whatever order they were written.
fn conditions(range: &str) -> BTreeSet<String> {
    let plain = |part: &str| part.split_whitespace().collect::<String>();
    range.split(',').map(plain).filter(|part| !part.is_empty()).collect()
}

pub(super) fn uv(project: &mut Project<'_>) -> Option<String> {
    let (manifest, lock) = (project.text(MANIFEST)?, project.text("uv.lock")?);
    let (manifest, lock) = (DeTable::parse(&manifest).ok()?, DeTable::parse(&lock).ok()?);
    let wanted = sub(manifest.get_ref(), "project")?;
    let is_root = |package: &&DeTable<'_>| {
        let source = sub(package, "source");
        ["editable", "virtual"]
            .iter()
            .any(|kind| source.and_then(|it| text(it, kind)).as_deref() == Some("."))
    };
    let packages = tables(lock.get_ref(), "package");
    let root = packages.into_iter().find(is_root)?;
    let locked = sub(root, "metadata").map(|metadata| tables(metadata, "requires-dist")).unwrap_or_default();
    for wish in texts(wanted, "dependencies").iter().map(|requirement| wish(requirement)) {
        let found: Vec<_> = locked
            .iter()
            .filter(|it| text(it, "name").is_some_and(|name| name == normal(&wish.name)))
            .collect();
        let ranges: Vec<String> = found.iter().map(|it| text(it, "specifier").unwrap_or_default()).collect();
        if found.is_empty() {
            return Some(wish.refused(project, None));
        }
        if !ranges.iter().any(|range| conditions(range) == conditions(&wish.range)) {
            return Some(wish.refused(project, ranges.first().map(String::as_str)));
        }
    }
    let python = |table: &DeTable<'_>| text(table, "requires-python");
    let (wanted, locked) = (python(wanted)?, python(lock.get_ref())?);
    (conditions(&wanted) != conditions(&locked)).then(|| {
        let wish = Wish { file: MANIFEST.to_owned(), name: "python".to_owned(), range: wanted };
        wish.refused(project, Some(&locked))
    })
}

pub(super) fn poetry(project: &mut Project<'_>) -> Option<String> {
    let (manifest, lock) = (project.text(MANIFEST)?, project.text("poetry.lock")?);
    let (manifest, lock) = (DeTable::parse(&manifest).ok()?, DeTable::parse(&lock).ok()?);
    let packages = tables(lock.get_ref(), "package");
    let locked: BTreeSet<String> =
        packages.into_iter().filter_map(|it| text(it, "name")).map(|name| normal(&name)).collect();
    let mut wanted: Vec<String> =
        sub(manifest.get_ref(), "project").map(|project| texts(project, "dependencies")).unwrap_or_default();
    if let Some(own) = sub(manifest.get_ref(), "tool").and_then(|tool| sub(tool, "poetry")) {
        wanted.extend(keys(own, "dependencies"));
        for group in sub(own, "group").into_iter().flat_map(|groups| groups.values()) {
            if let DeValue::Table(group) = group.get_ref() {
                wanted.extend(keys(group, "dependencies"));
            }
        }
    }
    let missing = wanted.iter().map(|requirement| wish(requirement)).find(|wish| {
        let name = normal(&wish.name);
        name != "python" && !locked.contains(&name)
    })?;
    Some(missing.refused(project, None))
}

fn keys(table: &DeTable<'_>, key: &str) -> Vec<String> {
    match value(table, key) {
        Some(DeValue::Table(table)) => table.keys().map(|name| name.get_ref().to_string()).collect(),
        _ => Vec::new(),
    }
}

/// As soon as one requirement has a hash, pip wants one for each.
pub(super) fn pip(project: &mut Project<'_>) -> Option<String> {
    let mut hashed = false;
    let mut bare = None;
    for file in requirement_files(project).ok()? {
        let text = project.text(&file)?.replace("\\\n", " ").replace("\\\r\n", " ");
        let lines =
            text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with(['#', '-']));
        for line in lines {
            if line.contains("--hash") {
                hashed = true;
            } else {
                bare = bare.or_else(|| Some((file.clone(), line.to_owned())));
            }
        }
    }
    let (file, line) = bare.filter(|_| hashed)?;
    let file = project.inside(&file);
    Some(format!("`{line}` in `{file}` has no `--hash`, and pip wants one for each as soon as one has it"))
}
