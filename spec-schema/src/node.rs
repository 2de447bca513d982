//! The tree that a YAML parser hands to [`Decode`](crate::decode::Decode): aliases and merge keys
//! are resolved, duplicate keys are gone, every node knows its place.

use crate::span::{Span, Spanned};

/// One YAML value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// From the first to the last byte of the value, quotes and brackets included.
    pub span: Span,
    /// What stands there.
    pub value: Value,
}

/// What a [`Node`] holds. Scalars keep their text as written: `1.20` stays `1.20`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// One word, number or text.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order written; no key twice.
    Mapping(Vec<(Spanned<String>, Node)>),
}

/// The text of a scalar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text, escapes and folding resolved.
    pub text: String,
    /// True for a scalar without quotes or block indicator: only such a one can be a missing value.
    pub plain: bool,
    /// Offset in the file at which each line of `text` stands byte for byte; empty where escapes or folding
    /// come between. A text of one line that stands as it is has one entry.
    pub lines_at: Vec<u32>,
}

impl Node {
    /// What this node is, for messages: "a list", "an empty list", "a mapping", "a text", "nothing".
    pub fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar(scalar) if scalar.plain && scalar.text.is_empty() => "nothing",
            Value::Scalar(_) => "a text",
            Value::Sequence(items) if items.is_empty() => "an empty list",
            Value::Sequence(_) => "a list",
            Value::Mapping(_) => "a mapping",
        }
    }

    /// True where a key stands without a value.
    pub fn is_missing(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.plain && scalar.text.is_empty())
    }
}
