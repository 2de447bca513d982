//! Words of a Dockerfile, taken apart: text and variables.

/// How quotes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quotes {
    /// They are taken off.
    Removed,
    /// They are characters as any other: in here-documents.
    Kept,
}

/// A piece of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text that stands for itself.
    Text(String),
    /// A variable.
    Variable(Variable),
}

/// A variable, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) braces: bool,
    pub(super) form: Form,
    /// As it is written.
    pub(super) raw: String,
}

/// What a variable is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// Its value.
    Plain,
    /// `-`, `+` or `?` and a word; with a colon, being empty counts as being unset.
    Word { sign: char, colon: bool, word: Vec<Piece> },
    /// `#`, `%` or `/` and what follows: a part of its value.
    Pattern { sign: char, text: String },
}

/// What is wrong with a word, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) message: String,
    pub(super) help: &'static str,
}

impl Unreadable {
    fn quote(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            help: "write the second quote, or the escape character before one that is to stay",
        }
    }

    fn variable(message: impl Into<String>) -> Self {
        let help = "write `${NAME}`, `${NAME:-default}` or `${NAME:+word}`; a `$` that is to stay has the escape character before it";
        Self { message: message.into(), help }
    }
}

/// Takes a text apart; the error says what is wrong with it.
pub(super) fn pieces(text: &str, quotes: Quotes, escape: char) -> Result<Vec<Piece>, Unreadable> {
    let mut reader = Reader { text, at: 0, quotes, escape, depth: 0 };
    reader.until(None)
}

/// How deep `${A:-${B:-…}}` may go.
const MAX_DEPTH: usize = 16;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    quotes: Quotes,
    escape: char,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Reads up to the end, or to a character outside of quotes, which is taken too.
    fn until(&mut self, end: Option<char>) -> Result<Vec<Piece>, Unreadable> {
        let mut found = Vec::new();
        while let Some(c) = self.next() {
            match c {
                c if Some(c) == end => return Ok(found),
                '\'' if self.quotes == Quotes::Removed => self.single_quoted(&mut found)?,
                '"' if self.quotes == Quotes::Removed => self.double_quoted(&mut found)?,
                '$' => self.variable(&mut found)?,
                c if c == self.escape => {
                    if let Some(next) = self.next() {
                        push(&mut found, next);
                    }
                }
                c => push(&mut found, c),
            }
        }
        match end {
            None => Ok(found),
            Some(end) => Err(Unreadable::variable(format!("`{end}` is missing"))),
        }
    }

    fn single_quoted(&mut self, found: &mut Vec<Piece>) -> Result<(), Unreadable> {
        loop {
            match self.next() {
                None => return Err(Unreadable::quote("a single quote is not closed")),
                Some('\'') => return Ok(()),
                Some(c) => push(found, c),
            }
        }
    }

    fn double_quoted(&mut self, found: &mut Vec<Piece>) -> Result<(), Unreadable> {
        while let Some(c) = self.next() {
            match c {
                '"' => return Ok(()),
                '$' => self.variable(found)?,
                c if c == self.escape => match self.peek() {
                    Some(next) if next == '"' || next == '$' || next == self.escape => {
                        self.next();
                        push(found, next);
                    }
                    _ => push(found, c),
                },
                c => push(found, c),
            }
        }
        Err(Unreadable::quote("a double quote is not closed"))
    }

    /// Reads a variable; the dollar has just been read.
    fn variable(&mut self, found: &mut Vec<Piece>) -> Result<(), Unreadable> {
        let start = self.at - 1;
        let braces = self.peek() == Some('{');
        if braces {
            self.next();
        }
        let name = self.name();
        if !braces {
            match name.as_str() {
                "" if self.peek().is_some_and(is_special) => {
                    // Parameters of a shell: there are none.
                    self.next();
                }
                "" => push(found, '$'),
                _ => self.add(found, start, name, braces, Form::Plain),
            }
            return Ok(());
        }
        let is_parameter = name.is_empty();
        if is_parameter && self.next().is_none_or(|c| !is_special(c)) {
            return Err(Unreadable::variable("a variable has no name"));
        }
        let mut sign = self.next();
        let colon = sign == Some(':');
        if colon {
            sign = self.next();
        }
        let form = match sign {
            Some('}') if !colon => Form::Plain,
            Some(sign @ ('-' | '+' | '?')) => Form::Word { sign, colon, word: self.word()? },
            Some(sign @ ('#' | '%' | '/')) if !colon => Form::Pattern { sign, text: self.rest()? },
            _ => {
                let form = format!("`${{{name}` is not followed by a form that is known");
                return Err(Unreadable::variable(form));
            }
        };
        match form {
            // Parameters of a shell: there are none.
            Form::Word { sign: '-', word, .. } if is_parameter => found.extend(word),
            _ if is_parameter => {}
            form => self.add(found, start, name, braces, form),
        }
        Ok(())
    }

    fn add(&self, found: &mut Vec<Piece>, start: usize, name: String, braces: bool, form: Form) {
        let raw = self.text.get(start..self.at).unwrap_or_default().to_owned();
        found.push(Piece::Variable(Variable { name, braces, form, raw }));
    }

    fn word(&mut self) -> Result<Vec<Piece>, Unreadable> {
        if self.depth == MAX_DEPTH {
            return Err(Unreadable::variable(format!("variables are nested more than {MAX_DEPTH} deep")));
        }
        self.depth += 1;
        let word = self.until(Some('}'));
        self.depth -= 1;
        word
    }

    /// A pattern up to the brace that ends it, as it is written.
    fn rest(&mut self) -> Result<String, Unreadable> {
        let mut text = String::new();
        while let Some(c) = self.next() {
            match c {
                '}' => return Ok(text),
                c if c == self.escape => {
                    text.push('\\');
                    text.extend(self.next());
                }
                c => text.push(c),
            }
        }
        Err(Unreadable::variable("`}` is missing"))
    }

    fn name(&mut self) -> String {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_name =
            |(index, c): (usize, char)| c == '_' || c.is_alphabetic() || (index > 0 && c.is_numeric());
        let length = rest.char_indices().find(|at| !is_name(*at)).map_or(rest.len(), |(at, _)| at);
        self.at += length;
        rest.get(..length).unwrap_or_default().to_owned()
    }
}

