//! Dockerfiles that become specs, built on the real engine: the images must be the same.
//!
//! Each Dockerfile of `tests/equivalence` is converted, and each of `tests/convert` whose folder has a `context`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use frontend::convert::{SYNTAX, convert};
use libtest_mimic::{Arguments, Failed, Trial};
use optfrontend_tests::{
    Build, Pair, buildkit_version, platform_differences, repository, wanted_differences, with_targets,
};

/// The first `BuildKit` that builds every one of these Dockerfiles.
const SINCE: (u32, u32) = (0, 25);

/// Pairs whose Dockerfile says what the language says otherwise: converted or written by hand, the differences are those of the pair.
const OF_THE_LANGUAGE: [&str; 5] =
    ["file_actions", "maintainer", "mount_cache_owner", "volume_forms", "workdir_slashes"];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    let threads = env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(threads).or(Some(4));
    std::panic::set_hook(Box::new(|_| {}));
    // A spec that was made from a Dockerfile is a spec: what older engines make of those, the pairs tell.
    let is_old = !arguments.list && buildkit_version() < SINCE;
    let pairs = Pair::all().into_iter().map(|pair| (pair.name, pair.folder));
    let own = own().into_iter().map(|folder| (name_of(&folder), folder));
    let tests = pairs.chain(own).map(|(name, folder)| {
        Trial::test(name.clone(), move || compare(&name, &folder)).with_ignored_flag(is_old)
    });
    libtest_mimic::run(&arguments, tests.collect()).exit_code()
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The folders of `tests/convert` that can be built.
fn own() -> Vec<PathBuf> {
    let entries = fs::read_dir(repository().join("tests/convert")).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|folder| folder.join("context").is_dir());
    found.sort();
    found
}

fn compare(name: &str, folder: &Path) -> Result<(), Failed> {
    let copy = Build::copy_of(folder);
    if folder.join("setup").exists() {
        let done = Command::new("sh").args(["-e", "setup"]).current_dir(copy.folder()).output()?;
        if !done.status.success() {
            return Err(format!("setup: {}", String::from_utf8_lossy(&done.stderr)).into());
        }
    }
    let text = fs::read_to_string(folder.join("Dockerfile"))?;
    let converted = convert("Dockerfile", &text).map_err(|_| "the Dockerfile does not convert")?;
    let yaml = converted.yaml(SYNTAX);
    copy.write("converted.yaml", &yaml);
    if let Ok(ignored) = fs::read(folder.join("Dockerfile.dockerignore")) {
        copy.write("converted.yaml.dockerignore", ignored);
    }
    let mut found = Vec::new();
    for target in targets(folder) {
        let build = |file: &str| build(copy.folder(), file, target.as_deref()).try_image::<&str>(&[]);
        let expected = build("Dockerfile").map_err(|built| built.messages().to_owned())?;
        let image = build("converted.yaml").map_err(|built| format!("{}\n{yaml}", built.messages()))?;
        let differences = platform_differences(&expected.platforms, &image.platforms);
        let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
        let target = target.map(|target| format!("@@ {target}\n")).unwrap_or_default();
        found.extend(with_targets(&format!("{target}{}", lines.join("\n"))));
    }
    let mut wanted = if OF_THE_LANGUAGE.contains(&name) { wanted_differences(folder) } else { Vec::new() };
    wanted.sort();
    found.sort();
    if found == wanted {
        return Ok(());
    }
    let found = found.join("\n");
    Err(format!("the image of the Dockerfile (-) and of the spec (+) are not the same:\n{found}\n{yaml}")
        .into())
}

/// The targets to build, `None` alone where the file has one only.
fn targets(folder: &Path) -> Vec<Option<String>> {
    let targets = fs::read_to_string(folder.join("targets")).unwrap_or_default();
    if targets.is_empty() { vec![None] } else { targets.lines().map(|line| Some(line.to_owned())).collect() }
}

fn build(folder: &Path, file: &str, target: Option<&str>) -> Build {
    let flags = fs::read_to_string(folder.join("flags")).unwrap_or_default();
    let target = target.map(|target| format!("--target={target}"));
    let context = if folder.join("context").is_dir() { "context" } else { "." };
    Build::at(folder).using(file).context(context).flags(flags.lines()).flags(target)
}
