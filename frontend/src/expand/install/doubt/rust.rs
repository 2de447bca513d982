//! Cargo's lockfile, which has the packages of the workspace with the names that they depend on.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use super::super::Project;
use super::super::cargo::packages;
use super::super::toml::{Table, sub, subs, tables, text, texts};
use super::Wish;

pub(super) fn cargo(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("Cargo.lock")?;
    let lock = DeTable::parse(&lock).ok()?;
    let locked = Packages::of(lock.get_ref());
    for package in packages(project).ok()?.into_iter().filter(|package| package.is_member) {
        let folder = package.folder;
        let file = if folder.is_empty() { "Cargo.toml".to_owned() } else { format!("{folder}/Cargo.toml") };
        let Some(manifest) = project.text(&file) else { continue };
        let Ok(manifest) = DeTable::parse(&manifest) else { continue };
        if let Some(fault) = locked.fault(project, &file, manifest.get_ref()) {
            return Some(fault);
        }
    }
    None
}

/// The packages of a lockfile.
struct Packages {
    /// The versions of each name.
    versions: BTreeMap<String, Vec<String>>,
    /// What the packages of the workspace depend on.
    needs: BTreeMap<String, Vec<String>>,
}

impl Packages {
    fn of(lock: &Table<'_>) -> Self {
        let mut packages = Self { versions: BTreeMap::new(), needs: BTreeMap::new() };
        for package in tables(lock, "package") {
            let name = text(package, "name").unwrap_or_default();
            let version = text(package, "version").unwrap_or_default();
            packages.versions.entry(name.clone()).or_default().push(version);
            if text(package, "source").is_none() {
                let needs = texts(package, "dependencies");
                let needs = needs.iter().filter_map(|need| need.split(' ').next()).map(str::to_owned);
                packages.needs.insert(name, needs.collect());
            }
        }
        packages
    }

    /// What of a package's manifest the lockfile does not have.
    fn fault(&self, project: &Project<'_>, file: &str, manifest: &Table<'_>) -> Option<String> {
        let package = sub(manifest, "package")?;
        let name = text(package, "name")?;
        let Some(needs) = self.needs.get(&name) else {
            return Some(format!(
                "`{}` is of the package `{name}`, which the lockfile does not have",
                project.inside(file)
            ));
        };
        let locked = self.versions.get(&name).into_iter().flatten().next();
        if let (Some(version), Some(locked)) = (text(package, "version"), locked)
            && version != *locked
        {
            let file = project.inside(file);
            return Some(format!("`{file}` is of `{name}` {version}, and the lockfile is for {locked}"));
        }
        wishes(manifest, file).into_iter().find_map(|wish| {
            if !needs.contains(&wish.name) {
                return Some(wish.refused(project, None));
            }
            let versions = self.versions.get(&wish.name).map(Vec::as_slice).unwrap_or_default();
            let fits = versions.iter().any(|version| may_fit(&wish.range, version));
            (!fits).then(|| wish.refused(project, versions.first().map(String::as_str)))
        })
    }
}

/// What a manifest names in any of its sections.
fn wishes(manifest: &Table<'_>, file: &str) -> Vec<Wish> {
    let targets = subs(sub(manifest, "target"));
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, wanted) in sub(table, kind).into_iter().flat_map(|wanted| wanted.iter()) {
                let (renamed, range) = match wanted.get_ref() {
                    DeValue::Table(wanted) => (text(wanted, "package"), text(wanted, "version")),
                    DeValue::String(range) => (None, Some(range.to_string())),
                    _ => (None, None),
                };
                let name = renamed.unwrap_or_else(|| name.get_ref().to_string());
                found.push(Wish { file: file.to_owned(), name, range: range.unwrap_or_default() });
            }
        }
    }
    found
}

/// Whether a version may be in a range, by the parts that a caret keeps: the first that is not 0, and those before it.
fn may_fit(range: &str, version: &str) -> bool {
    let range = range.trim().trim_start_matches('^');
    let is_plain = !range.is_empty() && range.chars().all(|c| c.is_ascii_digit() || c == '.');
    let kept = range.split('.').position(|part| part != "0").map_or(usize::MAX, |at| at + 1);
    !is_plain || range.split('.').zip(version.split('.')).take(kept).all(|(wanted, had)| wanted == had)
}

#[cfg(test)]
mod tests {
    use super::may_fit;

    #[test]
    fn a_caret_keeps_the_first_part_that_is_not_0() {
        for (range, version, fits) in [
            ("1.2", "1.9.3", true),
            ("^1", "2.0.0", false),
            ("0.3.1", "0.3.9", true),
            ("0.3", "0.4.0", false),
            ("0.0.3", "0.0.4", false),
            ("0", "0.9.0", true),
            ("", "1.0.0", true),
            (">=2, <4", "1.0.0", true),
        ] {
            assert_eq!(may_fit(range, version), fits, "{range} {version}");
        }
    }
}