/// The variables of a word that have no word of their own for being unset; none where it cannot be read.
pub(crate) fn variables(word: &str, escape: char) -> Vec<String> {
    let pieces = pieces(word, Quotes::Removed, escape).unwrap_or_default();
    let bare = pieces.into_iter().filter_map(|piece| match piece {
        Piece::Variable(Variable { name, form: Form::Plain | Form::Pattern { .. }, .. }) => Some(name),
        Piece::Variable(_) | Piece::Text(_) => None,
    });
    bare.collect()
}

fn is_special(c: char) -> bool {
    matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!' | '0'..='9')
}

fn push(pieces: &mut Vec<Piece>, c: char) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push(c),
        _ => pieces.push(Piece::Text(c.to_string())),
    }
}

/// The text of pieces that name no variable.
pub(super) fn literal(pieces: &[Piece]) -> Option<String> {
    pieces
        .iter()
        .map(|piece| if let Piece::Text(text) = piece { Some(text.as_str()) } else { None })
        .collect()
}

/// Every variable, those inside of defaults included.
pub(super) fn names(pieces: &[Piece]) -> Vec<&str> {
    let mut found = Vec::new();
    for piece in pieces {
        if let Piece::Variable(variable) = piece {
            found.push(variable.name.as_str());
            if let Form::Word { word, .. } = &variable.form {
                found.extend(names(word));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_escapes_go() {
        let read = |text: &str| pieces(text, Quotes::Removed, '\\').map(|found| literal(&found).unwrap());
        assert_eq!(read(r#"a"b c"'d $e'\$f\ g"#).unwrap(), "ab cd $e$f g");
        assert_eq!(read(r#""\a\"\\""#).unwrap(), r#"\a"\"#);
        assert_eq!(read("$").unwrap(), "$");
        assert_eq!(read("a$$b$1$@${1}${2:-c}${@:+d}").unwrap(), "abc");
        let kept = pieces("'$A'", Quotes::Kept, '\\').unwrap();
        assert_eq!(names(&kept), ["A"]);
        let windows = pieces(r"c:\x`y", Quotes::Removed, '`').unwrap();
        assert_eq!(literal(&windows).unwrap(), r"c:\xy");
    }

    #[test]
    fn variables_have_forms() {
        let found = pieces("$A${B}${C:-x${D}}${E#v*}${F/a/b}", Quotes::Removed, '\\').unwrap();
        assert_eq!(names(&found), ["A", "B", "C", "D", "E", "F"]);
        let raws: Vec<&str> = found
            .iter()
            .map(|piece| match piece {
                Piece::Variable(variable) => variable.raw.as_str(),
                Piece::Text(text) => text,
            })
            .collect();
        assert_eq!(raws, ["$A", "${B}", "${C:-x${D}}", "${E#v*}", "${F/a/b}"]);
        assert_eq!(names(&pieces("$Aé-$ö", Quotes::Removed, '\\').unwrap()), ["Aé", "ö"]);
        for wrong in ["${", "${}", "${A", "${A:-x", "'a", "\"a", "${A:#x}"] {
            assert!(pieces(wrong, Quotes::Removed, '\\').is_err(), "{wrong}");
        }
    }
}
