//! Scripts of package.json that package managers run when they install: the files that these need, and those that production
//! has no use for.

use serde_json::Value;

use super::Project;
use super::javascript::manifest_path;

/// Scripts that run with every installation: <https://docs.npmjs.com/cli/using-npm/scripts#life-cycle-scripts>.
const INSTALLING: [&str; 4] = ["preinstall", "install", "postinstall", "prepare"];

/// Scripts for whoever works on the project or publishes it.
const PREPARING: [&str; 4] = ["prepublish", "preprepare", "prepare", "postprepare"];

fn manifest(project: &mut Project<'_>, folder: &str) -> Value {
    let text = project.text(&manifest_path(folder)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// The files beside a manifest that its scripts and its packages read while they are installed.
pub(super) fn files(project: &mut Project<'_>, folder: &str) -> Vec<String> {
    let manifest = manifest(project, folder);
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let script = |name: &str| manifest["scripts"][name].as_str().map(str::to_owned);
    let scripts: Vec<String> = INSTALLING.into_iter().filter_map(script).collect();
    let mut wanted: Vec<String> = scripts.iter().flat_map(|script| named(script)).collect();
    let needs = |package: &str| {
        ["dependencies", "devDependencies"].iter().any(|kind| manifest[kind].get(package).is_some())
    };
    // Its client is generated from the schema when it is installed.
    if needs("@prisma/client") || needs("prisma") {
        wanted.extend(["prisma/schema.prisma", "schema.prisma", "prisma.config.ts"].map(str::to_owned));
        wanted.extend(inside(project, &prefix, "prisma/schema/*.prisma"));
        wanted.extend(
            manifest["prisma"]["schema"].as_str().map(|path| path.trim_start_matches("./").to_owned()),
        );
    }
    if needs("patch-package") || manifest["patchedDependencies"].is_object() {
        wanted.extend(inside(project, &prefix, "patches/*.patch"));
    }
    wanted.retain(|path| !crate::paths::escapes(path));
    let mut found: Vec<String> = wanted.into_iter().map(|path| format!("{prefix}{path}")).collect();
    found.retain(|path| project.has(path));
    found.sort();
    found.dedup();
    found
}

/// The paths beside a manifest that match a pattern.
fn inside(project: &mut Project<'_>, prefix: &str, pattern: &str) -> Vec<String> {
    let found = project.matching(&format!("{prefix}{pattern}"));
    found.iter().map(|path| path.strip_prefix(prefix).unwrap_or(path).to_owned()).collect()
}

/// The words of a script that look like files; settings of the machine at hand are none that an image is built with.
fn named(script: &str) -> Vec<String> {
    let words = script.split([' ', '=', ';', '&', '|', '"', '\'']).map(|word| word.trim_start_matches("./"));
    let is_path = |word: &str| word.contains('.') && !word.starts_with(['-', '/']) && !word.contains('*');
    let is_file = |word: &&str| {
        is_path(word) && *word != "." && !word.starts_with(".env") && !crate::paths::escapes(word)
    };
    words.filter(is_file).map(str::to_owned).collect()
}

/// A manifest without what npm alone runs where only production is installed, mostly by a package that is not: `husky`.
pub(super) fn for_production(project: &mut Project<'_>, folder: &str) -> Option<(String, String)> {
    let mut manifest = manifest(project, folder);
    let scripts = manifest.get_mut("scripts")?.as_object_mut()?;
    let count = scripts.len();
    scripts.retain(|name, _| !PREPARING.contains(&name.as_str()));
    let is_changed = scripts.len() != count;
    is_changed.then(|| (manifest_path(folder), manifest.to_string()))
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn scripts_name_files() {
        assert_eq!(
            named("node ./scripts/fetch.mjs --out=a/b.json && husky"),
            ["scripts/fetch.mjs", "a/b.json"]
        );
        assert_eq!(
            named("node .husky/install.mjs && ./.scripts/a.sh . .. ../b.sh a/../../c.sh .env"),
            [".husky/install.mjs", ".scripts/a.sh"]
        );
        assert_eq!(named("tsc -p tsconfig.json; cp src/*.css lib"), ["tsconfig.json"]);
    }
}
