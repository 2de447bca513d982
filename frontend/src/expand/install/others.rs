//! Go, Maven and Gradle.

use super::{Project, Recipe, Refusal, words};
use crate::go_mod::directives;
use crate::paths;

/// What `go mod download` needs; nothing where it would do nothing: no module is required, or all are in `vendor`.
pub(super) fn go(project: &mut Project<'_>) -> Result<Option<Recipe>, Refusal> {
    let is_vendored = project.has("vendor/modules.txt");
    let mut required: Vec<String> = Vec::new();
    let mut own: Vec<String> = Vec::new();
    let mut files = project.existing(&["go.mod", "go.sum", "go.work", "go.work.sum"]);
    let mut modules = Vec::new();
    if let Some(work) = project.text("go.work") {
        modules.extend(directives(&work, "use").iter().map(|line| line.trim_matches('"').to_owned()));
    }
    let roots: Vec<String> =
        modules.iter().map(|module| format!("{module}/go.mod")).chain(["go.mod".to_owned()]).collect();
    for root in roots {
        let text = project.text(&tidy(&root)).unwrap_or_default();
        let folder = root.rsplit_once('/').map(|(folder, _)| format!("{folder}/")).unwrap_or_default();
        required.extend(directives(&text, "require"));
        own.extend(directives(&text, "module"));
        for line in directives(&text, "replace") {
            let new =
                line.split("=>").nth(1).and_then(|new| new.split_whitespace().next()).unwrap_or_default();
            if new.starts_with("./") || new.starts_with("../") {
                modules.push(format!("{folder}{new}"));
            }
        }
    }
    let modules: Vec<String> =
        modules.iter().map(|module| tidy(module)).filter(|it| !it.is_empty()).collect();
    for manifest in project.members(&modules, "go.mod", "go.mod")? {
        let sums = manifest.replace("go.mod", "go.sum");
        files.extend(project.has(&sums).then_some(sums));
        files.push(manifest);
    }
    files.sort();
    files.dedup();
    let mut command = words(&["go", "mod", "download"]);
    let count = required.len();
    required.retain(|line| !own.iter().any(|module| line.split_whitespace().next() == Some(module)));
    // Go would ask elsewhere for what the modules of a workspace require of each other.
    if required.len() != count {
        let versions = required.iter().filter_map(|line| line.split_once(char::is_whitespace));
        command.extend(versions.map(|(module, version)| format!("{module}@{}", version.trim())));
    }
    let recipe = Recipe { files, command, ..Recipe::default() };
    Ok((!required.is_empty() && !is_vendored).then_some(recipe))
}

/// A path without `.` and `..` where these can be resolved.
fn tidy(path: &str) -> String {
    if paths::escapes(path) {
        path.to_owned()
    } else {
        paths::absolute_file("/", path).trim_matches('/').to_owned()
    }
}

/// The wrapper that a project brings, else the tool of the image.
fn wrapped(project: &mut Project<'_>, wrapper: &str, tool: &str, arguments: &[&str]) -> Vec<String> {
    let program = if project.has(wrapper) { format!("./{wrapper}") } else { tool.to_owned() };
    std::iter::once(program).chain(words(arguments)).collect()
}

pub(super) fn maven(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let mut files = project.existing(&["pom.xml", "mvnw"]);
    let mut at = 0;
    // Modules may have modules.
    while let Some(file) = files.get(at).cloned() {
        at += 1;
        if !file.ends_with("pom.xml") {
            continue;
        }
        let folder = file.strip_suffix("pom.xml").unwrap_or_default().to_owned();
        let text = project.text(&file).unwrap_or_default();
        let modules = text.split("<module>").skip(1).filter_map(|rest| rest.split("</module>").next());
        let modules: Vec<String> =
            modules.map(|module| tidy(&format!("{folder}{}", module.trim()))).collect();
        for pom in project.members(&modules, "pom.xml", &file)? {
            if project.has(&pom) && !files.contains(&pom) {
                files.push(pom);
            }
        }
    }
    if !project.matching(".mvn/*").is_empty() {
        files.push(".mvn".to_owned());
    }
    let arguments = ["--batch-mode", "--no-transfer-progress", "dependency:go-offline"];
    let command = wrapped(project, "mvnw", "mvn", &arguments);
    // Images of Maven name a directory by it, and wrappers take it for arguments.
    let env = project.has("mvnw").then(|| ("MAVEN_CONFIG", String::new())).into_iter().collect();
    Ok(Recipe { files, env, command, ..Recipe::default() })
}

/// A task that fetches all that a build may use; Gradle's own report of dependencies reads of them what they depend on. What
/// cannot be had, such as an archive of another project that is not built, is left to the build.
const FETCH: (&str, &str) = ("/dev/optfrontend/install.gradle", include_str!("install.gradle"));

/// The directories of builds that a build is composed of, as its settings name them.
fn included_builds(settings: &str) -> Vec<String> {
    let code = settings.lines().map(|line| line.split("//").next().unwrap_or_default());
    let named = code.flat_map(|line| line.split("includeBuild").skip(1)).filter_map(|rest| {
        let rest = rest.trim_start_matches(['(', ' ']);
        let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        rest.split(quote).nth(1)
    });
    // One of another place is the build's own affair.
    named.filter(|path| !paths::escapes(path)).map(tidy).filter(|path| !path.is_empty()).collect()
}

pub(super) fn gradle(project: &mut Project<'_>) -> Recipe {
    let names = [
        "build.gradle",
        "build.gradle.kts",
        "settings.gradle",
        "settings.gradle.kts",
        "gradle.properties",
        "gradle.lockfile",
        "gradlew",
    ];
    let mut files = project.existing(&names);
    for pattern in [
        "*/build.gradle",
        "*/build.gradle.kts",
        "*/*/build.gradle",
        "*/*/build.gradle.kts",
        "*/gradle.lockfile",
    ] {
        files.extend(project.matching(pattern));
    }
    let mut folders = words(&["gradle", "buildSrc"]);
    for settings in ["settings.gradle", "settings.gradle.kts"] {
        folders.extend(included_builds(&project.text(settings).unwrap_or_default()));
    }
    folders.retain(|folder| !project.matching(&format!("{folder}/*")).is_empty());
    files.append(&mut folders);
    let arguments = ["--no-daemon", "--quiet", "--init-script", FETCH.0, "optfrontendInstall"];
    let command = wrapped(project, "gradlew", "gradle", &arguments);
    let stubs = vec![(FETCH.0.to_owned(), FETCH.1.to_owned())];
    Recipe { files, stubs, command, ..Recipe::default() }
}
