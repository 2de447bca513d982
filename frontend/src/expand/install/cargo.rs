//! Cargo: dependencies are compiled before any source is there, behind sources that say nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::toml::{Table, sub, subs, tables, text, texts};
use super::{Project, Recipe, Refusal, script};

const PROGRAM: &str = "fn main() {}\n";

/// Options of the build that say which artifacts it makes: the clean-up behind it needs the same.
const KINDS: &[&str] = &["--release", "-r", "--profile", "--target", "--target-dir"];

pub(super) fn cargo(project: &mut Project<'_>) -> Result<Recipe, Refusal> {
    let settings = [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "rust-toolchain",
        ".cargo/config.toml",
        ".cargo/config",
    ];
    let mut recipe = Recipe { files: project.existing(&settings), ..Recipe::default() };
    let targets = configured_targets(project);
    let mut own = Vec::new();
    for Package { folder, manifest, whole, .. } in packages(project)? {
        if whole {
            recipe.files.push(folder);
            continue;
        }
        if let Some(name) = &manifest.name {
            recipe.stubs.extend(manifest.stubs(&folder));
            own.push(format!("--package {name}"));
        }
        if !folder.is_empty() {
            recipe.files.push(format!("{folder}/Cargo.toml"));
        }
    }
    let mut options = kinds(&project.args).join(" ");
    if !options.split([' ', '=']).any(|word| word == "--target") {
        options = format!("{options} {targets}");
    }
    // What was made of the sources that say nothing must not be taken for what the real ones come to. Cargo goes by their
    // times, so it keeps apart what is made by a wrapper, and the rest is cleaned.
    recipe.command = script(
        "cargo",
        &format!(
            "RUSTC_WORKSPACE_WRAPPER=env cargo build --locked \"$@\"\ncargo clean --quiet --offline {} {}",
            options.trim(),
            own.join(" ")
        ),
    );
    Ok(recipe)
}

/// The options for the platforms that a build is for where no argument names one: `cargo clean` looks neither at the variable
/// nor at the settings that `cargo build` goes by.
fn configured_targets(project: &mut Project<'_>) -> String {
    const BY_VARIABLE: &str = "${CARGO_BUILD_TARGET:+--target \"$CARGO_BUILD_TARGET\"}";
    let settings = project.text(".cargo/config").or_else(|| project.text(".cargo/config.toml"));
    let named = settings.map(|settings| named_targets(&settings)).unwrap_or_default();
    match named.as_slice() {
        [] => BY_VARIABLE.to_owned(),
        [target] => format!("--target \"${{CARGO_BUILD_TARGET:-{target}}}\""),
        // It does no harm to clean for a platform that nothing was made for.
        several => format!("--target {} {BY_VARIABLE}", several.join(" --target ")),
    }
}

/// The platforms that settings name: one, or a list.
fn named_targets(settings: &str) -> Vec<String> {
    let Ok(table) = Table::parse(settings) else { return Vec::new() };
    let Some(build) = sub(table.get_ref(), "build") else { return Vec::new() };
    let one = text(build, "target").into_iter();
    one.chain(texts(build, "target")).filter(|target| is_plain(target)).collect()
}

/// A package of the project.
pub(super) struct Package {
    /// Its directory; empty for the root.
    pub(super) folder: String,
    /// Whether the workspace names it, so that it is surely in the lockfile.
    pub(super) is_member: bool,
    manifest: Manifest,
    /// Whether packages of others are compiled against it, which takes all of its sources.
    whole: bool,
}

/// The packages of the project, by their directories.
pub(super) fn packages(project: &mut Project<'_>) -> Result<Vec<Package>, Refusal> {
    let root = Manifest::read(project, "")?.ok_or("there is no Cargo.toml beside the lockfile")?;
    let mut found = BTreeMap::new();
    follow(project, root.replacements.iter().cloned().collect(), true, &mut found)?;
    let mut members = BTreeSet::from([String::new()]);
    for pattern in &root.members {
        members.extend(folders(project, pattern)?);
    }
    members.retain(|member| !root.excluded.iter().any(|excluded| excluded == member));
    follow(project, members, false, &mut found)?;
    Ok(found.into_values().collect())
}

/// Packages that are named by their paths belong to the project too.
fn follow(
    project: &mut Project<'_>,
    mut folders: BTreeSet<String>,
    whole: bool,
    found: &mut BTreeMap<String, Package>,
) -> Result<(), Refusal> {
    let named = folders.clone();
    while let Some(folder) = folders.pop_first() {
        if found.contains_key(&folder) {
            continue;
        }
        let Some(manifest) = Manifest::read(project, &folder)? else { continue };
        folders.extend(manifest.neighbours.iter().cloned());
        let is_member = !whole && named.contains(&folder);
        found.insert(folder.clone(), Package { folder, is_member, manifest, whole });
    }
    Ok(())
}

