//! npm, pnpm, Yarn and Bun.

use serde_json::Value;

use super::doubt::later_yarn;
use super::lifecycle;
use super::{Project, Recipe, Refusal, script, words};

/// The manifest in a directory.
pub(super) fn manifest_path(folder: &str) -> String {
    let folder = folder.trim_end_matches('/');
    if folder.is_empty() { "package.json".to_owned() } else { format!("{folder}/package.json") }
}

/// Members of a workspace, files that settings of the project are in, and what scripts of both need.
fn recipe(
    project: &mut Project<'_>,
    members: &[String],
    files: &[&str],
    named_by: &str,
) -> Result<Recipe, Refusal> {
    let mut found = project.existing(files);
    found.extend(project.members(members, "package.json", named_by)?);
    for folder in std::iter::once("").chain(members.iter().map(String::as_str)) {
        found.extend(lifecycle::files(project, folder));
    }
    Ok(Recipe { files: found, ..Recipe::default() })
}

fn omitting(project: &Project<'_>, command: &[&str], option: &str) -> Vec<String> {
    let production = project.production.then_some(option);
    words(command).into_iter().chain(production.map(str::to_owned)).collect()
}

pub(super) fn npm(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let lock = project.text("npm-shrinkwrap.json").or_else(|| project.text("package-lock.json"));
    let lock: Value = lock
        .map(|text| {
            serde_json::from_str(&text)
                .map_err(|error| format!("the lockfile of npm cannot be read: {error}"))
        })
        .transpose()?
        .unwrap_or_default();
    // What is not below node_modules is part of the project.
    let packages = lock["packages"].as_object().into_iter().flatten().map(|(path, _)| path);
    let members: Vec<String> =
        packages.filter(|path| !path.is_empty() && !path.contains("node_modules/")).cloned().collect();
    let files = ["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"];
    let command = omitting(project, &["npm", "ci", "--no-audit", "--no-fund"], "--omit=dev");
    let mut recipe = recipe(project, &members, &files, "package-lock.json")?;
    // The other managers leave these scripts alone there.
    if project.production {
        let folders = std::iter::once("").chain(members.iter().map(String::as_str));
        recipe.stubs = folders.filter_map(|folder| lifecycle::for_production(project, folder)).collect();
    }
    Ok(Recipe { command, ..recipe })
}

/// What a manifest says of the manager and release that it is for: `pnpm@9.1.0`.
pub(super) fn package_manager(project: &mut Project<'_>) -> Option<(String, String)> {
    let manifest: Value = serde_json::from_str(&project.text("package.json")?).ok()?;
    let (manager, version) = manifest["packageManager"].as_str()?.split_once('@')?;
    let version = version.split('+').next().unwrap_or_default();
    let is_version = version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    is_version.then(|| (manager.to_owned(), version.to_owned()))
}

/// The release of a manager that the project is for.
fn release(project: &mut Project<'_>, name: &str) -> Option<String> {
    package_manager(project).filter(|(manager, _)| manager == name).map(|(_, version)| version)
}

pub(super) fn pnpm(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let lock = project.text("pnpm-lock.yaml").unwrap_or_default();
    let members = keys_of(&lock, "importers:", 2);
    let members: Vec<String> = members.into_iter().filter(|member| member != ".").collect();
    let files =
        ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ".npmrc", ".pnpmfile.cjs", ".pnpmfile.mjs"];
    let version = release(project, "pnpm").unwrap_or_else(|| {
        // The newest release that writes this form of lockfile and needs no newer Node than is common.
        let form = lock.lines().find_map(|line| line.strip_prefix("lockfileVersion:"));
        let form = form.unwrap_or_default().trim().trim_matches(['\'', '"']);
        if form.starts_with("5.") {
            "7"
        } else if form.starts_with("6.") {
            "8"
        } else {
            "10"
        }
        .to_owned()
    });
    let production = if project.production { " --prod" } else { "" };
    let command = script(
        "pnpm",
        &format!(
            "command -v pnpm >/dev/null || npm install --global --no-audit --no-fund pnpm@{version}\n\
             exec pnpm install --frozen-lockfile{production} \"$@\""
        ),
    );
    let mut recipe = recipe(project, &members, &files, "pnpm-lock.yaml")?;
    if !keys_of(&lock, "patchedDependencies:", 2).is_empty() {
        recipe.files.push("patches".to_owned());
    }
    recipe.env.push(("CI", "true".to_owned()));
    Ok(Recipe { command, ..recipe })
}

