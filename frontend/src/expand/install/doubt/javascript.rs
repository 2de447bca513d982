//! Lockfiles of npm, pnpm, Yarn and Bun, which repeat the ranges of the manifests.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::Project;
use super::Wish;

const SECTIONS: [&str; 3] = ["dependencies", "devDependencies", "optionalDependencies"];

fn manifest(project: &mut Project<'_>, file: &str) -> Value {
    project.text(file).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// What the manifest in a directory of the project asks for.
fn wishes(project: &mut Project<'_>, folder: &str) -> Vec<Wish> {
    let file = if folder.is_empty() { "package.json".to_owned() } else { format!("{folder}/package.json") };
    let manifest = manifest(project, &file);
    let sections = SECTIONS.iter().filter_map(|section| manifest[section].as_object());
    let wish = |(name, range): (&String, &Value)| {
        let range = range.as_str().unwrap_or_default().to_owned();
        Wish { file: file.clone(), name: name.clone(), range }
    };
    sections.flatten().map(wish).collect()
}

pub(super) fn npm(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("npm-shrinkwrap.json").or_else(|| project.text("package-lock.json"))?;
    let lock: Value = serde_json::from_str(&lock).ok()?;
    for (folder, package) in lock["packages"].as_object()? {
        if folder.contains("node_modules/") {
            continue;
        }
        for wish in wishes(project, folder) {
            let locked = SECTIONS.iter().filter_map(|section| package[section][&wish.name].as_str());
            let locked: Vec<&str> = locked.collect();
            if !locked.contains(&wish.range.as_str()) {
                return Some(wish.refused(project, locked.first().copied()));
            }
        }
    }
    None
}

pub(super) fn pnpm(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("pnpm-lock.yaml")?;
    let specifiers = specifiers(&lock);
    let folders: std::collections::BTreeSet<&String> = specifiers.keys().map(|(folder, _)| folder).collect();
    // A project that asks for nothing is not there.
    let root = String::new();
    for folder in folders.into_iter().chain([&root]) {
        for wish in wishes(project, folder) {
            let locked = specifiers.get(&(folder.clone(), wish.name.clone()));
            if locked != Some(&wish.range) {
                return Some(wish.refused(project, locked.map(String::as_str)));
            }
        }
    }
    None
}

/// The range that pnpm has locked for each directory and name.
fn specifiers(lock: &str) -> BTreeMap<(String, String), String> {
    let mut found = BTreeMap::new();
    let mut path: Vec<&str> = Vec::new();
    let above = lock.lines().take_while(|line| !line.starts_with("packages:"));
    for line in above.filter(|line| !line.trim().is_empty()) {
        let key = line.trim_start();
        path.truncate((line.len() - key.len()) / 2);
        let (key, value) = key.split_once(": ").unwrap_or((key.trim_end_matches(':'), ""));
        path.push(unquoted(key));
        let (folder, name) = match path.as_slice() {
            ["importers", folder, _, name, "specifier"] | ["importers", folder, "specifiers", name] => {
                (*folder, *name)
            }
            [_, name, "specifier"] | ["specifiers", name] => (".", *name),
            _ => continue,
        };
        let folder = if folder == "." { "" } else { folder };
        found.insert((folder.to_owned(), name.to_owned()), unquoted(value).to_owned());
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['\'', '"'])
}

/// What of the lockfile of later Yarn does not fit: it repeats what each member of the project asks for.
pub(in super::super) fn later_yarn(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("yarn.lock")?;
    let members = lock.split("\n\n").filter_map(member);
    members.into_iter().find_map(|(folder, locked)| {
        let folder = if folder == "." { "" } else { folder };
        wishes(project, folder).into_iter().find_map(|wish| {
            let found = locked.iter().find(|(name, _)| *name == wish.name).map(|(_, range)| *range);
            // Of other protocols it writes more than the manifest has.
            let is_plain = !wish.range.contains(':');
            (is_plain && found != Some(wish.range.as_str())).then(|| wish.refused(project, found))
        })
    })
}

/// The directory of a member of the project, and the names and ranges that it depends on, from an entry of a lockfile of later Yarn.
fn member(entry: &str) -> Option<(&str, Vec<(&str, &str)>)> {
    let resolution = entry.lines().find_map(|line| line.strip_prefix("  resolution: "))?;
    let (_, folder) = unquoted(resolution).split_once("@workspace:")?;
    let below = entry.lines().skip_while(|line| *line != "  dependencies:").skip(1);
    let locked = below.take_while(|line| line.starts_with("    ")).filter_map(|line| {
        let (name, range) = line.trim().split_once(": ")?;
        let range = unquoted(range);
        Some((unquoted(name), range.strip_prefix("npm:").unwrap_or(range)))
    });
    Some((folder, locked.collect()))
}

pub(super) fn yarn(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("yarn.lock")?;
    if lock.contains("__metadata:") {
        return later_yarn(project);
    }
    let heads =
        lock.lines().filter(|line| !line.starts_with([' ', '#'])).filter_map(|line| line.strip_suffix(':'));
    let locked: Vec<&str> =
        heads.flat_map(|head| head.split(", ")).map(unquoted).flat_map(|head| head.split(", ")).collect();
    wishes(project, "").into_iter().find_map(|wish| {
        let Wish { name, range, .. } = &wish;
        let forms = [format!("{name}@{range}"), format!("{name}@npm:{range}")];
        let is_locked = forms.iter().any(|form| locked.contains(&form.as_str()));
        // Where the project links to itself, classic Yarn writes nothing.
        let is_path = range.contains(':') || range.starts_with(['.', '/']);
        (!is_locked && !is_path).then(|| wish.refused(project, None))
    })
}

pub(super) fn bun(project: &mut Project<'_>) -> Option<String> {
    let lock = project.text("bun.lock")?;
    let is_locked = |wish: &Wish| lock.contains(&format!("\"{}\": \"{}\"", wish.name, wish.range));
    let wish = wishes(project, "").into_iter().find(|wish| !is_locked(wish))?;
    Some(wish.refused(project, None))
}

#[cfg(test)]
mod tests {
    use super::{member, specifiers};

    #[test]
    fn later_yarn_writes_what_members_ask_for() {
        let entry = "\"@a/b@workspace:*, @a/b@workspace:libs/b\":\n  version: 0.0.0-use.local\n  resolution: \"@a/b@workspace:libs/b\"\n  dependencies:\n    \"@c/d\": \"npm:^1.0.0\"\n    once: ^2.0.0\n  peerDependencies:\n    react: 18\n  languageName: unknown\n";
        assert_eq!(member(entry), Some(("libs/b", vec![("@c/d", "^1.0.0"), ("once", "^2.0.0")])));
        assert_eq!(member("\"once@npm:1.4.0\":\n  resolution: \"once@npm:1.4.0\"\n"), None);
    }

    #[test]
    fn pnpm_writes_ranges_in_several_forms() {
        let forms = [
            "lockfileVersion: '9.0'\n\nimporters:\n\n  .:\n    dependencies:\n      '@a/b':\n        specifier: ^1.0.0\n        version: 1.0.0\n\npackages:\n",
            "lockfileVersion: '6.0'\n\ndependencies:\n  '@a/b':\n    specifier: ^1.0.0\n    version: 1.0.0\n",
            "lockfileVersion: 5.4\n\nspecifiers:\n  '@a/b': ^1.0.0\n\ndependencies:\n  '@a/b': 1.0.0\n",
        ];
        for form in forms {
            let found: Vec<_> = specifiers(form).into_iter().collect();
            assert_eq!(found, [((String::new(), "@a/b".to_owned()), "^1.0.0".to_owned())], "{form}");
        }
    }
}
