//! Cargo: dependencies are compiled before any source is there, behind sources that say nothing.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{Project, Recipe, script};

const PROGRAM: &str = "fn main() {}\n";

/// Options of the build that say which artifacts it makes: the clean-up behind it needs the same.
const KINDS: &[&str] = &["--release", "-r", "--profile", "--target", "--target-dir"];

pub(super) fn cargo(project: &mut Project<'_>) -> Result<Recipe, String> {
    let root = Manifest::read(project, "")?.ok_or("there is no Cargo.toml beside the lockfile")?;
    let mut members = BTreeSet::from([String::new()]);
    for pattern in &root.members {
        members.extend(folders(project, pattern)?);
    }
    members.retain(|member| !root.excluded.iter().any(|excluded| excluded == member));
    let settings = [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "rust-toolchain",
        ".cargo/config.toml",
        ".cargo/config",
    ];
    let mut recipe = Recipe { files: project.existing(&settings), ..Recipe::default() };
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    // Packages that are named by their paths belong to the project too.
    while let Some(member) = members.pop_first() {
        if !seen.insert(member.clone()) {
            continue;
        }
        let Some(manifest) = Manifest::read(project, &member)? else { continue };
        members.extend(manifest.neighbours.iter().cloned());
        if !member.is_empty() {
            recipe.files.push(format!("{member}/Cargo.toml"));
        }
        if let Some(name) = &manifest.name {
            recipe.stubs.extend(manifest.stubs(&member));
            names.push(name.clone());
        }
    }
    let packages: Vec<String> = names.iter().map(|name| format!("--package {name}")).collect();
    let clean = [kinds(&project.args).join(" "), packages.join(" ")].join(" ");
    // What was made of the sources that say nothing must not be taken for what the real ones come to.
    recipe.command = script(
        "cargo",
        &format!("cargo build --locked \"$@\"\ncargo clean --quiet --offline {}", clean.trim()),
    );
    Ok(recipe)
}

/// Those of the arguments that say which artifacts are made. They are plain words, or are left out.
fn kinds(args: &[String]) -> Vec<&str> {
    let is_plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=".contains(c));
    let mut found = Vec::new();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let option = arg.split('=').next().unwrap_or_default();
        if !KINDS.contains(&option) || !is_plain(arg) {
            continue;
        }
        found.push(arg.as_str());
        if !arg.contains('=') && !matches!(option, "--release" | "-r") {
            found.extend(rest.next().filter(|value| is_plain(value)).map(String::as_str));
        }
    }
    found
}

/// The directories that a pattern of members means.
fn folders(project: &mut Project<'_>, pattern: &str) -> Result<Vec<String>, String> {
    let pattern = pattern.trim_matches('/').trim_start_matches("./");
    if crate::paths::escapes(pattern) {
        return Err(format!("the workspace has the member `{pattern}`, which is not in {}", project.place()));
    }
    let manifests = project.matching(&format!("{pattern}/Cargo.toml"));
    Ok(manifests.iter().filter_map(|path| path.strip_suffix("/Cargo.toml")).map(str::to_owned).collect())
}

/// What a Cargo.toml says of a package and its workspace.
#[derive(Default)]
struct Manifest {
    name: Option<String>,
    members: Vec<String>,
    excluded: Vec<String>,
    /// Packages that dependencies name by their paths, from the root of the project.
    neighbours: Vec<String>,
    build: Option<String>,
    /// Sources that it names, or whose place follows from a name: path, and whether it is a program.
    targets: Vec<(String, bool)>,
}

type Table<'t> = DeTable<'t>;

impl Manifest {
    fn read(project: &mut Project<'_>, member: &str) -> Result<Option<Self>, String> {
        let path = if member.is_empty() { "Cargo.toml".to_owned() } else { format!("{member}/Cargo.toml") };
        let Some(text) = project.text(&path) else { return Ok(None) };
        let table = Table::parse(&text);
        let table = table.map_err(|error| format!("`{path}` cannot be read: {}", error.message()))?;
        Ok(Some(Self::of(table.get_ref(), member)))
    }

