//! What names stand for, instruction by instruction.

use std::collections::{BTreeMap, BTreeSet};

use super::args::Args;
use super::pattern;
use super::pieces::{Form, Piece, literal};
use super::render::{Meaning, Scope};
use crate::select::is_platform_arg;

/// An arg where it has been declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Declared {
    /// The spec's arg of that name always has a value.
    Given,
    /// It has one only if the client gives one.
    Open,
    /// The client's value, or else this text.
    Own(String),
    /// This text, whatever the client says.
    Fixed(String),
}

/// The variables of a stage up to an instruction.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Set by `ENV`.
    pub(super) env: BTreeSet<String>,
    /// Declared by `ARG`.
    pub(super) args: BTreeMap<String, Declared>,
    /// Values that the Dockerfile alone says, of both.
    pub(super) values: BTreeMap<String, String>,
    /// Whether an image below may have set others.
    pub(super) has_image: bool,
    /// Whether this is above the first stage.
    pub(super) global: bool,
}

/// Names together with what the whole file declares.
pub(super) struct View<'n> {
    pub(super) names: &'n Names,
    pub(super) args: &'n Args,
    /// Names that stand for another text while one instruction is read.
    pub(super) replaced: BTreeMap<String, String>,
}

impl Scope for View<'_> {
    fn meaning(&self, name: &str) -> Meaning {
        if let Some(text) = self.replaced.get(name) {
            return Meaning::Text(text.clone());
        }
        if !name.is_ascii() {
            // No name of a spec.
            let value = self.value(name).map(|value| value.replace('$', "$$"));
            return value.map_or(Meaning::Nothing, Meaning::Text);
        }
        if self.names.env.contains(name) {
            return Meaning::Set;
        }
        match self.names.args.get(name) {
            Some(Declared::Given) => Meaning::Set,
            Some(Declared::Open) => Meaning::Maybe,
            Some(Declared::Own(default)) => Meaning::Default(default.clone()),
            Some(Declared::Fixed(text)) => Meaning::Text(text.clone()),
            None if self.names.global && is_platform_arg(name) => Meaning::Set,
            None if self.args.knows(name) || self.names.global => Meaning::Nothing,
            None if name == "PATH" => Meaning::Set,
            None if self.names.has_image => Meaning::Maybe,
            None => Meaning::Nothing,
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        self.names.values.get(name).cloned()
    }
}

impl Names {
    /// Takes note of a value, as far as it is known.
    pub(super) fn set_value(&mut self, name: &str, pieces: Option<&[Piece]>) {
        match pieces.and_then(|pieces| self.evaluate(pieces)) {
            Some(value) => self.values.insert(name.to_owned(), value),
            None => self.values.remove(name),
        };
    }

    /// Whether nothing of the Dockerfile says what a name stands for.
    fn may_be_unset(&self, name: &str) -> bool {
        !self.env.contains(name) && self.args.get(name).is_none_or(|declared| *declared == Declared::Open)
    }

    /// What pieces come to; `None` where that is not known.
    pub(super) fn evaluate(&self, pieces: &[Piece]) -> Option<String> {
        if let Some(text) = literal(pieces) {
            return Some(text);
        }
        let one = |piece: &Piece| match piece {
            Piece::Text(text) => Some(text.clone()),
            Piece::Variable(variable) => {
                let value = self.values.get(&variable.name);
                match &variable.form {
                    Form::Plain => value.cloned(),
                    Form::Pattern { sign, text } => pattern::apply(value?, *sign, text),
                    Form::Word { sign, word, .. } => match (sign, value.filter(|value| !value.is_empty())) {
                        ('+', Some(_)) => self.evaluate(word),
                        ('-', None) if self.may_be_unset(&variable.name) => self.evaluate(word),
                        (_, value) => value.cloned(),
                    },
                }
            }
        };
        pieces.iter().map(one).collect()
    }
}
