//! Rust: Cargo.toml and the sources of programs.

use serde_json::{Map, Value};
use spec_schema::diagnostic::one_of;
use toml::de::{DeTable, DeValue};

use super::{Project, Refusal, is_newer, minor, port_in};
use crate::paths;

/// The release that the preset has by itself.
const RELEASE: &str = "1.95";

/// A program of a package.
struct Program {
    package: String,
    name: String,
    /// Where its source is.
    file: String,
}

pub(super) fn look(project: &mut Project<'_>) -> Result<(), Refusal> {
    let Some(root) = manifest(project, "")? else {
        return Err(Refusal::new("there is no Cargo.toml in the build context", "`cargo init` makes one"));
    };
    version(project, &root)?;
    if let Some((package, sign)) = compiles_c(project) {
        project.find("libc", "gnu", format!("{package} in Cargo.lock needs {sign}"));
    }
    let Some(program) = program(project, &root)? else { return Ok(()) };
    project.find("package", &program.package, "Cargo.toml");
    project.find("bin", &program.name, &program.file);
    let text = project.survey.text(&program.file).unwrap_or_default();
    project.find_health(&text, &program.file);
    let mut words = vec!["0.0.0.0:", "[::]:", "0, 0, 0, 0], ", "\"0.0.0.0\", ", "UNSPECIFIED, "];
    if text.contains("PORT") {
        words.extend(["unwrap_or_else(|_| \"", "unwrap_or(\"", "unwrap_or("]);
    }
    if let Some(port) = port_in(&text, &words) {
        project.find("port", port, program.file);
    }
    Ok(())
}

/// A manifest; none where a directory has none.
fn manifest(project: &mut Project<'_>, folder: &str) -> Result<Option<Value>, Refusal> {
    let path = inside(folder, "Cargo.toml");
    let Some(text) = project.survey.text(&path) else { return Ok(None) };
    match DeTable::parse(&text) {
        Ok(table) => Ok(Some(Value::Object(object(table.get_ref())))),
        Err(error) => {
            Err(Refusal { message: format!("{path} cannot be read: {}", error.message()), help: None })
        }
    }
}

fn inside(folder: &str, path: &str) -> String {
    if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") }
}

/// TOML as JSON, whose values are there for every key that is asked for.
fn object(table: &DeTable<'_>) -> Map<String, Value> {
    table.iter().map(|(key, item)| (key.get_ref().to_string(), value(item.get_ref()))).collect()
}

fn value(item: &DeValue<'_>) -> Value {
    match item {
        DeValue::Table(table) => Value::Object(object(table)),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(is) => Value::Bool(*is),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) => Value::Null,
    }
}

fn version(project: &mut Project<'_>, root: &Value) -> Result<(), Refusal> {
    if !project.is_open("rust_version") {
        return Ok(());
    }
    for file in ["rust-toolchain.toml", "rust-toolchain"] {
        let Some(channel) = channel(project, file) else { continue };
        if channel.starts_with(|c: char| c.is_ascii_digit()) {
            project.find("rust_version", minor(&channel), file);
            project.place("rust_version", file, &[&channel]);
        } else if channel != "stable" && !channel.starts_with("stable-") {
            return Err(Refusal::new(
                format!("{file} names `{channel}`, which is no release of Rust"),
                format!("say which release compiles it: `with: {{rust_version: \"{RELEASE}\"}}`"),
            ));
        }
        return Ok(());
    }
    if !project.find_version("rust_version", &[], &["rust"], minor)
        && let Some(least) = least(root).filter(|least| is_newer(least, RELEASE))
    {
        project.find("rust_version", minor(least), "rust-version in Cargo.toml");
        project.place("rust_version", "Cargo.toml", &["rust-version", least]);
    }
    Ok(())
}

/// The oldest release that compiles the project; newer ones do, too.
fn least(root: &Value) -> Option<&str> {
    let version = &root["package"]["rust-version"];
    version.as_str().or_else(|| root["workspace"]["package"]["rust-version"].as_str())
}

/// What a toolchain file asks for: TOML, or the name alone.
fn channel(project: &mut Project<'_>, file: &str) -> Option<String> {
    let text = project.survey.text(file)?;
    match DeTable::parse(&text) {
        Ok(table) => object(table.get_ref()).get("toolchain")?.get("channel")?.as_str().map(str::to_owned),
        Err(_) => text.lines().next().map(|line| line.trim().to_owned()),
    }
}

