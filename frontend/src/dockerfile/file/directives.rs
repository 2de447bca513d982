//! What the first comments of a Dockerfile say to its reader: `# syntax=`, `# escape=`, `# check=`.

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

/// A directive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directive {
    /// `syntax`, `escape` or `check`.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// Where it stands.
    pub span: Span,
}

const NAMES: [&str; 3] = ["syntax", "escape", "check"];

/// The directives found so far.
#[derive(Debug, Default)]
pub(super) struct Directives {
    pub(super) found: Vec<Directive>,
    /// Whether something else has been seen: directives come first.
    closed: bool,
}

impl Directives {
    /// The character that continues lines and takes the meaning from the next one.
    pub(super) fn escape(&self) -> char {
        let escape = self.found.iter().find(|directive| directive.name == "escape");
        if escape.is_some_and(|directive| directive.value == "`") { '`' } else { '\\' }
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Whether a comment is a directive, which is then kept.
    pub(super) fn take(&mut self, comment: &str, span: Span, faults: &mut Faults) -> bool {
        let parsed = if self.closed { None } else { parse(comment) };
        let Some((name, value)) = parsed else {
            self.closed = true;
            return false;
        };
        if self.found.iter().any(|known| known.name == name) {
            let fault = Diagnostic::new(span, format!("the directive `{name}` is given a second time"));
            faults.push(fault.help("keep one of the two"));
            return true;
        }
        if name == "escape" && !matches!(value, "`" | "\\") {
            let fault = Diagnostic::new(span, format!("`{value}` cannot be the escape character"));
            faults.push(fault.help("write `# escape=\\` or ``# escape=` ``"));
        }
        self.found.push(Directive { name, value: value.to_owned(), span });
        true
    }
}

fn parse(comment: &str) -> Option<(&'static str, &str)> {
    let (name, value) = comment.strip_prefix('#')?.trim_start().split_once('=')?;
    let (name, value) = (name.trim_end(), value.trim());
    let name = NAMES.into_iter().find(|known| known.eq_ignore_ascii_case(name))?;
    (!value.is_empty()).then_some((name, value))
}
