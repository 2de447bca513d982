//! What old engines do otherwise than new ones, as `tests/engines.md` has it: a text for people that tests hold engines to.
//!
//! A heading says of which engines a section is, and what they do: `## BuildKit before 0.17: refused: chmod`,
//! `## Docker's own image store: not possible: two platforms`, `## buildx before 0.16: ...`, and all else are differences. Pairs stand
//! below it in a list, or with the exact lines in a `diff` block that begins with their name; tests of other suites stand in the list
//! with the suite before their name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::build::Build;
use crate::docker::{buildkit_version, buildx_version};
use crate::pair::Need;
use crate::results::record;
use crate::store::{Store, store};

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    engines: Engines,
    /// What they do with its pairs.
    pub effect: Effect,
    /// In a line.
    pub title: String,
    /// The lines in which each pair's image differs: none where it is not built, and for tests of other suites.
    pub pairs: BTreeMap<String, Vec<String>>,
}

/// Of which engines a section is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Engines {
    Before((u32, u32)),
    WithBuildxBefore((u32, u32)),
    WithOwnStore,
}

/// What an engine does with a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Builds another image.
    Differs,
    /// Refuses the spec before it solves anything, in the words of the title.
    Refuses,
    /// Cannot do what the pair needs.
    Cannot,
}

/// The sections that count for the engine in use.
#[track_caller]
pub fn sections_for(engine: (u32, u32)) -> Vec<Section> {
    let is_for = |section: &Section| match section.engines {
        Engines::Before(release) => engine < release,
        Engines::WithBuildxBefore(release) => buildx_version() < release,
        Engines::WithOwnStore => store() == Store::Docker,
    };
    all_sections().into_iter().filter(is_for).collect()
}

/// Every section.
#[track_caller]
pub fn all_sections() -> Vec<Section> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("engines.md");
    match std::fs::read_to_string(&path) {
        Ok(text) => text.split("\n## ").skip(1).map(section).collect(),
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

#[track_caller]
fn section(text: &str) -> Section {
    let (heading, body) = text.split_once('\n').unwrap_or((text, ""));
    let Some((engines, title)) = heading.split_once(": ") else { panic!("`ENGINES: WHAT`, not `{heading}`") };
    let engines = match engines.split_once(" before ") {
        Some((what, release)) => match (what, Need::release(&format!("BuildKit {release}"))) {
            ("BuildKit", Some(release)) => Engines::Before(release),
            ("buildx", Some(release)) => Engines::WithBuildxBefore(release),
            _ => panic!("`BuildKit before 0.11` or `buildx before 0.16`, not `{engines}`"),
        },
        None => Engines::WithOwnStore,
    };
    let (effect, title) = match (title.strip_prefix("refused: "), title.strip_prefix("not possible: ")) {
        (Some(title), _) => (Effect::Refuses, title),
        (_, Some(title)) => (Effect::Cannot, title),
        _ => (Effect::Differs, title),
    };
    let mut pairs = BTreeMap::new();
    for (number, part) in body.split("```").enumerate() {
        if number % 2 == 0 {
            let names = part.lines().filter_map(|line| line.strip_prefix("- "));
            pairs.extend(names.map(|name| (name.trim().to_owned(), Vec::new())));
        } else if let Some((name, block)) =
            part.strip_prefix("diff ").and_then(|block| block.split_once('\n'))
        {
            pairs.insert(name.trim().to_owned(), with_targets(block));
        }
    }
    Section { engines, effect, title: title.to_owned(), pairs }
}

/// True where the engine in use refuses what the running test of the suite `engine` builds, as `tests/engines.md` says of it. Then this
/// has seen to it that it does, in the words of the section.
#[track_caller]
pub fn is_refused(build: &Build) -> bool {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or_default();
    let sections = sections_for(buildkit_version());
    let named = |section: &&Section| section.pairs.contains_key(&format!("engine {test}"));
    let Some(section) = sections.iter().filter(|section| section.effect == Effect::Refuses).find(named)
    else {
        return false;
    };
    let refused = build.fail();
    let told = refused.messages().lines().find(|line| line.contains(&section.title));
    let Some(told) = told.filter(|line| line.contains(" is the first that has it")) else {
        panic!("should be refused for {}:\n{}", section.title, refused.messages());
    };
    record("engine", test, "refused", &[told.rsplit_once(": ").map_or(told, |(_, told)| told).to_owned()]);
    true
}

/// Lines of differences, each with the target that it is of, sorted, so that their order does not matter.
pub fn with_targets(block: &str) -> Vec<String> {
    let mut target = String::new();
    let mut lines = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("@@ ") {
            Some(name) => target = format!("{name}: "),
            None => lines.push(format!("{target}{line}")),
        }
    }
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair::Pair;

    #[test]
    fn every_pair_that_is_named_is_there() {
        let known: Vec<String> = Pair::all().into_iter().map(|pair| pair.name).collect();
        for section in all_sections() {
            assert!(!section.pairs.is_empty(), "{}", section.title);
            for name in section.pairs.keys().filter(|name| !name.starts_with("example_")) {
                let is_there = match name.split_once(' ') {
                    None => known.contains(name),
                    Some((suite, test)) => is_test(suite, test),
                };
                assert!(is_there, "{}: there is no {name}", section.title);
            }
        }
    }

    /// Whether a suite has a test: as `outputs::a_folder` in `engine/outputs.rs`, or in the suite's own file.
    fn is_test(suite: &str, test: &str) -> bool {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let (file, name) = match test.split_once("::") {
            Some((module, name)) => (format!("{suite}/{module}.rs"), name),
            None => (format!("{suite}.rs"), test),
        };
        let source = std::fs::read_to_string(tests.join(file)).unwrap_or_default();
        source.contains(&format!("#[test]\nfn {name}() {{"))
    }

    #[test]
    fn a_section_has_its_pairs() {
        let read =
            section("BuildKit before 0.11: a title\n\nText.\n\n- one\n\n```diff two\n@@ t\n- b\n+ a\n```\n");
        assert_eq!(
            (read.engines, read.effect, read.title.as_str()),
            (Engines::Before((0, 11)), Effect::Differs, "a title")
        );
        assert_eq!(read.pairs["one"], Vec::<String>::new());
        assert_eq!(read.pairs["two"], ["t: + a", "t: - b"]);
        let read = section("buildx before 0.16: not possible: `--call`\n\n- engine calls::a\n");
        assert_eq!(read.engines, Engines::WithBuildxBefore((0, 16)));
        assert!(read.pairs.contains_key("engine calls::a"));
        let read = section("Docker's own image store: not possible: two\n\n- one\n");
        assert_eq!((read.engines, read.effect), (Engines::WithOwnStore, Effect::Cannot));
    }
}
