//! A lock file as text that people compare, and that tools which look for updates can read: a line for each name.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use spec_schema::lock::VERSION;

use super::{Name, SUFFIX, command};
use crate::expand::in_line;

/// What is found behind names.
pub(crate) type Found = BTreeMap<Name, String>;

/// The sections in the order of the file, each with the kind of its names.
const SECTIONS: [(&str, &str); 3] = [("images", "image"), ("git", "git"), ("http", "http")];

/// The file, in YAML. `spec` is the name of the spec.
pub(crate) fn text(spec: &str, found: &Found) -> String {
    let mut text = format!(
        "# What the names in {spec} stand for. Builds use it while it is there as {spec}{SUFFIX}; to write it again:\n\
         # {}\nversion: {VERSION}\n",
        command(spec)
    );
    for (section, kind) in SECTIONS {
        let mut entries = entries(found, kind).peekable();
        if entries.peek().is_some() {
            text += &format!("{section}:\n");
        }
        for (key, value) in entries {
            text += &format!("  {}: {value}\n", in_line(&key, false));
        }
    }
    text
}

/// The same as JSON, which is read as well.
pub(crate) fn json(found: &Found) -> Value {
    let mut file = Map::from_iter([("version".to_owned(), json!(1))]);
    for (section, kind) in SECTIONS {
        let entries: Map<String, Value> =
            entries(found, kind).map(|(key, value)| (key, json!(value))).collect();
        if !entries.is_empty() {
            file.insert(section.to_owned(), Value::Object(entries));
        }
    }
    Value::Object(file)
}

fn entries<'f>(found: &'f Found, kind: &'static str) -> impl Iterator<Item = (String, &'f String)> {
    let of_kind = found.iter().filter(move |(name, _)| name.kind() == kind);
    of_kind.map(|(name, value)| (name.key(), value))
}
