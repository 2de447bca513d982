//! Pairs of a Dockerfile and a spec that mean the same, built on the real engine: the images must be the same.
//!
//! A pair is a folder in `tests/equivalence`: `Dockerfile`, `build.yaml`, and where they are needed `context/`,
//! `flags`, one a line, and `targets`, one a line, of which each is built and compared. Differences that are wanted stand in `differences.md`: the reasons, and in a `diff` block
//! the exact lines.

use std::fs;
use std::path::Path;

use optfrontend_tests::{Build, Image, differences, nonce, repository};

/// A test for each pair.
macro_rules! pairs {
    ($($name:ident)*) => {
        const PAIRS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("equivalence").join(stringify!($name));
                compare(&folder, "Dockerfile");
            }
        )*
    };
}

pairs! {
    commands
    copy_from
    copy_sources
    file_actions
    healthcheck
    ignored
    metadata
    mounts
    multi_stage
    network
    ownership
    platforms
    ports_volumes
    run_forms
    scratch
    secrets
    user
    variables
    workdir
}

#[test]
fn every_pair_is_tested() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("equivalence");
    let mut found: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    found.sort();
    assert_eq!(found, PAIRS, "folders and the list of pairs, in the order of the alphabet");
}

#[test]
fn example_go_server() {
    compare(&repository().join("examples/go-server"), "Dockerfile.reference");
}

#[test]
fn example_node_api() {
    // The signing step must run anew: from an earlier build that had a key, its result would be a signed one.
    let copy = Build::copy_of(repository().join("examples/node-api")).file("scripts/nonce", nonce());
    compare(copy.folder(), "Dockerfile.reference");
}

#[test]
fn example_python_api() {
    compare(&repository().join("examples/python-api"), "Dockerfile.reference");
}

/// Builds both files of a folder, target by target, and compares the images.
fn compare(folder: &Path, dockerfile: &str) {
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
    assert!(
        found == wanted,
        "{}: the image of the Dockerfile (-) and of the spec (+) are not as alike as they should be\n{}",
        folder.display(),
        if wanted.is_empty() { found } else { format!("found:\n{found}\ndifferences.md:\n{wanted}") },
    );
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
