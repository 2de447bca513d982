//! Pairs of a Dockerfile and a spec that mean the same, built on the real engine: the images must be the same.
//!
//! Each folder in `tests/equivalence` is a pair and a test of its name, and so is each example that has a `Dockerfile.reference`. A pair has a
//! `Dockerfile`, whose first comments say what it is about, a `build.yaml`, and where they are needed
//!
//! - `context/`; without it the folder itself is the context,
//! - `setup`, a script that makes what git cannot hold in a copy of the folder: empty directories, permissions, odd names,
//! - `flags`, one a line,
//! - `targets`, one a line, of which each is built and compared,
//! - `differences.md`: differences that are wanted, with the reasons, and in a `diff` block the exact lines. The lines of a block
//!   that begins with `diff before BuildKit 0.10` are wanted of older engines alone.
//!
//! On an engine that is too old for a spec, the pair's Dockerfile says with which words it is refused; on every other one the images must be
//! the same. `scripts/test-engines` has the Dockerfiles built by the newest engine, so that no engine is too old for those.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use optfrontend_tests::{
    Build, Built, Need, Pair, buildkit_version, keep_reference, nonce, platform_differences, record,
    reference,
};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Builds wait for the daemon most of the time: more of them at once than there are processors.
    let threads = env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(threads).or(Some(4));
    // What ends a test is printed once, with its name.
    std::panic::set_hook(Box::new(|_| {}));
    let engine = if arguments.list { (u32::MAX, 0) } else { buildkit_version() };
    let mut tests: Vec<Trial> = Pair::all().into_iter().map(|pair| pair_test(pair, engine)).collect();
    tests.extend(Pair::examples().into_iter().map(|folder| example_test(folder, engine)));
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// The test of a pair, shown as ignored with the reason where the engine is too old for its Dockerfile.
fn pair_test(pair: Pair, engine: (u32, u32)) -> Trial {
    let need = pair.needs.clone().filter(|need| need.buildkit > engine);
    let ignored = need.filter(|_| {
        !targets(&pair.folder)
            .iter()
            .all(|target| reference(&kept_as(&pair.name, target.as_deref())).is_some())
    });
    let refused = pair.refused_before.clone().filter(|need| need.buildkit > engine);
    let Pair { name, folder, .. } = pair;
    if let Some(Need { buildkit: (major, minor), reason }) = ignored {
        let kind = format!("needs BuildKit {major}.{minor}: {reason}");
        return Trial::test(name, || Ok(())).with_kind(kind).with_ignored_flag(true);
    }
    Trial::test(name.clone(), move || {
        compare(&name, &prepared(&folder)?, "Dockerfile", engine, refused.as_ref())
    })
}

