//! What holds of every text: no panic, places inside of the text, the same bytes for the same input.

use std::sync::LazyLock;

use optfrontend::report::message;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::compile::{Client, Outcome, compile, phases};
use crate::folder::folder;

/// Pieces that specs are made of: mutations put them where they do not belong.
const PIECES: &[&str] = &[
    "\n",
    " ",
    "  ",
    "\t",
    ":",
    ": ",
    "- ",
    "{",
    "}",
    "[",
    "]",
    ", ",
    "'",
    "\"",
    "|",
    ">",
    "&a ",
    "*a",
    "<<: ",
    "#",
    "!x ",
    "~",
    "---\n",
    "...\n",
    "$",
    "$$",
    "${",
    "}",
    "${A:-",
    "$A",
    "\\",
    "\0",
    "\r\n",
    "é",
    "\u{feff}",
    "0",
    "-1",
    "1e9",
    "true",
    "x-",
    "stages",
    "args",
    "from",
    "run",
    "copy",
    "steps",
    "env",
    "cache",
    "secrets",
    "mounts",
    "when",
    "scratch",
    "? ",
    "%YAML 1.2\n",
];

/// The specs of the other tests, good and bad; the one that is made to be slow is not for many rounds.
fn seeds() -> Vec<String> {
    let cases =
        std::fs::read_dir(folder("cases")).unwrap().map(|case| case.unwrap().path().join("spec.yaml"));
    let invalid = std::fs::read_dir(folder("invalid")).unwrap().map(|file| file.unwrap().path());
    let mut paths: Vec<_> =
        cases.chain(invalid).filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    paths.retain(|path| !path.ends_with("alias_bomb.yaml"));
    paths.sort();
    paths.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

/// A change of a text: at a place, so many characters give way to a piece.
type Mutation = (prop::sample::Index, usize, String);

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let piece = prop_oneof![
        4 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, piece), 1..6)
}

fn mutate(text: &str, mutations: &[Mutation]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for (place, removed, piece) in mutations {
        let start = place.index(text.len() + 1);
        let end = (start + removed).min(text.len());
        text.splice(start..end, piece.chars());
    }
    text.into_iter().collect()
}

/// Has the files beside it that one of the cases includes.
static CLIENT: LazyLock<Client> = LazyLock::new(|| Client::default().beside(&folder("cases/include")));

/// Runs all phases; every place of a fault must be one of its file's text.
fn check(text: &str) -> Outcome {
    let outcome = phases(text.as_bytes(), &CLIENT);
    for fault in &outcome.faults {
        let related = fault.related.iter().map(|(span, _)| *span);
        for span in std::iter::once(fault.span).chain(related) {
            let text = &outcome.files.get(span.file).unwrap().text;
            let range = span.start as usize..span.end as usize;
            assert!(text.get(range.clone()).is_some(), "{range:?} is no place of {text:?}: {fault:?}");
        }
    }
    // The message is made of places and of texts of the spec: it must not break on any.
    message(&outcome.files, &outcome.faults);
    outcome
}

fn config(cases: u32) -> ProptestConfig {
    let regressions = FileFailurePersistence::Direct("tests/spec/properties.regressions");
    ProptestConfig { cases, failure_persistence: Some(Box::new(regressions)), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_pieces_are_read_or_refused(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn any_template_is_expanded_or_refused(text in "[$A-C{}:?+\\-é\n ]{0,40}") {
        let quoted: String = text.chars().map(|c| if c == '\n' { "\\n".to_owned() } else { c.to_string() }).collect();
        let spec = format!("args: {{A: a, B: \"\"}}\nstages: {{app: {{from: scratch, labels: {{l: \"{quoted}\"}}}}}}\n");
        check(&spec);
    }

    #[test]
    fn a_mutated_spec_is_read_or_refused(seed in prop::sample::select(seeds()), mutations in mutations()) {
        check(&mutate(&seed, &mutations));
    }
}

/// Many more mutations, without shrinking: a smoke test that costs seconds.
#[test]
fn twenty_thousand_mutations_are_read_or_refused() {
    let seeds = seeds();
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 16).unwrap_or_default() % below
    };
    for round in 0..20_000 {
        let mut text: Vec<char> = seeds[round % seeds.len()].chars().collect();
        for _ in 0..=random(3) {
            let start = random(text.len() + 1);
            let end = (start + random(8)).min(text.len());
            let piece = PIECES[random(PIECES.len())];
            text.splice(start..end, piece.chars());
        }
        check(&text.iter().collect::<String>());
    }
}

#[test]
fn the_same_spec_gives_the_same_bytes() {
    for case in std::fs::read_dir(folder("cases")).unwrap() {
        let case = case.unwrap().path();
        let spec = std::fs::read(case.join("spec.yaml")).unwrap();
        let bytes = || {
            let compiled = compile(&spec, &Client::of(&spec).beside(&case)).unwrap();
            let definitions =
                compiled.iter().map(|one| one.definition.as_pb().def.clone()).collect::<Vec<_>>();
            let images = compiled.into_iter().map(|one| one.image).collect::<Vec<_>>();
            (definitions, images)
        };
        assert!(bytes() == bytes());
    }
}
