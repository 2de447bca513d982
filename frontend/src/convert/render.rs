//! Words of a Dockerfile in the words of a spec.

use super::pattern;
use super::pieces::{Form, Piece, Variable};

/// What a name stands for at a place of the Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It is defined in the spec, too.
    Set,
    /// It may have no value, which a Dockerfile takes for an empty one.
    Maybe,
    /// The spec's arg of that name, or this text where that has no value.
    Default(String),
    /// This text of a spec.
    Text(String),
    /// Nothing: the spec may know the name, but the Dockerfile does not know it here.
    Nothing,
}

/// What names stand for.
pub(super) trait Scope {
    /// What a name stands for.
    fn meaning(&self, name: &str) -> Meaning;

    /// Its value, as far as the Dockerfile alone says it.
    fn value(&self, name: &str) -> Option<String>;
}

/// A text of a spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rendered {
    /// As it is written in a spec.
    pub(super) text: String,
    /// What a spec cannot say so.
    pub(super) notes: Vec<String>,
}

/// Writes pieces as a spec has them.
pub(super) fn render(pieces: &[Piece], scope: &dyn Scope) -> Rendered {
    let mut rendered = Rendered::default();
    add(pieces, scope, false, &mut rendered);
    rendered
}

fn add(pieces: &[Piece], scope: &dyn Scope, nested: bool, into: &mut Rendered) {
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Text(text) => {
                if nested && text.contains('}') {
                    let note = format!("a `}}` inside of a default cannot be written: `{text}`");
                    into.notes.push(note);
                }
                into.text += &text.replace('$', "$$");
            }
            Piece::Variable(variable) => {
                let glued =
                    matches!(pieces.get(at + 1), Some(Piece::Text(next)) if next.starts_with(is_name));
                add_variable(variable, glued, scope, into);
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c == '_' || c.is_ascii_alphanumeric()
}

fn add_variable(variable: &Variable, glued: bool, scope: &dyn Scope, into: &mut Rendered) {
    let name = variable.name.as_str();
    let meaning = scope.meaning(name);
    match &variable.form {
        Form::Plain => {
            if meaning == Meaning::Nothing {
                into.notes.push(format!(
                    "`{}` is empty here, as `{name}` is not declared in the stage",
                    variable.raw
                ));
            }
            into.text += &plain(name, variable.braces || glued, meaning);
        }
        Form::Pattern { sign, text } => {
            let value = scope.value(name).unwrap_or_default();
            let part = pattern::apply(&value, *sign, text).unwrap_or_default();
            into.notes.push(if value.is_empty() {
                format!("there is no `{}` in a spec: write what it stands for", variable.raw)
            } else {
                format!(
                    "there is no `{}` in a spec: this is what it stands for while `{name}` is `{value}`",
                    variable.raw
                )
            });
            into.text += &part.replace('$', "$$");
        }
        Form::Word { sign, colon, word } => {
            if !colon && matches!(meaning, Meaning::Set | Meaning::Maybe | Meaning::Default(_)) {
                into.notes.push(format!(
                    "`{}` is asked here whether it is empty, not whether it is set",
                    variable.raw
                ));
            }
            let mut inner = Rendered::default();
            add(word, scope, true, &mut inner);
            into.notes.append(&mut inner.notes);
            into.text += &with_word(variable, *sign, &inner.text, meaning, &mut into.notes);
        }
    }
}

fn plain(name: &str, braces: bool, meaning: Meaning) -> String {
    match meaning {
        Meaning::Set if braces => format!("${{{name}}}"),
        Meaning::Set => format!("${name}"),
        Meaning::Maybe => format!("${{{name}:-}}"),
        Meaning::Default(default) => format!("${{{name}:-{default}}}"),
        Meaning::Text(text) => text,
        Meaning::Nothing => String::new(),
    }
}

/// `${NAME:-word}`, `${NAME:+word}`, `${NAME:?word}`.
fn with_word(
    variable: &Variable,
    sign: char,
    word: &str,
    meaning: Meaning,
    notes: &mut Vec<String>,
) -> String {
    let name = variable.name.as_str();
    let written = |sign: char, word: &str| format!("${{{name}:{sign}{word}}}");
    match (sign, meaning) {
        ('-', Meaning::Default(default)) if !default.is_empty() => written('-', &default),
        ('+', Meaning::Default(default)) if is_certain(&default) => word.to_owned(),
        ('?', Meaning::Default(default)) if is_certain(&default) => written('-', &default),
        (sign, Meaning::Set | Meaning::Maybe | Meaning::Default(_)) => written(sign, word),
        ('-', Meaning::Text(text)) => {
            if text.is_empty() {
                word.to_owned()
            } else {
                text
            }
        }
        ('+', Meaning::Text(text)) => {
            if text.is_empty() {
                String::new()
            } else {
                word.to_owned()
            }
        }
        (_, Meaning::Text(text)) => text,
        ('-', Meaning::Nothing) => word.to_owned(),
        ('+', Meaning::Nothing) => String::new(),
        (_, Meaning::Nothing) => {
            notes.push(format!("`{}` fails here, as `{name}` is not declared", variable.raw));
            String::new()
        }
    }
}

/// Whether a text surely is something.
fn is_certain(text: &str) -> bool {
    !text.is_empty() && !text.contains('$')
}
