//! Texts, and texts with variables in them.

use super::{Decode, scalar};
use crate::diagnostic::{Diagnostic, Faults};
use crate::node::{Node, Scalar};
use crate::span::{Span, Spanned};

/// A text that is taken as written: no variable in it is expanded.
pub type Text = Spanned<String>;

impl Decode for Text {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        Some(Self::new(scalar(node, "a text", faults)?.text.clone(), node.span))
    }
}

impl Decode for Spanned<bool> {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let parse = |text: &str| text.parse().ok();
        let value = super::parse_scalar_help(node, "`true` or `false`", faults, parse, truth)?;
        Some(Self::new(value, node.span))
    }
}

/// What to do about other words for true and false.
fn truth(text: &str) -> Option<String> {
    let meant = match text.to_lowercase().as_str() {
        "true" | "yes" | "on" | "y" | "1" => "true",
        "false" | "no" | "off" | "n" | "0" => "false",
        _ => return None,
    };
    Some(format!("write `{meant}`"))
}

/// A text in which variables are expanded: `$NAME`, `${NAME}`, `${NAME:-default}`,
/// `${NAME:+other}`, `${NAME:?message}`, and `$$` for a dollar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The text as written.
    pub raw: String,
    /// Where it stands.
    pub span: Span,
    /// The pieces in order; empty where `raw` holds no dollar and stands for itself.
    pub parts: Vec<Part>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text that stands for itself.
    Literal(String),
    /// A variable.
    Variable(Variable),
}

/// A variable named in a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Its name: a letter or underscore, then letters, digits and underscores.
    pub name: String,
    /// Where it stands; the whole text where its exact place is not known.
    pub span: Span,
    /// What it stands for when it is unset or empty.
    pub form: Form,
}

/// How a [`Variable`] is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// `$NAME`, `${NAME}`: its value; not being set is an error.
    Plain,
    /// `${NAME:-default}`: the default where it is unset or empty.
    Default(Vec<Part>),
    /// `${NAME:+other}`: the other text where it is set and not empty, else nothing.
    Alternate(Vec<Part>),
    /// `${NAME:?message}`: an error with this message where it is unset or empty.
    Required(Vec<Part>),
}

impl Template {
    /// A template that stands for itself, dollars included.
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        let raw: String = text.into();
        if !raw.contains('$') {
            return Self { raw, span, parts: Vec::new() };
        }
        Self { raw: raw.replace('$', "$$"), span, parts: vec![Part::Literal(raw)] }
    }

    /// Reads the variables of a text; `lines_at` as in [`Scalar::lines_at`].
    pub fn parse(raw: &str, span: Span, lines_at: &[u32]) -> Result<Self, Diagnostic> {
        let parts = if raw.contains('$') {
            let mut reader = Reader { text: raw, at: 0, span, lines_at };
            reader.parts(false)?
        } else {
            Vec::new()
        };
        Ok(Self { raw: raw.to_owned(), span, parts })
    }

    /// This text, a separator that has no variables, and another text.
    #[must_use]
    pub fn joined(&self, separator: &str, other: &Self) -> Self {
        let raw = format!("{}{separator}{}", self.raw, other.raw);
        let parts = if self.parts.is_empty() && other.parts.is_empty() {
            Vec::new()
        } else {
            let mut parts = Vec::new();
            for text in [self, &Self::literal(separator, self.span), other] {
                let literal = text.parts.is_empty().then(|| Part::Literal(text.raw.clone()));
                literal.into_iter().chain(text.parts.iter().cloned()).for_each(|part| push(&mut parts, part));
            }
            parts
        };
        Self { raw, span: self.span, parts }
    }

    /// A text that reads as this one: as it was written, unless that would mean something else.
    pub fn written(&self) -> String {
        if self.parts.is_empty() {
            return self.raw.clone();
        }
        let meant = rendered(&self.parts);
        match Self::parse(&self.raw, self.span, &[]) {
            Ok(read) if rendered(&read.parts) == meant => self.raw.clone(),
            _ => meant,
        }
    }

    /// Every variable in the text, those inside defaults included.
    pub fn variables(&self) -> Vec<&Variable> {
        let mut found = Vec::new();
        collect(&self.parts, &mut found);
        found
    }

    /// True where the text names no variable.
    pub fn is_literal(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, Part::Literal(_)))
    }
}

/// Adds a part; text behind text is one text.
fn push(parts: &mut Vec<Part>, part: Part) {
    match (parts.last_mut(), part) {
        (_, Part::Literal(text)) if text.is_empty() => {}
        (Some(Part::Literal(before)), Part::Literal(text)) => before.push_str(&text),
        (_, part) => parts.push(part),
    }
}

/// The one way to write parts that is right wherever they stand.
fn rendered(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => text += &literal.replace('$', "$$"),
            Part::Variable(Variable { name, form, .. }) => {
                text += &match form {
                    Form::Plain => format!("${{{name}}}"),
                    Form::Default(inner) => format!("${{{name}:-{}}}", rendered(inner)),
                    Form::Alternate(inner) => format!("${{{name}:+{}}}", rendered(inner)),
                    Form::Required(inner) => format!("${{{name}:?{}}}", rendered(inner)),
                };
            }
        }
    }
    text
}

