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
//!
//! `tests/engines.md` says which pairs an old engine builds otherwise, or refuses; all others must be the same there too.
//! With `OPTFRONTEND_REFERENCES`, a folder, the engine that is run first builds the Dockerfiles, and no later one is too old for those.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Failed, Trial};
use optfrontend_tests::{
    Build, Built, Effect, Need, Pair, buildkit_version, keep_reference, nonce, platform_differences, record,
    reference, sections_for, wanted_differences, with_targets,
};

/// In the place of a release where nothing is built.
const NO_ENGINE: (u32, u32) = (u32::MAX, 0);

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Builds wait for the daemon most of the time: more of them at once than there are processors.
    let threads = env::var("RUST_TEST_THREADS").ok().and_then(|threads| threads.parse().ok());
    arguments.test_threads = arguments.test_threads.or(threads).or(Some(4));
    // What ends a test is printed once, with its name.
    std::panic::set_hook(Box::new(|_| {}));
    let engine = if arguments.list { NO_ENGINE } else { buildkit_version() };
    let mut tests: Vec<Trial> = Pair::all().into_iter().map(|pair| pair_test(pair, engine)).collect();
    tests.extend(Pair::examples().into_iter().map(|folder| example_test(folder, engine)));
    libtest_mimic::run(&arguments, tests).exit_code()
}

/// The test of a pair, shown as ignored with the reason where the engine cannot do it.
fn pair_test(pair: Pair, engine: (u32, u32)) -> Trial {
    let need = pair.needs.clone().filter(|need| need.buildkit > engine);
    let is_kept = |target: &Option<String>| reference(&kept_as(&pair.name, target.as_deref())).is_some();
    let need = need.filter(|_| !targets(&pair.folder).iter().all(is_kept));
    let rules = Rules::of(&pair.name, engine);
    let Pair { name, folder, .. } = pair;
    if let Some(Need { buildkit: (major, minor), reason }) = need {
        return cannot(&name, format!("needs BuildKit {major}.{minor}: {reason}"));
    }
    if let Some(reason) = rules.cannot {
        return cannot(&name, reason);
    }
    Trial::test(name.clone(), move || compare(&name, &prepared(&folder)?, "Dockerfile", &rules))
}

fn cannot(name: &str, reason: String) -> Trial {
    record("equivalence", name, "impossible", std::slice::from_ref(&reason));
    Trial::test(name, || Ok(())).with_kind(reason).with_ignored_flag(true)
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
        compare(&test, &build, "Dockerfile.reference", &Rules::of(&test, engine))
    })
}

/// What the engine in use does otherwise with a pair.
#[derive(Default)]
struct Rules {
    /// Why the pair cannot be built.
    cannot: Option<String>,
    /// Words of the refusals.
    refused: Vec<String>,
    /// Lines of differences, and the titles of the sections that have them.
    lines: Vec<String>,
    reasons: BTreeSet<String>,
}

impl Rules {
    fn of(name: &str, engine: (u32, u32)) -> Self {
        let mut rules = Self::default();
        if engine == NO_ENGINE {
            return rules;
        }
        for section in sections_for(engine) {
            let Some(lines) = section.pairs.get(name) else { continue };
            match section.effect {
                Effect::Cannot => rules.cannot = Some(section.title),
                Effect::Refuses => rules.refused.push(section.title),
                Effect::Differs => {
                    rules.lines.extend(lines.clone());
                    rules.reasons.insert(section.title);
                }
            }
        }
        rules
    }
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
fn compare(name: &str, pair: &Build, dockerfile: &str, rules: &Rules) -> Result<(), Failed> {
    let folder = pair.folder();
    let mut found = Vec::new();
    let mut fallbacks = BTreeSet::new();
    let mut refusals = BTreeSet::new();
    for target in targets(folder) {
        let image = match build(folder, "build.yaml", target.as_deref()).try_image::<&str>(&[]) {
            Ok(image) => image,
            Err(built) if !rules.refused.is_empty() => {
                refusals.extend(refusal(&built, rules)?);
                continue;
            }
            Err(built) => return Err(format!("{}\n{}", built.outcome.command, built.messages()).into()),
        };
        fallbacks.extend(image.built.fallbacks());
        let kept_as = kept_as(name, target.as_deref());
        let reference = reference(&kept_as).unwrap_or_else(|| {
            let platforms = build(folder, dockerfile, target.as_deref()).image().platforms;
            keep_reference(&kept_as, &platforms);
            platforms
        });
        let lines: Vec<String> =
            platform_differences(&reference, &image.platforms).iter().map(ToString::to_string).collect();
        let target = target.map(|target| format!("@@ {target}\n")).unwrap_or_default();
        found.extend(with_targets(&format!("{target}{}", lines.join("\n"))));
    }
    if !rules.refused.is_empty() && refusals.is_empty() {
        return Err(format!("tests/engines.md says that this is refused: {:?}", rules.refused).into());
    }
    let mut wanted = wanted_differences(folder);
    wanted.extend(rules.lines.clone());
    wanted.sort();
    found.sort();
    let is_comparable = refusals.is_empty() || !found.is_empty();
    if is_comparable && found != wanted {
        return Err(Failed::from(format!(
            "the image of the Dockerfile (-) and of the spec (+) are not as alike as they should be\n{}\nwanted:\n{}",
            found.join("\n"),
            wanted.join("\n"),
        )));
    }
    let (outcome, notes) = match () {
        () if !refusals.is_empty() => ("refused", &refusals),
        () if !rules.reasons.is_empty() => ("differs", &rules.reasons),
        () if !fallbacks.is_empty() => ("fallback", &fallbacks),
        () => ("same", &fallbacks),
    };
    record("equivalence", name, outcome, &notes.iter().cloned().collect::<Vec<_>>());
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

/// The sentences with which a spec is refused, which must be those that are announced.
fn refusal(built: &Built, rules: &Rules) -> Result<Vec<String>, Failed> {
    let messages = built.messages();
    let mut sentences = Vec::new();
    for words in &rules.refused {
        let told = messages
            .lines()
            .find(|line| line.contains(words.as_str()) && line.contains(" is the first that has it"));
        let Some((_, sentence)) = told.and_then(|line| line.split_once("build.yaml:")) else {
            return Err(format!("should be refused for {words:?}:\n{messages}").into());
        };
        // Without the place.
        sentences.push(sentence.split_once(' ').map_or(sentence, |(_, text)| text).to_owned());
    }
    Ok(sentences)
}
