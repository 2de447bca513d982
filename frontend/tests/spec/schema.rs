//! The JSON Schema takes every spec that the frontend takes, as an editor asks it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use granit_parser::{Event, Parser, ScalarStyle};
use regex_lite::Regex;
use serde_json::{Map, Value, json};

use crate::folder::folder;

/// A YAML text as the JSON that editors compare with a schema; none where it is not YAML.
fn json_of(text: &str) -> Option<Value> {
    let mut open: Vec<(Value, usize, Option<String>)> = Vec::new();
    let mut anchors: BTreeMap<usize, Value> = BTreeMap::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (done, anchor) = match event.ok()?.0 {
            Event::Scalar(text, style, anchor, _) => (scalar(&text, style), anchor),
            Event::SequenceStart(_, anchor, _) => {
                open.push((json!([]), anchor, None));
                continue;
            }
            Event::MappingStart(_, anchor, _) => {
                open.push((json!({}), anchor, None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (value, anchor, _) = open.pop()?;
                (value, anchor)
            }
            Event::Alias(anchor) => (anchors.get(&anchor)?.clone(), 0),
            _ => continue,
        };
        if anchor > 0 {
            anchors.insert(anchor, done.clone());
        }
        match open.last_mut() {
            None => root = Some(done),
            Some((Value::Array(items), ..)) => items.push(done),
            Some((Value::Object(entries), _, key)) => match key.take() {
                None => *key = Some(done.as_str().map_or_else(|| done.to_string(), str::to_owned)),
                Some(merge) if merge == "<<" => {
                    for (name, value) in done.as_object().into_iter().flatten() {
                        entries.entry(name.clone()).or_insert(value.clone());
                    }
                }
                Some(name) => {
                    entries.insert(name, done);
                }
            },
            Some(_) => return None,
        }
    }
    root
}

/// What YAML takes a scalar for.
fn scalar(text: &str, style: ScalarStyle) -> Value {
    match text {
        _ if style != ScalarStyle::Plain => json!(text),
        "" => Value::Null,
        "true" | "false" => json!(text == "true"),
        _ => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
    }
}

/// Why a value is none that the schema takes, with the keys that lead there.
fn refused(value: &Value, schema: &Value, root: &Value, path: &str) -> Result<(), String> {
    let why = |why: &str| Err(format!("{path}: {why}"));
    let Value::Object(rules) = schema else {
        return if schema == &json!(false) { why("nothing may stand here") } else { Ok(()) };
    };
    let takes = |schema: &Value| refused(value, schema, root, path).is_ok();
    for (rule, wanted) in rules {
        match rule.as_str() {
            "$ref" => refused(value, at(root, wanted.as_str().unwrap()), root, path)?,
            "anyOf" if !wanted.as_array().unwrap().iter().any(takes) => return why("no form fits"),
            "not" if takes(wanted) => return why("what must not fit does"),
            "if" if takes(wanted) => refused(value, &rules["then"], root, path)?,
            "enum" if !wanted.as_array().unwrap().contains(value) => return why("is none of the words"),
            "const" if value != wanted => return why("is another value"),
            "type" if !is_of(value, wanted) => return why("is of another type"),
            "pattern" => {
                let pattern = Regex::new(wanted.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                    return why("does not match");
                }
            }
            "required" => {
                let has = |key: &Value| value.get(key.as_str().unwrap()).is_some();
                if value.is_object() && !wanted.as_array().unwrap().iter().all(has) {
                    return why(&format!("needs {wanted}"));
                }
            }
            "items" => {
                for (at, item) in value.as_array().into_iter().flatten().enumerate() {
                    refused(item, wanted, root, &format!("{path}[{at}]"))?;
                }
            }
            "minItems" if value.as_array().is_some_and(Vec::is_empty) => return why("is empty"),
            _ => {}
        }
    }
    entries(value, rules, root, path)
}

/// The same for what stands in a mapping.
fn entries(value: &Value, rules: &Map<String, Value>, root: &Value, path: &str) -> Result<(), String> {
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        let named = rules.get("properties").and_then(|properties| properties.get(key));
        let free = rules.contains_key("patternProperties") && key.starts_with("x-");
        if let Some(schema) = named.or_else(|| rules.get("additionalProperties").filter(|_| !free)) {
            refused(inner, schema, root, &path)?;
        }
    }
    Ok(())
}

