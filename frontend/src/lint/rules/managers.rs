//! Package managers, as scripts call them. No rule itself: what several rules know.

use crate::lint::command::Command;

/// What a manager's install is called in the language, where a command is one that reads a lockfile or manifest.
pub(super) fn installs(command: &Command) -> Option<&'static str> {
    let names_nothing = || command.operands().nth(1).is_none();
    let program = command.program();
    Some(match program {
        "npm"
            if command.is(&["npm"], &["ci"])
                || command.is(&["npm"], &["install", "i"]) && names_nothing() =>
        {
            "npm"
        }
        "pnpm" if command.is(&["pnpm"], &["install", "i", "fetch"]) && names_nothing() => "pnpm",
        "yarn"
            if command.operands().next().is_none() && !command.has("--version") && !command.has("-v")
                || command.is(&["yarn"], &["install"]) =>
        {
            "yarn"
        }
        "bun" if command.is(&["bun"], &["install", "i"]) && names_nothing() => "bun",
        "pip" | "pip3"
            if command.is(&["pip", "pip3"], &["install"])
                && (command.has("-r") || command.has("--requirement")) =>
        {
            "pip"
        }
        "uv" if command.is(&["uv"], &["sync"]) => "uv",
        "poetry" if command.is(&["poetry"], &["install", "sync"]) => "poetry",
        "go" if command.arguments().eq(["mod", "download"]) => "go",
        "cargo" if command.is(&["cargo"], &["fetch"]) => "cargo",
        "mvn" | "mvnw" if command.operands().any(|word| word.starts_with("dependency:")) => "maven",
        "gradle" | "gradlew" if command.is(&["gradle", "gradlew"], &["dependencies"]) => "gradle",
        "bundle" if command.is(&["bundle"], &["install"]) => "bundler",
        "composer" if command.is(&["composer"], &["install"]) => "composer",
        _ => return None,
    })
}

/// The well-known cache that a command fills, and where it keeps that when root runs it; a manager's first directory is that of its downloads.
pub(super) fn cache_of(command: &Command) -> Option<(&'static str, Vec<&'static str>)> {
    let (name, all) = match installs(command) {
        Some(manager) => (manager, false),
        None => (fills(command)?, true),
    };
    let directories =
        spec_schema::tools::Tool::named(name)?.directories.iter().map(|directory| directory.target);
    let directories: Vec<&str> = directories.take(if all { usize::MAX } else { 1 }).collect();
    (!directories.is_empty()).then_some((name, directories))
}

/// The tool of a command that installs what it names, or compiles.
fn fills(command: &Command) -> Option<&'static str> {
    let is_one = |programs: &[&str], words: &[&str]| command.is(programs, words);
    Some(match command.program() {
        "pip" | "pip3" if is_one(&["pip", "pip3"], &["install", "wheel"]) => "pip",
        "npm" if is_one(&["npm"], &["install", "i"]) => "npm",
        "go" if is_one(&["go"], &["build", "install", "test"]) => "go",
        "cargo" if is_one(&["cargo"], &["build", "install", "test"]) => "cargo",
        "mvn" | "mvnw" if is_one(&["mvn", "mvnw"], &["package", "verify", "install", "compile"]) => "maven",
        "gradle" | "gradlew" if is_one(&["gradle", "gradlew"], &["build", "assemble", "bootJar", "jar"]) => {
            "gradle"
        }
        "dotnet" if is_one(&["dotnet"], &["restore", "build", "publish"]) => "nuget",
        _ => return None,
    })
}

/// The files that an install reads.
pub(super) fn manifests(manager: &str, command: &Command) -> Vec<String> {
    let files: &[&str] = match manager {
        "npm" => &["package.json", "package-lock.json"],
        "pnpm" => &["package.json", "pnpm-lock.yaml"],
        "yarn" => &["package.json", "yarn.lock"],
        "bun" => &["package.json", "bun.lock"],
        "uv" => &["pyproject.toml", "uv.lock"],
        "poetry" => &["pyproject.toml", "poetry.lock"],
        "go" => &["go.mod", "go.sum"],
        "cargo" => &["Cargo.toml", "Cargo.lock"],
        "maven" => &["pom.xml"],
        "gradle" => &["build.gradle*", "settings.gradle*"],
        "bundler" => &["Gemfile", "Gemfile.lock"],
        "composer" => &["composer.json", "composer.lock"],
        _ => &[],
    };
    if manager != "pip" {
        return files.iter().map(|file| (*file).to_owned()).collect();
    }
    let words: Vec<&str> = command.arguments().collect();
    let named = words.windows(2).filter(|pair| matches!(pair[0], "-r" | "--requirement"));
    let named: Vec<String> = named.map(|pair| pair[1].to_owned()).collect();
    if named.is_empty() { vec!["requirements.txt".to_owned()] } else { named }
}
