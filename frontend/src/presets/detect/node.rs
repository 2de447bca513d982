//! Node.js: package.json.

use serde_json::Value;

use super::range::allows;
use super::script::{self, Runs, Script, Start, is_in_environment, started};
use super::{Project, Refusal, framework, major, next};
use crate::presets::{NODE_BARE, NODE_FLAGS, NODE_OPTIONS, NODE_UNBUILT, NODE_YARN, Part, YARN};

/// The release of the presets.
const CURRENT: u32 = 22;

pub(super) fn manifest(project: &mut Project<'_>) -> Result<Value, Refusal> {
    let Some(text) = project.survey.text("package.json") else {
        return Err(Refusal::new("there is no package.json in the build context", "`npm init` makes one"));
    };
    serde_json::from_str(&text)
        .map_err(|error| Refusal { message: format!("package.json cannot be read: {error}"), help: None })
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let manifest = manifest(project)?;
    version(project, &manifest);
    if is_bare(&manifest) {
        project.parts.push(NODE_BARE);
    }
    if plug_n_play(project) {
        project.parts.push(NODE_YARN);
    }
    if project.asked.written("node_options").is_some() {
        project.parts.push(NODE_OPTIONS);
    }
    if next::is_site(project, &manifest) {
        next::look(project)?;
        modules_platform(project);
        return Ok(());
    }
    if framework::look(project, &manifest)? {
        modules_platform(project);
        return Ok(());
    }
    let builds = build(project, &manifest);
    if !builds && !project.asked.changes("build") {
        project.parts.push(NODE_UNBUILT);
    }
    let Some(entry) = entry(project, &manifest)? else {
        return Err(Refusal::new(
            "package.json does not say which file is run",
            "name it: `with: {entry: dist/server.js}`; or give it a script `start`, such as `node dist/server.js`",
        ));
    };
    let output = entry.trim_start_matches("./").split('/').next().unwrap_or_default().to_owned();
    if builds && matches!(output.as_str(), "dist" | "build" | "out" | "lib") && !names_file(project, &output)
    {
        project.find("output", output.clone(), "where the entry is");
    }
    modules_platform(project);
    // What is built is made of files of the same name.
    let stem = entry.strip_suffix(".js").unwrap_or(&entry);
    let sources = [entry.clone(), format!("{stem}.js"), format!("{}.ts", stem.replacen(&output, "src", 1))];
    for source in sources {
        let text = project.survey.text(&source).unwrap_or_default();
        project.find_health(&text, &source);
        if let Some(port) = script::port(&text) {
            project.find("port", port, source);
            return Ok(());
        }
    }
    project.find("port", "3000", "the usual one");
    Ok(())
}

/// Whether an option of Node.js names a file that is not in the directory of what is built.
fn names_file(project: &Project<'_>, output: &str) -> bool {
    let options = project.value("node_options").unwrap_or_default();
    let mut files = options.split([' ', '=']).filter_map(|word| word.strip_prefix("./"));
    files.any(|file| file.split('/').next() != Some(output))
}

pub(super) fn version(project: &mut Project<'_>, manifest: &Value) {
    if !project.find_version("node_version", &[".nvmrc", ".node-version"], &["nodejs", "node"], major)
        && let Some(range) = manifest["engines"]["node"].as_str()
        && range.contains(|c: char| c.is_ascii_digit())
    {
        // An open range is for what the preset has by itself, not for the oldest release that it was once tried with.
        let releases = [CURRENT].into_iter().chain(CURRENT..CURRENT + 20).chain((0..CURRENT).rev());
        if let Some(version) = releases.into_iter().find(|release| allows(range, &[*release])) {
            project.find("node_version", version.to_string(), "engines in package.json");
            project.place("node_version", "package.json", &["\"engines\"", "\"node\"", range]);
        }
    }
}

/// Whether production needs no packages.
fn is_bare(manifest: &Value) -> bool {
    let kinds = ["dependencies", "optionalDependencies", "workspaces", "peerDependencies"];
    kinds.iter().all(|kind| match &manifest[kind] {
        Value::Object(packages) => packages.is_empty(),
        others => others.is_null(),
    })
}

/// Has Yarn lay packages where Node.js finds them; whether it would not.
pub(super) fn plug_n_play(project: &mut Project<'_>) -> bool {
    let is_later = project.survey.text("yarn.lock").is_some_and(|lock| lock.contains("__metadata:"));
    let settings = project.survey.text(".yarnrc.yml").unwrap_or_default();
    let linker = settings.lines().find_map(|line| line.strip_prefix("nodeLinker:"));
    let finds = is_later && linker.is_none_or(|linker| linker.trim().trim_matches(['"', '\'']) == "pnp");
    if finds {
        project.parts.push(YARN);
    }
    finds
}

/// Whether there is something to build.
pub(super) fn build(project: &mut Project<'_>, manifest: &Value) -> bool {
    let builds = manifest["scripts"]["build"].as_str().is_some_and(|script| !script.is_empty());
    if builds {
        project.find("build", "true", "the script `build`");
    }
    project.asked.option("build").map_or(builds, |build| build == "true")
}

