//! From the YAML tree to the types of the language.
//!
//! Decoding goes on after a fault: it reports everything that is wrong with a file in one run, which is why
//! it is not built on serde, whose deserializers stop at the first error.

mod collections;
mod in_full;
mod record;
mod scalars;
pub mod text;
mod words;

pub use collections::{Entry, List, Map, OneOrMany};
pub use in_full::copy_option;
pub(crate) use in_full::{dockerfile_script, mount_in_full, step_in_full};
pub(crate) use record::{absent, entries, keyword, keywords, record, unknown_key};
pub use scalars::{Duration, Id, Mode, Permissions, Size, scaled};
pub(crate) use words::no_action;

use crate::diagnostic::{Diagnostic, Faults};
use crate::node::{Node, Scalar, Value};
use crate::span::Spanned;

/// A type of the language that can be read from YAML.
pub trait Decode: Sized {
    /// Reads the value; `None` once at least one fault has been recorded for it.
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self>;

    /// The value where the key is absent; `None` for a key that must be there.
    fn absent() -> Option<Self> {
        None
    }

    /// The keys of a mapping that has a fixed set of them.
    fn keys() -> &'static [&'static str] {
        &[]
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        // A fault was recorded; going on without the value finds the other ones.
        Some(T::decode(node, faults))
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        T::decode(node, faults).map(Self::new)
    }
}

/// Records "expected X, found Y" for a node of the wrong kind.
pub(crate) fn wrong_kind(node: &Node, expected: &str, faults: &mut Faults) {
    faults.push(wrong(node, expected));
}

/// [`wrong_kind`] with what to do.
pub(crate) fn wrong_kind_help(node: &Node, expected: &str, help: impl Into<String>, faults: &mut Faults) {
    faults.push(wrong(node, expected).help(help));
}

fn wrong(node: &Node, expected: &str) -> Diagnostic {
    let message = if node.is_missing() {
        format!("expected {expected}, but there is no value")
    } else {
        format!("expected {expected}, found {}", node.kind())
    };
    Diagnostic::new(node.span, message)
}

/// The scalar of a node that must be one.
pub(crate) fn scalar<'n>(node: &'n Node, expected: &str, faults: &mut Faults) -> Option<&'n Scalar> {
    match &node.value {
        Value::Scalar(scalar) if !node.is_missing() => Some(scalar),
        _ => {
            faults.push(wrong(node, expected).help_opt(alone(node)));
            None
        }
    }
}

/// What to do about one text that stands in a list or a mapping where it should stand alone.
fn alone(node: &Node) -> Option<String> {
    if let Value::Mapping(entries) = &node.value
        && entries.iter().any(|(key, _)| ["src", "dest", "destination", "to"].contains(&key.as_str()))
    {
        return Some("write what is copied alone, and `from: …` and `to: …` beside it".to_owned());
    }
    let inner = match &node.value {
        Value::Sequence(items) => match items.as_slice() {
            [one] => one,
            _ => return None,
        },
        Value::Mapping(entries) => match entries.as_slice() {
            [(_, one)] if !matches!(&one.value, Value::Scalar(one) if one.text.parse::<bool>().is_ok()) => {
                one
            }
            _ => return None,
        },
        Value::Scalar(_) => return None,
    };
    match &inner.value {
        Value::Scalar(scalar) if !inner.is_missing() && !scalar.text.contains('\n') => {
            Some(format!("write `{}` alone", scalar.text))
        }
        _ => None,
    }
}

/// The entries of a node that must be a mapping.
pub(crate) fn mapping<'n>(
    node: &'n Node,
    expected: &str,
    faults: &mut Faults,
) -> Option<&'n [(Spanned<String>, Node)]> {
    match &node.value {
        Value::Mapping(entries) => Some(entries),
        _ if node.is_missing() => {
            wrong_kind(node, expected, faults);
            None
        }
        _ => {
            let help = "a mapping has `key: value` lines, or is written `{key: value}`";
            wrong_kind_help(node, expected, help, faults);
            None
        }
    }
}

/// True for keys that the language leaves to users: `x-…`.
pub(crate) fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// Parses a scalar by `parse`, whose error is the message's second half.
pub(crate) fn parse_scalar<T>(
    node: &Node,
    expected: &str,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Option<T> {
    parse_scalar_help(node, expected, faults, parse, |_| None)
}

/// [`parse_scalar`] with what to do about a text that is not it.
pub(crate) fn parse_scalar_help<T>(
    node: &Node,
    expected: &str,
    faults: &mut Faults,
    parse: impl FnOnce(&str) -> Option<T>,
    help: impl FnOnce(&str) -> Option<String>,
) -> Option<T> {
    let scalar = scalar(node, expected, faults)?;
    let value = parse(&scalar.text);
    if value.is_none() {
        let fault = Diagnostic::new(node.span, format!("`{}` is not {expected}", scalar.text));
        faults.push(fault.help_opt(help(&scalar.text)));
    }
    value
}