pub(super) fn yarn(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let lock = project.text("yarn.lock").unwrap_or_default();
    if !lock.contains("__metadata:") {
        return classic_yarn(project);
    }
    let workspace = |line: &str| {
        let resolution = line.strip_prefix("  resolution: \"")?;
        Some(resolution.split("@workspace:").nth(1)?.trim_end_matches('"').to_owned())
    };
    let mut members: Vec<String> = lock.lines().filter_map(workspace).filter(|path| path != ".").collect();
    members.dedup();
    let files = ["package.json", "yarn.lock", ".yarnrc.yml"];
    let mut recipe = recipe(project, &members, &files, "yarn.lock")?;
    for folder in ["releases", "plugins", "patches"] {
        if !project.matching(&format!(".yarn/{folder}/*")).is_empty() {
            recipe.files.push(format!(".yarn/{folder}"));
        }
    }
    // The command for production resolves anew what is not locked, and does not say so.
    if project.production
        && let Some(why) = later_yarn(project)
    {
        let message = format!("yarn does not install from `{}`: {why}", project.inside("yarn.lock"));
        return Err(Refusal { message, help: Some("`yarn install` mends it; commit the result".to_owned()) });
    }
    let version = release(project, "yarn").unwrap_or_else(|| "4".to_owned());
    let install =
        if project.production { "workspaces focus --all --production" } else { "install --immutable" };
    let command = script(
        "yarn",
        &format!(
            "case $(yarn --version 2>/dev/null || echo none) in none|1.*) npm install --global --force --no-audit --no-fund @yarnpkg/cli-dist@{version} ;; esac\n\
             exec yarn {install} \"$@\""
        ),
    );
    Ok(Recipe { command, ..recipe })
}

fn classic_yarn(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let manifest: Value =
        project.text("package.json").and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let workspaces =
        manifest["workspaces"].as_array().or_else(|| manifest["workspaces"]["packages"].as_array());
    let patterns = workspaces.into_iter().flatten().filter_map(Value::as_str);
    let mut recipe = recipe(project, &[], &["package.json", "yarn.lock", ".yarnrc", ".npmrc"], "yarn.lock")?;
    for pattern in patterns {
        recipe.files.extend(project.matching(&format!("{}/package.json", pattern.trim_end_matches('/'))));
    }
    let command = ["yarn", "install", "--frozen-lockfile", "--non-interactive"];
    Ok(Recipe { command: omitting(project, &command, "--production"), ..recipe })
}

pub(super) fn bun(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let lock = project.text("bun.lock").unwrap_or_default();
    let members: Vec<String> =
        keys_of(&lock, "  \"workspaces\": {", 4).into_iter().filter(|member| !member.is_empty()).collect();
    let files = ["package.json", "bun.lock", "bun.lockb", "bunfig.toml", ".npmrc"];
    let version = release(project, "bun").unwrap_or_else(|| "1".to_owned());
    let production = if project.production { " --production" } else { "" };
    let command = script(
        "bun",
        &format!(
            "command -v bun >/dev/null || npm install --global --no-audit --no-fund bun@{version}\n\
             exec bun install --frozen-lockfile{production} \"$@\""
        ),
    );
    Ok(Recipe { command, ..recipe(project, &members, &files, "bun.lock")? })
}

/// The keys of a mapping in a file that a program has written: the lines below `heading` with just this indent.
fn keys_of(text: &str, heading: &str, indent: usize) -> Vec<String> {
    let below = text.lines().skip_while(|line| line.trim_end() != heading).skip(1);
    let depth = |line: &str| line.len() - line.trim_start().len();
    below
        .take_while(|line| line.trim().is_empty() || depth(line) >= indent)
        .filter(|line| depth(line) == indent)
        .filter_map(|line| {
            let key = line
                .trim()
                .trim_end_matches('{')
                .trim_end()
                .strip_suffix(':')
                .or_else(|| line.trim().split_once(": {").map(|(key, _)| key))?;
            Some(key.trim_matches(['\'', '"']).to_owned())
        })
        .collect()
}