fn collect<'p>(parts: &'p [Part], found: &mut Vec<&'p Variable>) {
    for part in parts {
        if let Part::Variable(variable) = part {
            found.push(variable);
            match &variable.form {
                Form::Plain => {}
                Form::Default(inner) | Form::Alternate(inner) | Form::Required(inner) => {
                    collect(inner, found);
                }
            }
        }
    }
}

impl Decode for Template {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let Scalar { text, lines_at, .. } = scalar(node, "a text", faults)?;
        Self::parse(text, node.span, lines_at).map_err(|fault| faults.push(fault)).ok()
    }
}

/// How deep `${A:-${B:-…}}` may go: far beyond use, and far from the end of the stack.
const MAX_NESTING: usize = 16;

struct Reader<'t> {
    text: &'t str,
    at: usize,
    span: Span,
    lines_at: &'t [u32],
}

impl Reader<'_> {
    /// Reads up to the end, or inside braces up to the closing one.
    fn parts(&mut self, nested: bool) -> Result<Vec<Part>, Diagnostic> {
        self.parts_at(nested, 0)
    }

    fn parts_at(&mut self, nested: bool, depth: usize) -> Result<Vec<Part>, Diagnostic> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        while let Some(next) = self.peek() {
            if nested && next == '}' {
                break;
            }
            self.bump(next);
            if next != '$' {
                literal.push(next);
                continue;
            }
            if self.peek() == Some('$') {
                self.bump('$');
                literal.push('$');
                continue;
            }
            let variable = self.variable(depth)?;
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(Part::Variable(variable));
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Ok(parts)
    }

    /// Reads a variable; the dollar has just been read.
    fn variable(&mut self, depth: usize) -> Result<Variable, Diagnostic> {
        let start = self.at - 1;
        if depth > MAX_NESTING {
            let message = format!("variables are nested more than {MAX_NESTING} deep");
            return Err(Diagnostic::new(self.place(start), message));
        }
        if self.peek() != Some('{') {
            let name = self.name(start)?;
            return Ok(Variable { name, span: self.place(start), form: Form::Plain });
        }
        self.bump('{');
        let name = self.name(start)?;
        let form = match self.peek() {
            Some('}') => Form::Plain,
            Some(':') => {
                self.bump(':');
                self.form(start, depth)?
            }
            None => return Err(self.unclosed(start)),
            Some(_) => return Err(self.unknown_form(start)),
        };
        if self.peek() != Some('}') {
            return Err(self.unclosed(start));
        }
        self.bump('}');
        Ok(Variable { name, span: self.place(start), form })
    }

    fn form(&mut self, start: usize, depth: usize) -> Result<Form, Diagnostic> {
        let sign = self.peek();
        if let Some(sign) = sign {
            self.bump(sign);
        }
        let inner = |reader: &mut Self| reader.parts_at(true, depth + 1);
        match sign {
            Some('-') => Ok(Form::Default(inner(self)?)),
            Some('+') => Ok(Form::Alternate(inner(self)?)),
            Some('?') => Ok(Form::Required(inner(self)?)),
            _ => Err(self.unknown_form(start)),
        }
    }

    fn name(&mut self, start: usize) -> Result<String, Diagnostic> {
        let rest = &self.text[self.at..];
        let length = rest
            .char_indices()
            .find(|(i, c)| !(*c == '_' || c.is_ascii_alphabetic() || (*i > 0 && c.is_ascii_digit())))
            .map_or(rest.len(), |(i, _)| i);
        if length == 0 {
            return Err(self.fault(start, "a variable's name must follow `$`"));
        }
        self.at += length;
        Ok(rest[..length].to_owned())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn bump(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    fn unknown_form(&self, start: usize) -> Diagnostic {
        self.fault(start, "this form of a variable is not known")
    }

    fn unclosed(&self, start: usize) -> Diagnostic {
        self.fault(start, "`${` has no closing `}`")
    }

    fn fault(&self, start: usize, message: &str) -> Diagnostic {
        Diagnostic::new(self.place(start), message)
            .help("write `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}` or `${NAME:?message}`; `$$` is a dollar")
    }

    /// The place of what was read since `start`.
    fn place(&self, start: usize) -> Span {
        match (self.offset(start), self.offset(self.at)) {
            (Some(start), Some(end)) => Span { start, end: end.max(start), ..self.span },
            _ => self.span,
        }
    }

    /// Where in the file a byte of the text stands.
    fn offset(&self, at: usize) -> Option<u32> {
        let before = &self.text[..at];
        let (line, column) = match before.rfind('\n') {
            // A text of one entry stands in the file as it is, line breaks and all.
            Some(newline) if self.lines_at.len() > 1 => (before.matches('\n').count(), at - newline - 1),
            _ => (0, at),
        };
        self.lines_at.get(line)?.checked_add(u32::try_from(column).ok()?)
    }
}
