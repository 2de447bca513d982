//! Lists and mappings of names.

use indexmap::IndexMap;

use super::{Decode, is_extension, mapping, wrong_kind, wrong_kind_help};
use crate::diagnostic::{Diagnostic, Faults};
use crate::node::{Node, Value};
use crate::span::{Span, Spanned};

/// A list; absent is the same as empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for List<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

impl<T: Decode> Decode for List<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Sequence(items) => {
                Some(Self(items.iter().filter_map(|item| T::decode(item, faults)).collect()))
            }
            Value::Scalar(scalar) if !node.is_missing() && !scalar.text.contains(char::is_whitespace) => {
                wrong_kind_help(node, "a list", format!("write `[{}]`", scalar.text), faults);
                None
            }
            Value::Mapping(entries) if !entries.is_empty() => {
                let help = format!("each entry of a list starts with `- `: `- {}: …`", entries[0].0.value);
                wrong_kind_help(node, "a list", help, faults);
                None
            }
            _ => {
                let help = "a list has lines that start with `- `, or is written `[one, two]`";
                wrong_kind_help(node, "a list", help, faults);
                None
            }
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}

/// One value, or a list of at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OneOrMany<T> {
    /// The values in the order written.
    pub values: Vec<T>,
    /// Where they stand.
    pub span: Span,
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let values = match &node.value {
            Value::Sequence(items) if items.is_empty() => {
                wrong_kind(node, "at least one value", faults);
                return None;
            }
            Value::Sequence(items) => {
                let values: Vec<T> = items.iter().filter_map(|item| T::decode(item, faults)).collect();
                (values.len() == items.len()).then_some(values)?
            }
            _ => vec![T::decode(node, faults)?],
        };
        Some(Self { values, span: node.span })
    }
}

/// Named values in the order written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map<T> {
    entries: IndexMap<String, Entry<T>>,
    faulty: Vec<String>,
}

/// One named value of a [`Map`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry<T> {
    /// Where the name stands.
    pub key_span: Span,
    /// What it names.
    pub value: T,
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self { entries: IndexMap::new(), faulty: Vec::new() }
    }
}

impl<T> Map<T> {
    /// The value of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.entries.get(name).map(|entry| &entry.value)
    }

    /// The value of that name, and its position in the order written.
    pub fn get_full(&self, name: &str) -> Option<(usize, &Entry<T>)> {
        self.entries.get_full(name).map(|(index, _, entry)| (index, entry))
    }

    /// Name and value at a position.
    pub fn get_index(&self, index: usize) -> Option<(&str, &Entry<T>)> {
        self.entries.get_index(index).map(|(name, entry)| (name.as_str(), entry))
    }

    /// True where the name was written, even if its value could not be read.
    pub fn declares(&self, name: &str) -> bool {
        self.entries.contains_key(name) || self.faulty.iter().any(|faulty| faulty == name)
    }

    /// The names in the order written, those with a faulty value at the end.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().chain(&self.faulty).map(String::as_str)
    }

    /// Name and value in the order written.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry<T>)> {
        self.entries.iter().map(|(name, entry)| (name.as_str(), entry))
    }

    /// Adds or replaces.
    pub fn insert(&mut self, name: String, entry: Entry<T>) {
        self.entries.insert(name, entry);
    }

    /// How many values could be read.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True where there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The same names with other values.
    pub fn map<U>(self, mut change: impl FnMut(&str, T) -> U) -> Map<U> {
        let entries = self
            .entries
            .into_iter()
            .map(|(name, entry)| {
                let value = change(&name, entry.value);
                (name, Entry { key_span: entry.key_span, value })
            })
            .collect();
        Map { entries, faulty: self.faulty }
    }
}

/// How a list is written as a mapping: `NAME=value`, names alone, mappings that say their name, mappings of one key.
fn by_name<T: Decode>(items: &[Node]) -> Option<String> {
    match &items.first()?.value {
        Value::Scalar(_) => {
            let pairs: Option<Vec<String>> = items.iter().take(3).map(pair::<T>).collect();
            let more = if items.len() > 3 { ", …" } else { "" };
            Some(format!("write `{{{}{more}}}`", pairs?.join(", ")))
        }
        Value::Mapping(entries) => {
            let said = entries.iter().find(|(key, _)| ["name", "id"].contains(&key.as_str()));
            match (said.map(|(_, name)| &name.value), entries.as_slice()) {
                (Some(Value::Scalar(name)), [_, _, ..]) => {
                    Some(format!("the name is the key: `{}:`, and the rest is indented below it", name.text))
                }
                (None, [(key, _)]) => Some(format!("take out the dashes: `{}: …`", key.value)),
                _ => None,
            }
        }
        Value::Sequence(_) => None,
    }
}

/// A text of a list as a key with its value.
fn pair<T: Decode>(item: &Node) -> Option<String> {
    let Value::Scalar(scalar) = &item.value else { return None };
    match scalar.text.split_once('=') {
        Some((name, value)) if !value.is_empty() => Some(format!("{name}: {value}")),
        Some((name, _)) => Some(format!("{name}: \"\"")),
        // Only a mapping of its own may have nothing in it.
        None if scalar.text.contains(char::is_whitespace) || T::keys().is_empty() => None,
        None => Some(format!("{}: {{}}", scalar.text)),
    }
}

/// A name without a value, and the key behind it that is one of what it should name.
fn unindented<T: Decode>(
    entries: &[(Spanned<String>, Node)],
) -> Option<(&Spanned<String>, &Spanned<String>)> {
    entries.iter().zip(entries.iter().skip(1)).find_map(|((name, value), (key, inner))| {
        let is_key = T::keys().contains(&key.as_str()) && !matches!(inner.value, Value::Mapping(_));
        (value.is_missing() && is_key).then_some((name, key))
    })
}

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let mut map = Self::default();
        let help = match &node.value {
            Value::Sequence(items) => by_name::<T>(items),
            Value::Scalar(scalar) if scalar.text.contains('=') => by_name::<T>(std::slice::from_ref(node)),
            _ => None,
        };
        if let Some(help) = help {
            wrong_kind_help(node, "a mapping", help, faults);
            return None;
        }
        let entries = mapping(node, "a mapping", faults)?;
        if let Some((name, key)) = unindented::<T>(entries) {
            let message = format!("`{}` stands beside `{}`, and belongs into it", key.value, name.value);
            let help = format!("indent it further than `{}`, and all that is to be in there", name.value);
            faults.push(Diagnostic::new(key.span, message).help(help));
            map.faulty.extend(entries.iter().map(|(key, _)| key.value.clone()));
            return Some(map);
        }
        for (key, node) in entries {
            // A label may well be called `x-…`; a stage so called holds anchors for other stages.
            if is_extension(key) && matches!(node.value, Value::Mapping(_)) {
                continue;
            }
            match T::decode(node, faults) {
                Some(value) => {
                    map.entries.insert(key.value.clone(), Entry { key_span: key.span, value });
                }
                None => map.faulty.push(key.value.clone()),
            }
        }
        Some(map)
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }
}