/// The file that is run; none where nothing names one.
fn entry(project: &mut Project<'_>, manifest: &Value) -> Result<Option<String>, Refusal> {
    if let Some(entry) = project.asked.option("entry") {
        return Ok(Some(entry.to_owned()));
    }
    let scripts = started(manifest);
    if let Some((name, start)) = started_file(&scripts, manifest)? {
        let why = format!("the script `{name}`");
        give_options(project, start, &why);
        project.find("entry", start.file, why);
        return Ok(Some(start.file.to_owned()));
    }
    // What another program starts is not known.
    if scripts.iter().any(|script| script.name == "start" && matches!(script.runs, Runs::Program(_))) {
        return Ok(None);
    }
    let main = manifest["main"].as_str();
    // `npm init` writes a name there, whatever files there are.
    if let Some(main) = main.filter(|main| {
        manifest["scripts"]["build"].is_string() || script::resolved(project.survey, main).is_some()
    }) {
        project.find("entry", main, "`main` in package.json");
        return Ok(Some(main.to_owned()));
    }
    for file in ["server.js", "index.js", "app.js", "src/index.js", "src/server.js"] {
        if project.survey.has(file) {
            project.find("entry", file, "the file is there");
            return Ok(Some(file.to_owned()));
        }
    }
    Ok(None)
}

/// The script that runs a file as production can: one that runs it again after each change is for want of others.
fn started_file<'s, 'm>(
    scripts: &'s [Script<'m>],
    manifest: &Value,
) -> Result<Option<(&'static str, &'s Start<'m>)>, Refusal> {
    let files = scripts.iter().filter_map(|script| Some((script.name, script.file()?)));
    let lacks_tsx = manifest["dependencies"]["tsx"].is_null();
    let (unfit, fit): (Vec<_>, Vec<_>) = files
        .filter(|(_, start)| !matches!(start.file, "." | "./"))
        .partition(|(_, start)| start.program == "tsx" && lacks_tsx);
    let best = fit.into_iter().min_by_key(|(_, start)| start.program == "nodemon");
    match (best, unfit.first()) {
        (None, Some((name, _))) => Err(Refusal::new(
            format!("the script `{name}` runs tsx, which is not among the `dependencies` in package.json"),
            "`npm install tsx --save-prod` puts it there; or build JavaScript, and name it: `with: {entry: dist/server.js}`",
        )),
        (best, _) => Ok(best),
    }
}

/// Has Node.js started with the options of a script: those that it takes from there by a variable, which others may change,
/// those of V8 before the file.
fn give_options(project: &mut Project<'_>, start: &Start<'_>, why: &str) {
    let (in_environment, flags): (Vec<&str>, Vec<&str>) =
        start.options.iter().map(String::as_str).partition(|option| is_in_environment(option));
    if !in_environment.is_empty() {
        if project.asked.written("node_options").is_none() {
            project.parts.push(NODE_OPTIONS);
        }
        project.find("node_options", in_environment.join(" "), why);
    }
    if !flags.is_empty() {
        let words = flags.iter().flat_map(|flag| flag.split(' ')).map(|word| word.replace('$', "$$"));
        let command: Value = words.chain(["$ENTRY".to_owned()]).collect();
        let text = format!("stages:\n  runtime: {{cmd: {command}}}\n");
        project.parts.push(Part { name: NODE_FLAGS, text: text.into() });
    }
}

fn modules_platform(project: &mut Project<'_>) {
    if has_binaries(project) {
        let why = "the lockfile names packages for some platforms only";
        project.find("modules_platform", "$TARGETPLATFORM", why);
    }
}

/// Whether the lockfile has packages for some operating systems or processors only, or that are compiled.
fn has_binaries(project: &mut Project<'_>) -> bool {
    let signs: [(&str, &[&str]); 3] = [
        ("package-lock.json", &["\"cpu\":", "\"hasInstallScript\": true"]),
        ("pnpm-lock.yaml", &["    cpu: [", "requiresBuild: true"]),
        ("bun.lock", &["\"cpu\":"]),
    ];
    signs.iter().any(|(file, signs)| {
        let production = project.survey.text(file).unwrap_or_default();
        let lock: Value = serde_json::from_str(&production).unwrap_or_default();
        match lock["packages"].as_object() {
            // What only development needs is not in the image.
            Some(packages) => packages.values().any(|package| {
                package["dev"] != true && (package["cpu"].is_array() || package["hasInstallScript"] == true)
            }),
            None => signs.iter().any(|sign| production.contains(sign)),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::CURRENT;
    use crate::presets::Kind;

    #[test]
    fn the_current_release_is_that_of_the_presets() {
        for kind in [Kind::Node, Kind::Static] {
            let default = format!("NODE_VERSION: {{default: \"{CURRENT}\"");
            assert!(kind.main().text.contains(&default), "{}", kind.name());
        }
    }
}