/// Those of the arguments that say which artifacts are made. They are plain words, or are left out.
fn kinds(args: &[String]) -> Vec<&str> {
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

fn is_plain(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=".contains(c))
}

/// The directories that a pattern of members means.
fn folders(project: &mut Project<'_>, pattern: &str) -> Result<Vec<String>, Refusal> {
    let pattern = pattern.trim_matches('/').trim_start_matches("./");
    if crate::paths::escapes(pattern) {
        return Err(project.far("Cargo.toml", pattern));
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
    /// Those that stand for packages of others: `patch`, `replace`.
    replacements: Vec<String>,
    build: Option<String>,
    /// Sources that it names, or whose place follows from a name: path, and whether it is a program.
    targets: Vec<(String, bool)>,
}

impl Manifest {
    fn read(project: &mut Project<'_>, member: &str) -> Result<Option<Self>, Refusal> {
        let path = if member.is_empty() { "Cargo.toml".to_owned() } else { format!("{member}/Cargo.toml") };
        let Some(text) = project.text(&path) else { return Ok(None) };
        let shown = project.inside(&path);
        let table = Table::parse(&text);
        let table = table.map_err(|error| format!("`{shown}` cannot be read: {}", error.message()))?;
        Self::of(table.get_ref(), member).map(Some).map_err(|named| project.far(&path, &named))
    }

    /// Fails with a path that leads out of the project.
    fn of(table: &Table<'_>, member: &str) -> Result<Self, String> {
        let package = sub(table, "package");
        let mut manifest = Self {
            name: package.and_then(|package| text(package, "name")),
            build: package.and_then(build_script),
            ..Self::default()
        };
        if let Some(workspace) = sub(table, "workspace") {
            manifest.members = texts(workspace, "members");
            manifest.excluded = texts(workspace, "exclude");
            manifest.neighbours.extend(neighbours(workspace, member)?);
        }
        manifest.neighbours.extend(neighbours(table, member)?);
        for target in subs(sub(table, "target")) {
            manifest.neighbours.extend(neighbours(target, member)?);
        }
        for registry in subs(sub(table, "patch")).chain(sub(table, "replace")) {
            manifest.replacements.extend(by_path(registry, member)?);
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
        Ok(manifest)
    }

    /// Sources that say nothing, for everything that the manifest could mean.
    fn stubs(&self, member: &str) -> Vec<(String, String)> {
        let mut stubs = BTreeMap::from([("src/lib.rs".to_owned(), ""), ("src/main.rs".to_owned(), PROGRAM)]);
        if self.build.as_deref().is_some_and(|build| build != "false") {
            stubs.insert(self.build.clone().unwrap_or_default(), PROGRAM);
        }
        stubs.extend(
            self.targets.iter().map(|(path, program)| (path.clone(), if *program { PROGRAM } else { "" })),
        );
        let prefix = if member.is_empty() { String::new() } else { format!("{member}/") };
        stubs.into_iter().map(|(path, content)| (format!("{prefix}{path}"), content.to_owned())).collect()
    }
}

/// The packages that dependencies name by their paths.
fn neighbours(table: &Table<'_>, member: &str) -> Result<Vec<String>, String> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let found: Result<Vec<_>, _> =
        kinds.iter().filter_map(|kind| sub(table, kind)).map(|wanted| by_path(wanted, member)).collect();
    Ok(found?.concat())
}

/// The directories, from the root of the project, that the tables of a table name by `path`.
fn by_path(table: &Table<'_>, member: &str) -> Result<Vec<String>, String> {
    let paths = subs(Some(table)).filter_map(|wanted| text(wanted, "path"));
    let place = |path: String| {
        let whole = if member.is_empty() { path.clone() } else { format!("{member}/{path}") };
        if path.starts_with('/') || crate::paths::escapes(&whole) {
            return Err(path);
        }
        Ok(crate::paths::absolute_file("/", &whole).trim_matches('/').to_owned())
    };
    paths.map(place).collect()
}

/// The build script that a package must have: the one that it names, or the usual one where it links to a library.
fn build_script(package: &Table<'_>) -> Option<String> {
    text(package, "build").or_else(|| text(package, "links").map(|_| "build.rs".to_owned()))
}