/// What a reference such as `#/$defs/Stage` is for.
fn at<'s>(root: &'s Value, reference: &str) -> &'s Value {
    root.pointer(reference.trim_start_matches('#')).unwrap()
}

fn is_of(value: &Value, types: &Value) -> bool {
    let is = |kind: &str| match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" | "number" => value.is_number(),
        other => panic!("no spec is a {other}"),
    };
    types
        .as_array()
        .map_or_else(|| vec![types], |types| types.iter().collect())
        .into_iter()
        .any(|kind| is(kind.as_str().unwrap()))
}

fn schema() -> Value {
    serde_json::from_str(spec_schema::SCHEMA).unwrap()
}

/// Every file below a folder.
fn files(folder: PathBuf) -> Vec<PathBuf> {
    let mut open = vec![folder];
    let mut found = Vec::new();
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let is_folder = path.is_dir() && !path.is_symlink();
            if is_folder { &mut open } else { &mut found }.push(path);
        }
    }
    found.sort();
    found
}

/// Specs by where they stand: those that are files, and those that pages show.
fn specs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = ["spec.yaml", "build.yaml", "preset.yaml", "release.yaml"];
    let mut found = Vec::new();
    for path in
        [folder("cases"), root.join("tests/equivalence"), root.join("examples")].into_iter().flat_map(files)
    {
        if names.contains(&path.file_name().unwrap().to_str().unwrap()) {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
    for page in files(root.join("docs")).into_iter().chain([root.join("README.md")]) {
        let Ok(text) = std::fs::read_to_string(&page) else { continue };
        for block in text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            if block.starts_with("# syntax=") {
                found.push((page.display().to_string(), block.to_owned()));
            }
        }
    }
    found
}

#[test]
fn every_spec_is_taken() {
    let schema = schema();
    let specs = specs();
    assert!(specs.len() > 300, "{}", specs.len());
    let mut refusals = Vec::new();
    for (place, text) in specs {
        if let Some(Err(why)) = json_of(&text).map(|spec| refused(&spec, &schema, &schema, "")) {
            refusals.push(format!("{place}{why}"));
        }
    }
    assert!(refusals.is_empty(), "{refusals:#?}");
}

#[test]
fn what_is_wrong_is_refused() {
    let schema = schema();
    let why = |text: &str| refused(&json_of(text).unwrap(), &schema, &schema, "").unwrap_err();
    assert_eq!(why("stages: {app: {form: x, from: y}}"), ".stages.app.form: nothing may stand here");
    assert_eq!(why("stages: {app: {user: x}}"), ".stages.app: needs [\"from\"]");
    assert_eq!(why("args: {A: b}"), ": no form fits");
    assert_eq!(why("preset: go\nstages: {app: {squash: maybe}}"), ".stages.app.squash: is of another type");
    assert_eq!(
        why("stages: {app: {from: x, steps: [{run: a, copy: b}]}}"),
        ".stages.app.steps[0]: no form fits"
    );
}

/// An editor shows what a key means.
#[test]
fn every_key_has_a_description() {
    let schema = schema();
    let definitions = schema["$defs"].as_object().unwrap();
    let mut without = Vec::new();
    for (name, definition) in
        definitions.iter().map(|(name, it)| (name.as_str(), it)).chain([("spec", &schema)])
    {
        for (key, property) in definition["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                without.push(format!("{name}.{key}"));
            }
        }
    }
    assert!(without.is_empty(), "{without:#?}");
}
