//! The tree of a spec in the making, with the places of the Dockerfile.

use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{Span, Spanned};

/// A text.
pub(super) fn text(text: impl Into<String>, span: Span) -> Node {
    scalar(text.into(), false, span)
}

/// A number, a truth value, or nothing at all.
pub(super) fn word(text: impl Into<String>, span: Span) -> Node {
    scalar(text.into(), true, span)
}

fn scalar(text: String, plain: bool, span: Span) -> Node {
    Node { span, value: Value::Scalar(Scalar { text, plain, lines_at: Vec::new() }) }
}

/// A list.
pub(super) fn list(items: Vec<Node>, span: Span) -> Node {
    Node { span, value: Value::Sequence(items) }
}

/// A list of literal texts.
pub(super) fn literals<'t>(texts: impl IntoIterator<Item = &'t Spanned<String>>, span: Span) -> Node {
    list(texts.into_iter().map(|item| text(item.replace('$', "$$"), item.span)).collect(), span)
}

/// One value, or a list of several; `None` for none.
pub(super) fn one_or_many(mut items: Vec<Node>, span: Span) -> Option<Node> {
    match items.len() {
        0 => None,
        1 => items.pop(),
        _ => Some(list(items, span)),
    }
}

/// A mapping in the making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries(pub(super) Vec<(Spanned<String>, Node)>);

impl Entries {
    pub(super) fn add(&mut self, key: &str, node: Node) {
        self.0.push((Spanned::new(key.to_owned(), node.span), node));
    }

    pub(super) fn add_some(&mut self, key: &str, node: Option<Node>) {
        if let Some(node) = node {
            self.add(key, node);
        }
    }

    /// Sets a key; whether it was there.
    pub(super) fn set(&mut self, key: &str, key_span: Span, node: Node) -> bool {
        let known = self.0.iter().position(|(known, _)| known.value == key);
        match known.and_then(|at| self.0.get_mut(at)) {
            Some((_, value)) => *value = node,
            None => self.0.push((Spanned::new(key.to_owned(), key_span), node)),
        }
        known.is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn mapping(self, span: Span) -> Node {
        Node { span, value: Value::Mapping(self.0) }
    }
}
