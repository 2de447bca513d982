//! The core form of specs as YAML: it says the same, and builds the same.

use std::path::{Path, PathBuf};

use optfrontend::expand::document;
use optfrontend::report::message;
use proptest::prelude::*;
use spec_schema::Spec;
use spec_schema::decode::Decode;
use spec_schema::diagnostic::Faults;
use spec_schema::encode::Encode;
use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{Span, Spanned};

use crate::compile::{Client, compile};
use crate::folder::{assert_snapshot, folder, for_each};

/// Reads a spec; the error is the message that the user gets.
pub(crate) fn read(text: &str, client: &Client) -> Result<Spec, String> {
    match client.finish(client.read("build.yaml", text.as_bytes())) {
        (_, Some(spec), faults) if faults.is_empty() => Ok(spec),
        (files, _, faults) => Err(message(&files, &faults.into_sorted())),
    }
}

/// A value with all that it holds, but for places.
pub(crate) fn without_places(value: &impl std::fmt::Debug) -> String {
    let debug = format!("{value:?}");
    let mut pieces = debug.split("Span { file: FileId(");
    let first = pieces.next().unwrap_or_default().to_owned();
    let rest = pieces.map(|piece| piece.split_once('}').map_or("", |(_, behind)| behind));
    rest.fold(first, |text, piece| text + "Span" + piece)
}

/// Every spec of the repository, with the files beside it.
fn specs() -> Vec<(PathBuf, String, Client)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = Vec::new();
    let mut folders =
        vec![folder("cases"), folder("invalid"), root.join("tests/equivalence"), root.join("examples")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let is_spec = |path: &Path| path.extension().is_some_and(|it| it == "yaml");
            // Contexts have links that lead up.
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if is_spec(&path) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            let includes = text.lines().any(|line| line.starts_with("include:"));
            let client = Client::default();
            let client = if includes { client.beside(path.parent().unwrap()) } else { client };
            (path, text, client)
        })
        .collect()
}

#[test]
fn each_spec_is_written_as_it_was_read() {
    let mut read_well = 0;
    for (path, text, client) in specs() {
        let Ok(spec) = read(&text, &client) else { continue };
        read_well += 1;
        let yaml = document(&spec.encode());
        let again =
            read(&yaml, &Client::default()).unwrap_or_else(|why| panic!("{}: {why}\n{yaml}", path.display()));
        assert!(without_places(&again) == without_places(&spec), "{}:\n{yaml}", path.display());
    }
    assert!(read_well > 200, "only {read_well} specs were read");
}

#[test]
fn what_is_expanded_is_not_expanded_further() {
    for (path, text, client) in specs() {
        let Ok(spec) = read(&text, &client) else { continue };
        let client = Client { beside: client.beside, ..Client::of(text.as_bytes()) };
        let core = client.expand(spec);
        let yaml = core.clone().into_yaml(&text, &[]);
        let again = read(&yaml, &Client::default()).unwrap_or_else(|why| panic!("{why}\n{yaml}"));
        let again = client.expand(again);
        assert!(without_places(&again) == without_places(&core), "{}:\n{yaml}", path.display());
        assert_eq!(again.into_yaml(&text, &[]), yaml, "{}", path.display());
    }
}

#[test]
fn each_spec_builds_the_same_in_core_form() {
    let mut built_well = 0;
    for (path, text, client) in specs() {
        let Ok(spec) = read(&text, &client) else { continue };
        let client = Client { beside: client.beside, ..Client::of(text.as_bytes()) };
        let core = client.expand(spec).into_yaml(&text, &[]);
        let built = |spec: &str| {
            let compiled = compile(spec.as_bytes(), &client)?.into_iter();
            Ok::<_, String>(
                compiled.map(|one| (one.definition.as_pb().def.clone(), one.image)).collect::<Vec<_>>(),
            )
        };
        let Ok(expected) = built(&text) else { continue };
        built_well += 1;
        assert!(built(&core) == Ok(expected), "{}:\n{core}", path.display());
    }
    assert!(built_well > 200, "only {built_well} specs were built");
}

#[test]
fn each_case_with_something_short_expands_to_its_snapshot() {
    for_each(&folder("cases"), Path::is_dir, |case| {
        let text = std::fs::read_to_string(case.join("spec.yaml")).unwrap();
        let client = Client::of(text.as_bytes()).beside(case);
        let spec = read(&text, &client).unwrap();
        let written = document(&spec.encode());
        let core = client.expand(spec).into_yaml("", &[]);
        if written != core {
            assert_snapshot(case, "core", &core);
        }
    });
}

fn tree(value: Value) -> Node {
    Node { span: Span::default(), value }
}

fn text(text: &str) -> Node {
    tree(Value::Scalar(Scalar { text: text.to_owned(), plain: false, lines_at: Vec::new() }))
}

fn mapping(entries: Vec<(&str, Node)>) -> Node {
    let key = |name: &str| Spanned::new(name.to_owned(), Span::default());
    tree(Value::Mapping(entries.into_iter().map(|(name, node)| (key(name), node)).collect()))
}

fn list(items: &[String]) -> Node {
    tree(Value::Sequence(items.iter().map(|item| text(item)).collect()))
}

/// Texts that YAML could take for something else.
fn texts() -> impl Strategy<Value = String> {
    let pieces = [
        "a", "b c", " ", "  ", "\n", "\n\n", "\t", ":", ": ", "#", " #", "-", "- ", "---", "...", "?", "[",
        "]", "{", "}", ",", "'", "\"", "\\", "|", ">", "&", "*", "!", "%", "@", "`", "~", "null", "true",
        "1.20", "0x1", "\r", "\0", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}", "é", "𝄞", "$", "<<",
        "=",
    ];
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..8).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_written_so_that_it_is_read_again(
        script in texts(), words in prop::collection::vec(texts(), 1..4), name in texts(), value in texts(),
    ) {
        let dollars = |text: &str| text.replace('$', "$$");
        let words: Vec<String> = words.iter().map(|word| dollars(word)).collect();
        // A program of `run` is a word or a path.
        let command: Vec<String> = std::iter::once("/bin/a b".to_owned()).chain(words.iter().cloned()).collect();
        let steps = vec![mapping(vec![("run", text(&script))]), mapping(vec![("run", list(&command))])];
        let labels = mapping(vec![(if name.is_empty() { "name" } else { &name }, text(&dollars(&value)))]);
        let app = mapping(vec![
            ("from", text("scratch")),
            ("description", text(&value)),
            ("steps", tree(Value::Sequence(steps))),
            ("cmd", list(&words)),
            ("labels", labels),
        ]);
        let root = mapping(vec![("stages", mapping(vec![("app", app)]))]);
        let mut faults = Faults::new();
        let spec = Spec::decode(&root, &mut faults);
        prop_assume!(faults.is_empty() && name != "<<");
        let spec = spec.unwrap();
        let yaml = document(&spec.encode());
        let again = read(&yaml, &Client::default()).unwrap_or_else(|why| panic!("{why}\n{yaml}"));
        prop_assert_eq!(without_places(&again), without_places(&spec), "{}", yaml);
    }
}
