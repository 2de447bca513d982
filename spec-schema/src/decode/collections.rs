//! Lists and mappings of names.

use indexmap::IndexMap;

use super::{Decode, is_extension, mapping, wrong_kind, wrong_kind_help};
use crate::diagnostic::Faults;
use crate::node::{Node, Value};
use crate::span::Span;

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
            _ => {
                wrong_kind_help(
                    node,
                    "a list",
                    "a list has lines that start with `- `, or is written `[one, two]`",
                    faults,
                );
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

impl<T: Decode> Decode for Map<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let mut map = Self::default();
        for (key, node) in mapping(node, "a mapping", faults)? {
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
