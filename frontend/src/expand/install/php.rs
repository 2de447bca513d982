//! Composer.

use serde_json::Value;

use super::{Project, Recipe, Refusal, script};

pub(super) fn composer(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    // Flex configures anew what symfony.lock does not have.
    let mut files = project.existing(&["composer.json", "composer.lock", "symfony.lock"]);
    files.extend(packages_of_project(project)?);
    let production = if project.production { " --no-dev" } else { "" };
    let text = format!(
        "exec composer install --no-interaction --no-progress --no-scripts --no-autoloader --prefer-dist{production} \"$@\""
    );
    let env = vec![("COMPOSER_ALLOW_SUPERUSER", "1".to_owned())];
    Ok(Recipe { files, env, command: script("composer", &text), ..Recipe::default() })
}

/// What is needed of packages that the project itself holds: of directories that are linked to, no more than that they are there.
fn packages_of_project(project: &mut Project<'_>) -> Result<Vec<String>, Refusal> {
    let lock: Value =
        project.text("composer.lock").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let kinds = if project.production { &["packages"][..] } else { &["packages", "packages-dev"] };
    let mut files = Vec::new();
    for package in kinds.iter().filter_map(|kind| lock[kind].as_array()).flatten() {
        let Some(url) = package["dist"]["url"].as_str() else { continue };
        if package["dist"]["type"] == "path" {
            let manifests = project.members(&[url.to_owned()], "composer.json", "composer.lock")?;
            let is_copied = package["transport-options"]["symlink"] == false;
            files.extend(if is_copied { vec![url.to_owned()] } else { manifests });
        } else if !url.contains("://") && project.has(url) {
            files.push(url.to_owned());
        }
    }
    Ok(files)
}