/// A package of the lockfile that compiles C when it is built, and what with.
fn compiles_c(project: &mut Project<'_>) -> Option<(String, &'static str)> {
    let text = project.survey.text("Cargo.lock")?;
    let lock = object(DeTable::parse(&text).ok()?.get_ref());
    lock.get("package")?.as_array()?.iter().find_map(|package| {
        let name = package["name"].as_str()?;
        let needs = package["dependencies"].as_array()?.iter().filter_map(Value::as_str);
        let tool = needs
            .filter_map(|need| need.split(' ').next())
            .find_map(|need| ["cc", "cmake"].into_iter().find(|tool| need == *tool))?;
        // These call for it on other systems alone; the first is beside every `chrono`.
        let is_elsewhere = matches!(name, "iana-time-zone-haiku" | "cmake");
        (!is_elsewhere).then(|| (name.to_owned(), tool))
    })
}

/// Finds the program: the only one, or the one that is asked for.
fn program(project: &mut Project<'_>, root: &Value) -> Result<Option<Program>, Refusal> {
    let mut programs = programs_of(project, root, "");
    if programs.is_empty() {
        for member in members(project, root) {
            if let Some(manifest) = manifest(project, &member)? {
                programs.extend(programs_of(project, &manifest, &member));
            }
        }
    }
    let (package, bin) = (project.asked.option("package"), project.asked.option("bin"));
    programs.retain(|program| {
        package.is_none_or(|package| package == program.package) && bin.is_none_or(|bin| bin == program.name)
    });
    if let Some(usual) = root["package"]["default-run"].as_str().filter(|_| bin.is_none()) {
        programs.retain(|program| program.name == usual);
    }
    match programs.as_slice() {
        [_] => Ok(programs.pop()),
        [] if package.is_some() && bin.is_some() => Ok(None),
        [] => Err(nothing(bin.or(package))),
        several => {
            let names = one_of(several.iter().map(|program| program.name.as_str()));
            Err(Refusal::new(
                format!("Cargo.toml comes to {} programs", several.len()),
                format!("say which with `with: {{bin: …}}`: {names}"),
            ))
        }
    }
}

fn nothing(wanted: Option<&str>) -> Refusal {
    let message = match wanted {
        Some(name) => format!("Cargo.toml comes to no program `{name}`"),
        None => "Cargo.toml comes to no program".to_owned(),
    };
    Refusal::new(
        message,
        "say which with `with: {package: …, bin: …}`; a program is `src/main.rs`, or a `[[bin]]`",
    )
}

/// The directories of a workspace's members.
fn members(project: &mut Project<'_>, root: &Value) -> Vec<String> {
    let patterns = root["workspace"]["members"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let patterns: Vec<&str> =
        patterns.map(|pattern| pattern.trim_matches('/').trim_start_matches("./")).collect();
    let mut members = Vec::new();
    for pattern in patterns.into_iter().filter(|pattern| !paths::escapes(pattern)) {
        let manifests = project.survey.matching(&format!("{pattern}/Cargo.toml"));
        members
            .extend(manifests.iter().filter_map(|path| path.strip_suffix("/Cargo.toml")).map(str::to_owned));
    }
    members
}

/// The programs of a package, by Cargo's rules.
fn programs_of(project: &mut Project<'_>, manifest: &Value, folder: &str) -> Vec<Program> {
    let Some(package) = manifest["package"]["name"].as_str() else { return Vec::new() };
    let mut programs: Vec<Program> = Vec::new();
    let mut add = |name: &str, file: String| {
        if !programs.iter().any(|program| program.name == name || program.file == file) {
            programs.push(Program { package: package.to_owned(), name: name.to_owned(), file });
        }
    };
    for bin in manifest["bin"].as_array().into_iter().flatten() {
        let name = bin["name"].as_str().unwrap_or(package);
        let usual = if name == package { "src/main.rs".to_owned() } else { format!("src/bin/{name}.rs") };
        add(name, inside(folder, bin["path"].as_str().unwrap_or(&usual)));
    }
    if manifest["package"]["autobins"] != false {
        let main = inside(folder, "src/main.rs");
        if project.survey.has(&main) {
            add(package, main);
        }
        let sources = inside(folder, "src/bin/");
        for end in [".rs", "/main.rs"] {
            for path in project.survey.matching(&format!("{sources}*{end}")) {
                let name = path.strip_prefix(&sources).and_then(|rest| rest.strip_suffix(end));
                add(name.unwrap_or_default(), path.clone());
            }
        }
    }
    programs
}
