//! What a mapping of a spec would say, for what is not written in one.

use spec_schema::decode::Decode;
use spec_schema::diagnostic::Faults;
use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{Span, Spanned};

/// A mapping under construction.
pub(crate) struct Mapping {
    entries: Vec<(Spanned<String>, Node)>,
    span: Span,
}

impl Mapping {
    pub(crate) fn new(span: Span) -> Self {
        Self { entries: Vec::new(), span }
    }

    /// Adds a key with a text that is meant as it is; nothing where there is none.
    pub(crate) fn literal(&mut self, key: &str, text: Option<&str>) {
        // A dollar would begin a variable.
        self.word(key, text.map(|text| text.replace('$', "$$")).as_deref());
    }

    /// Adds a key with a word of the language, or with a text in which a dollar means nothing.
    pub(crate) fn word(&mut self, key: &str, text: Option<&str>) {
        if let Some(text) = text {
            let node = scalar(text.to_owned(), self.span);
            self.add(key, node);
        }
    }

    /// Adds a key with texts that are meant as they are; nothing where there are none.
    pub(crate) fn literals(&mut self, key: &str, texts: &[String]) {
        let nodes = texts.iter().map(|text| scalar(text.replace('$', "$$"), self.span)).collect();
        self.list(key, nodes);
    }

    /// Adds a key with a list; nothing where that is empty.
    pub(crate) fn list(&mut self, key: &str, nodes: Vec<Node>) {
        if !nodes.is_empty() {
            let node = Node { span: self.span, value: Value::Sequence(nodes) };
            self.add(key, node);
        }
    }

    pub(crate) fn add(&mut self, key: &str, node: Node) {
        self.entries.push((Spanned::new(key.to_owned(), self.span), node));
    }

    pub(crate) fn node(self) -> Node {
        Node { span: self.span, value: Value::Mapping(self.entries) }
    }

    /// What the mapping says.
    pub(crate) fn read<T: Decode>(self, faults: &mut Faults) -> Result<T, String> {
        let mut own = Faults::new();
        let found = T::decode(&self.node(), &mut own);
        let why = || {
            own.clone().into_sorted().into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; ")
        };
        let found = found.ok_or_else(why);
        if found.is_ok() {
            faults.append(own);
        }
        found
    }
}

fn scalar(text: String, span: Span) -> Node {
    Node { span, value: Value::Scalar(Scalar { text, plain: false, lines_at: Vec::new() }) }
}
