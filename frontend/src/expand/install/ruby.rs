//! Bundler.

use super::{Project, Recipe, Refusal, script};

/// Bundler goes by it again when the program runs, so it is said where that finds it.
const PRODUCTION: &str = "[ -n \"$BUNDLE_WITHOUT\" ] || bundle config set --local without development:test\n";

pub(super) fn bundler(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let mut files = project.existing(&["Gemfile", "Gemfile.lock", ".ruby-version", ".bundle/config"]);
    let lock = project.text("Gemfile.lock").unwrap_or_default();
    for folder in gems_of_project(&lock) {
        if crate::paths::escapes(folder) {
            return Err(project.far("Gemfile.lock", folder));
        }
        files.extend(specification(project, folder));
    }
    if !project.matching("vendor/cache/*").is_empty() {
        files.push("vendor/cache".to_owned());
    }
    let production = if project.production { PRODUCTION } else { "" };
    let command = script("bundler", &format!("{production}exec bundle install \"$@\""));
    let env = vec![("BUNDLE_FROZEN", "true".to_owned())];
    Ok(Recipe { files, env, command, ..Recipe::default() })
}

/// The directories of gems that the project itself holds.
fn gems_of_project(lock: &str) -> impl Iterator<Item = &str> {
    let blocks = lock.split("\n\n").filter_map(|block| block.trim_start().strip_prefix("PATH\n"));
    blocks.filter_map(|block| block.lines().find_map(|line| line.strip_prefix("  remote: ")))
}

/// What says which gem it is: its specification, and the file that this usually has the version from.
fn specification(project: &mut Project<'_>, folder: &str) -> Vec<String> {
    let prefix = if folder == "." { String::new() } else { format!("{}/", folder.trim_end_matches('/')) };
    let patterns = ["*.gemspec", "VERSION", "lib/*/version.rb", "lib/*/*/version.rb"];
    patterns.iter().flat_map(|pattern| project.matching(&format!("{prefix}{pattern}"))).collect()
}
