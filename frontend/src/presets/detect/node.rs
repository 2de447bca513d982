//! Node.js: package.json.

use serde_json::Value;

use super::range::allows;
use super::{Project, Refusal, major, next, port_in};
use crate::presets::NODE_UNBUILT;

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
    if next::is_site(project, &manifest) {
        next::look(project)?;
        modules_platform(project);
        return Ok(());
    }
    let builds = build(project, &manifest);
    if !builds && !project.asked.changes("build") {
        project.parts.push(NODE_UNBUILT);
    }
    let Some(entry) = entry(project, &manifest) else {
        return Err(Refusal::new(
            "package.json does not say which file is run",
            "name it: `with: {entry: dist/server.js}`; or give it a script `start`, such as `node dist/server.js`",
        ));
    };
    let output = entry.trim_start_matches("./").split('/').next().unwrap_or_default().to_owned();
    if builds && matches!(output.as_str(), "dist" | "build" | "out" | "lib") {
        project.find("output", output.clone(), "where the entry is");
    }
    modules_platform(project);
    // What is built is made of files of the same name.
    let stem = entry.strip_suffix(".js").unwrap_or(&entry);
    let sources = [entry.clone(), format!("{}.ts", stem.replacen(&output, "src", 1))];
    for source in sources {
        let words = [
            "listen(",
            "port: ",
            "PORT ?? ",
            "PORT || ",
            "PORT ?? '",
            "PORT || '",
            "PORT ?? \"",
            "PORT || \"",
        ];
        let text = project.survey.text(&source).unwrap_or_default();
        project.find_health(&text, &source);
        if let Some(port) = port_in(&text, &words) {
            project.find("port", port, source);
            return Ok(());
        }
    }
    project.find("port", "3000", "the usual one");
    Ok(())
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

/// Whether there is something to build.
pub(super) fn build(project: &mut Project<'_>, manifest: &Value) -> bool {
    let builds = manifest["scripts"]["build"].as_str().is_some_and(|script| !script.is_empty());
    if builds {
        project.find("build", "true", "the script `build`");
    }
    project.asked.option("build").map_or(builds, |build| build == "true")
}

fn entry(project: &mut Project<'_>, manifest: &Value) -> Option<String> {
    if let Some(entry) = project.asked.option("entry") {
        return Some(entry.to_owned());
    }
    for name in ["start", "start:prod", "start:production"] {
        let file = manifest["scripts"][name].as_str().and_then(run_by);
        if let Some(file) = file.filter(|file| !matches!(*file, "." | "./")) {
            project.find("entry", file, format!("the script `{name}`"));
            return Some(file.to_owned());
        }
    }
    // What another program starts is not known.
    if manifest["scripts"]["start"].as_str().is_some_and(|script| run_by(script).is_none()) {
        return None;
    }
    if let Some(file) = manifest["main"].as_str() {
        project.find("entry", file, "`main` in package.json");
        return Some(file.to_owned());
    }
    for file in ["server.js", "index.js", "app.js", "src/index.js", "src/server.js"] {
        if project.survey.has(file) {
            project.find("entry", file, "the file is there");
            return Some(file.to_owned());
        }
    }
    None
}

/// The file that a script runs with Node.js.
fn run_by(script: &str) -> Option<&str> {
    let is_setting = |word: &&str| word.contains('=') || *word == "cross-env";
    let mut words = script.split_whitespace().skip_while(is_setting);
    if words.next() != Some("node") {
        return None;
    }
    while let Some(word) = words.next() {
        match word {
            "-e" | "--eval" | "-p" | "--print" => return None,
            "-r"
            | "--require"
            | "--import"
            | "--loader"
            | "--experimental-loader"
            | "--env-file"
            | "--env-file-if-exists"
            | "-C"
            | "--conditions"
            | "--title" => words.next(),
            option if option.starts_with('-') => continue,
            file => return Some(file),
        };
    }
    None
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
    use super::{CURRENT, run_by};
    use crate::presets::Kind;

    #[test]
    fn a_script_runs_a_file() {
        assert_eq!(run_by("node dist/server.js"), Some("dist/server.js"));
        assert_eq!(run_by("NODE_ENV=production node --enable-source-maps a.js"), Some("a.js"));
        assert_eq!(run_by("cross-env A=b node -r dotenv/config --env-file=.env a.js && echo"), Some("a.js"));
        assert_eq!(run_by("node ."), Some("."));
        assert_eq!(run_by("nest start"), None);
        assert_eq!(run_by("node"), None);
        assert_eq!(run_by("node --eval a.js"), None);
    }

    #[test]
    fn the_current_release_is_that_of_the_presets() {
        for kind in [Kind::Node, Kind::Static] {
            let default = format!("NODE_VERSION: {{default: \"{CURRENT}\"");
            assert!(kind.main().text.contains(&default), "{}", kind.name());
        }
    }
}
