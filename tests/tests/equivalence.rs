//! Pairs of a Dockerfile and a spec that mean the same, built on the real engine: the images must be the same.
//!
//! Each folder in `tests/equivalence` is a pair and a test of its name, and so is each example that has a `Dockerfile.reference`. A pair has a
//! `Dockerfile`, whose first comments say what it is about, a `build.yaml`, and where they are needed
//!
//! - `context/`; without it the folder itself is the context,
//! - `setup`, a script that makes what git cannot hold in a copy of the folder: empty directories, permissions, odd names,
//! - `flags`, one a line,
//! - `targets`, one a line, of which each is built and compared,
//! - `differences.md`: differences that are wanted, with the reasons, and in a `diff` block the exact lines.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use optfrontend_tests::{Build, Image, Pair, buildkit_version, differences, nonce};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Builds wait for the daemon most of the time: more of them at once than there are processors.
    let threads = env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(threads).or(Some(4));
    // What ends a test is printed once, with its name.
    std::panic::set_hook(Box::new(|_| {}));
    let engine = if arguments.list { (u32::MAX, 0) } else { buildkit_version() };
    let mut tests: Vec<Trial> = Pair::all().into_iter().map(|pair| pair_test(pair, engine)).collect();
    tests.extend(Pair::examples().into_iter().map(example_test));
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// The test of a pair, shown as ignored with the reason where the engine is too old for its Dockerfile.
fn pair_test(pair: Pair, engine: (u32, u32)) -> Trial {
    let Pair { name, folder, needs, .. } = pair;
    let test = Trial::test(name, move || compare(&prepared(&folder)?, "Dockerfile"));
    match needs {
        Some(need) if need.buildkit > engine => {
            let (major, minor) = need.buildkit;
            test.with_kind(format!("needs BuildKit {major}.{minor}: {}", need.reason)).with_ignored_flag(true)
        }
        _ => test,
    }
}

fn example_test(folder: PathBuf) -> Trial {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
    Trial::test(format!("example_{name}"), move || {
        let mut build = Build::copy_of(&folder);
        if name == "node_api" {
            // The signing step must run anew: from an earlier build that had a key, its result would be a signed one.
            build = build.file("scripts/nonce", nonce());
        }
        compare(&build, "Dockerfile.reference")
    })
}

/// A pair's folder, or a copy of it in which its `setup` has run.
fn prepared(folder: &Path) -> Result<Build, Failed> {
    if !folder.join("setup").exists() {
        return Ok(Build::at(folder));
    }
    let copy = Build::copy_of(folder);
    let done = Command::new("sh").args(["-e", "setup"]).current_dir(copy.folder()).output()?;
    if !done.status.success() {
        return Err(format!("setup: {}", String::from_utf8_lossy(&done.stderr)).into());
    }
    Ok(copy)
}

/// Builds both files of a folder, target by target, and compares the images.
fn compare(pair: &Build, dockerfile: &str) -> Result<(), Failed> {
    let folder = pair.folder();
    let targets = fs::read_to_string(folder.join("targets")).unwrap_or_default();
    let targets: Vec<Option<&str>> =
        if targets.is_empty() { vec![None] } else { targets.lines().map(Some).collect() };
    let mut found = String::new();
    for target in targets {
        let (dockerfile, spec) = (build(folder, dockerfile, target), build(folder, "build.yaml", target));
        let differences = differences(&dockerfile, &spec);
        if let (Some(target), false) = (target, differences.is_empty()) {
            found.push_str(&format!("@@ {target}\n"));
        }
        found.extend(differences.iter().map(|difference| format!("{difference}\n")));
    }
    let wanted = wanted(folder);
    if found == wanted {
        return Ok(());
    }
    Err(Failed::from(format!(
        "the image of the Dockerfile (-) and of the spec (+) are not as alike as they should be\n{}",
        if wanted.is_empty() { found } else { format!("found:\n{found}\ndifferences.md:\n{wanted}") },
    )))
}

fn build(folder: &Path, file: &str, target: Option<&str>) -> Image {
    let flags = fs::read_to_string(folder.join("flags")).unwrap_or_default();
    let target = target.map(|target| format!("--target={target}"));
    let context = if folder.join("context").is_dir() { "context" } else { "." };
    Build::at(folder).using(file).context(context).flags(flags.lines()).flags(target).image()
}

/// The lines of the `diff` blocks in `differences.md`.
fn wanted(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("differences.md")).unwrap_or_default();
    let blocks = text.split("```diff\n").skip(1);
    blocks.filter_map(|block| block.split("```").next()).collect()
}