fn example_test(folder: PathBuf, engine: (u32, u32)) -> Trial {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().replace('-', "_");
    let test = format!("example_{name}");
    Trial::test(test.clone(), move || {
        let mut build = Build::copy_of(&folder);
        if name == "node_api" {
            // The signing step must run anew: from an earlier build that had a key, its result would be a signed one.
            build = build.file("scripts/nonce", nonce());
        }
        compare(&test, &build, "Dockerfile.reference", engine, None)
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
fn compare(
    name: &str,
    pair: &Build,
    dockerfile: &str,
    engine: (u32, u32),
    refused: Option<&Need>,
) -> Result<(), Failed> {
    let folder = pair.folder();
    let mut found = Vec::new();
    let mut notes = BTreeSet::new();
    let mut refusals = BTreeSet::new();
    for target in targets(folder) {
        let image = match (build(folder, "build.yaml", target.as_deref()).try_image::<&str>(&[]), refused) {
            (Ok(image), _) => image,
            (Err(built), Some(need)) => {
                refusals.insert(refusal(&built, need)?);
                continue;
            }
            (Err(built), None) => {
                return Err(format!("{}\n{}", built.outcome.command, built.messages()).into());
            }
        };
        notes.extend(image.built.fallbacks());
        let reference = reference(&kept_as(name, target.as_deref())).unwrap_or_else(|| {
            let platforms = build(folder, dockerfile, target.as_deref()).image().platforms;
            keep_reference(&kept_as(name, target.as_deref()), &platforms);
            platforms
        });
        let lines: Vec<String> =
            platform_differences(&reference, &image.platforms).iter().map(ToString::to_string).collect();
        let block = format!(
            "{}{}",
            target.map(|target| format!("@@ {target}\n")).unwrap_or_default(),
            lines.join("\n")
        );
        found.extend(with_targets(&block));
    }
    found.sort();
    if let (Some(need), true) = (refused, refusals.is_empty()) {
        return Err(format!("this engine should have refused the spec: {}", need.reason).into());
    }
    let (wanted, reasons) = wanted(folder, engine);
    let comparable = refusals.is_empty() || !found.is_empty();
    if comparable && found != wanted {
        return Err(Failed::from(format!(
            "the image of the Dockerfile (-) and of the spec (+) are not as alike as they should be\n{}{}",
            found.join("\n"),
            if wanted.is_empty() {
                String::new()
            } else {
                format!("\ndifferences.md:\n{}", wanted.join("\n"))
            },
        )));
    }
    let (outcome, notes) = match () {
        () if !refusals.is_empty() => ("refused", refusals),
        () if !reasons.is_empty() => ("near", reasons),
        () if !notes.is_empty() => ("fallback", notes),
        () => ("same", notes),
    };
    record("equivalence", name, outcome, &notes.into_iter().collect::<Vec<_>>());
    Ok(())
}

/// The targets to build, `None` alone where the file has one only.
fn targets(folder: &Path) -> Vec<Option<String>> {
    let targets = fs::read_to_string(folder.join("targets")).unwrap_or_default();
    if targets.is_empty() { vec![None] } else { targets.lines().map(|line| Some(line.to_owned())).collect() }
}

/// The name of a Dockerfile's image among the references.
fn kept_as(name: &str, target: Option<&str>) -> String {
    target.map_or_else(|| name.to_owned(), |target| format!("{name}.{target}"))
}

fn build(folder: &Path, file: &str, target: Option<&str>) -> Build {
    let flags = fs::read_to_string(folder.join("flags")).unwrap_or_default();
    let target = target.map(|target| format!("--target={target}"));
    let context = if folder.join("context").is_dir() { "context" } else { "." };
    Build::at(folder).using(file).context(context).flags(flags.lines()).flags(target)
}

/// The sentence with which a spec is refused, which must be the one that the pair announces.
fn refusal(built: &Built, need: &Need) -> Result<String, Failed> {
    let (major, minor) = need.buildkit;
    let first = format!("BuildKit {major}.{minor} is the first");
    let sentence = built.messages().lines().find(|line| line.contains(&need.reason) && line.contains(&first));
    let sentence = sentence.and_then(|line| line.split_once("build.yaml:")).ok_or_else(|| {
        format!("should be refused with {:?} and {first:?}:\n{}", need.reason, built.messages())
    })?;
    // Without the place.
    let text = sentence.1.split_once(' ').map_or(sentence.1, |(_, text)| text);
    Ok(text.to_owned())
}

/// The lines of the `diff` blocks in `differences.md` that count for an engine, and the reasons of those for old ones.
fn wanted(folder: &Path, engine: (u32, u32)) -> (Vec<String>, BTreeSet<String>) {
    let text = fs::read_to_string(folder.join("differences.md")).unwrap_or_default();
    let mut lines = Vec::new();
    let mut reasons = BTreeSet::new();
    let mut prose = "";
    for part in text.split("\n```") {
        match part.strip_prefix("diff") {
            None => prose = part,
            Some(block) => {
                let (limit, block) = block.split_once('\n').unwrap_or((block, ""));
                match Need::release(limit.trim().trim_start_matches("before ")) {
                    Some(limit) if engine >= limit => continue,
                    Some(_) => drop(reasons.insert(last_paragraph(prose))),
                    None => {}
                }
                lines.extend(with_targets(block));
            }
        }
    }
    lines.sort();
    (lines, reasons)
}

/// Lines of differences, each with the target that it is of, so that their order does not matter.
fn with_targets(block: &str) -> Vec<String> {
    let mut target = "";
    let mut lines = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("@@ ") {
            Some(name) => target = name,
            None => lines.push(format!("{target}{}{line}", if target.is_empty() { "" } else { ": " })),
        }
    }
    lines
}

fn last_paragraph(text: &str) -> String {
    let paragraph = text.trim().rsplit("\n\n").next().unwrap_or_default();
    paragraph.lines().collect::<Vec<_>>().join(" ")
}
