//! Every word of a Dockerfile and every flag of `docker buildx build` has a test; `table.rs` says which, and the pairs say it themselves.

mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use optfrontend_tests::{Pair, docker};
use table::{DOCKERFILE, TESTS};

#[test]
fn every_word_of_a_dockerfile_is_covered() {
    check(&owned(DOCKERFILE), |word| !word.starts_with("--"));
}

#[test]
fn every_flag_of_the_client_is_covered() {
    check(&flags(&docker(["buildx", "build", "--help"]).ok().stdout), |word| word.starts_with("--"));
}

/// Fails for a word that nothing covers, and for one that is not `known` but named in a pair or in the table.
fn check(known: &BTreeSet<String>, is_of_this_kind: impl Fn(&str) -> bool) {
    let covered = covered();
    let named: BTreeSet<String> = covered.keys().filter(|word| is_of_this_kind(word)).cloned().collect();
    let uncovered: Vec<&String> = known.difference(&named).collect();
    let unknown: Vec<String> =
        named.difference(known).map(|word| format!("{word}: {:?}", covered[word])).collect();
    assert!(unknown.is_empty(), "these are no words that there are: {unknown:#?}");
    assert!(uncovered.is_empty(), "no test covers these: {uncovered:#?}");
}

fn owned(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The words that have a test, and its names.
fn covered() -> BTreeMap<String, Vec<String>> {
    let mut covered: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for pair in Pair::all() {
        for word in pair.covers {
            covered.entry(word).or_default().push(format!("equivalence::{}", pair.name));
        }
    }
    for (word, tests) in TESTS {
        let tests = tests.iter().map(|test| (*test).to_owned());
        covered.entry((*word).to_owned()).or_default().extend(tests);
    }
    covered
}

/// The long names of the flags in a help text.
fn flags(help: &str) -> BTreeSet<String> {
    let lines = help.lines().filter_map(|line| {
        let line = line.trim_start();
        let line = line.split_once(", --").map_or(line, |(short, _)| &line[short.len() + 2..]);
        line.starts_with("--").then(|| line.split_whitespace().next().unwrap_or_default().to_owned())
    });
    let flags: BTreeSet<String> = lines.collect();
    assert!(flags.contains("--build-arg") && flags.contains("--tag"), "not read: {help}");
    flags
}

#[test]
fn every_test_in_the_table_exists() {
    let tests = TESTS.iter().flat_map(|(_, tests)| *tests);
    let gone: Vec<&str> = tests.copied().filter(|test| !exists(test)).collect();
    assert!(gone.is_empty(), "there are no such tests: {gone:#?}");
    let empty: Vec<&str> =
        TESTS.iter().filter(|(_, tests)| tests.is_empty()).map(|(word, _)| *word).collect();
    assert!(empty.is_empty(), "no test is named for {empty:#?}");
}

fn exists(test: &str) -> bool {
    let Some((file, name)) = test.rsplit_once("::") else { return false };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file.replace("::", "/") + ".rs");
    let source = fs::read_to_string(path).unwrap_or_default();
    source.split("#[test]").skip(1).any(|rest| rest.trim_start().starts_with(&format!("fn {name}(")))
}

#[test]
fn every_pair_says_what_it_is_about() {
    let silent: Vec<String> = Pair::all()
        .into_iter()
        .filter(|pair| pair.title.is_empty() || pair.covers.is_empty())
        .map(|pair| pair.name)
        .collect();
    assert!(
        silent.is_empty(),
        "a title and `covers:` must stand at the top of the Dockerfile of {silent:#?}"
    );
}