    fn of(table: &Table<'_>, member: &str) -> Self {
        let package = sub(table, "package");
        let mut manifest = Self {
            name: package.and_then(|package| text(package, "name")),
            build: package.and_then(build_script),
            ..Self::default()
        };
        if let Some(workspace) = sub(table, "workspace") {
            manifest.members = texts(workspace, "members");
            manifest.excluded = texts(workspace, "exclude");
            manifest.add_neighbours(workspace, member);
        }
        manifest.add_neighbours(table, member);
        for target in sub(table, "target").into_iter().flat_map(|targets| targets.values()) {
            if let DeValue::Table(target) = target.get_ref() {
                manifest.add_neighbours(target, member);
            }
        }
        if let Some(path) = sub(table, "lib").and_then(|lib| text(lib, "path")) {
            manifest.targets.push((path, false));
        }
        for (kind, folder) in
            [("bin", "src/bin"), ("example", "examples"), ("test", "tests"), ("bench", "benches")]
        {
            for target in tables(table, kind) {
                let name = text(target, "name").unwrap_or_default();
                let by_name = if kind == "bin" && manifest.name.as_deref() == Some(&name) {
                    "src/main.rs".to_owned()
                } else {
                    format!("{folder}/{name}.rs")
                };
                manifest.targets.push((text(target, "path").unwrap_or(by_name), true));
            }
        }
        manifest
    }

    fn add_neighbours(&mut self, table: &Table<'_>, member: &str) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for dependency in sub(table, kind).into_iter().flat_map(|dependencies| dependencies.values()) {
                let DeValue::Table(dependency) = dependency.get_ref() else { continue };
                if let Some(path) = text(dependency, "path") {
                    let path = crate::paths::absolute_file(&format!("/{member}"), &path);
                    self.neighbours.push(path.trim_matches('/').to_owned());
                }
            }
        }
    }

    /// Sources that say nothing, for everything that the manifest could mean.
    fn stubs(&self, member: &str) -> Vec<(String, &'static str)> {
        let mut stubs = std::collections::BTreeMap::from([
            ("src/lib.rs".to_owned(), ""),
            ("src/main.rs".to_owned(), PROGRAM),
        ]);
        if self.build.as_deref().is_some_and(|build| build != "false") {
            stubs.insert(self.build.clone().unwrap_or_default(), PROGRAM);
        }
        stubs.extend(
            self.targets.iter().map(|(path, program)| (path.clone(), if *program { PROGRAM } else { "" })),
        );
        let prefix = if member.is_empty() { String::new() } else { format!("{member}/") };
        stubs.into_iter().map(|(path, content)| (format!("{prefix}{path}"), content)).collect()
    }
}

/// The build script that a package must have: the one that it names, or the usual one where it links to a library.
fn build_script(package: &Table<'_>) -> Option<String> {
    text(package, "build").or_else(|| text(package, "links").map(|_| "build.rs".to_owned()))
}

fn value<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t DeValue<'t>> {
    table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value.get_ref())
}

fn sub<'t>(table: &'t Table<'_>, key: &str) -> Option<&'t Table<'t>> {
    match value(table, key)? {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

fn text(table: &Table<'_>, key: &str) -> Option<String> {
    match value(table, key)? {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

fn texts(table: &Table<'_>, key: &str) -> Vec<String> {
    let Some(DeValue::Array(items)) = value(table, key) else { return Vec::new() };
    let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => Some(DeString::to_string(text)),
        _ => None,
    };
    items.iter().filter_map(text).collect()
}

fn tables<'t>(table: &'t Table<'_>, key: &str) -> Vec<&'t Table<'t>> {
    let Some(DeValue::Array(items)) = value(table, key) else { return Vec::new() };
    items
        .iter()
        .filter_map(|item| if let DeValue::Table(table) = item.get_ref() { Some(table) } else { None })
        .collect()
}
