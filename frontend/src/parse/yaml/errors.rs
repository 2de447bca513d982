//! What the YAML parser refuses, in words for people who write specs.

use granit_parser::{ErrorKind, ScanError};
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::Reader;

impl Reader<'_> {
    /// The fault that the parser stopped at.
    pub(super) fn scan_fault(&self, error: &ScanError) -> Diagnostic {
        let at = error.marker().byte_offset().unwrap_or_default().min(self.text.len());
        // The parser counts whole characters; a slice must not depend on that.
        let at = (0..=at).rev().find(|at| self.text.is_char_boundary(*at)).unwrap_or_default();
        if let Some(tab) = self.tab_before(at) {
            return Diagnostic::new(self.place(tab, 1), "a tab indents this line")
                .help("YAML is indented with spaces");
        }
        let next = self.text[at..].chars().next();
        let here = self.place(at, next.map_or(0, char::len_utf8));
        let fault = match error.kind() {
            ErrorKind::UnexpectedCharacter { character } if character.is_control() => {
                let code = u32::from(*character);
                Diagnostic::new(here, format!("the control character U+{code:04X} cannot stand in a spec"))
            }
            ErrorKind::UnexpectedCharacter { character } => {
                let character =
                    if *character == '`' { "a backtick".to_owned() } else { format!("`{character}`") };
                let fault = Diagnostic::new(here, format!("a text cannot start with {character}"));
                fault.help("put it between quotes")
            }
            ErrorKind::MismatchedFlowCollectionEnd { open, close } => {
                return Diagnostic::new(here, format!("this `{open}` is closed by a `{close}`"));
            }
            ErrorKind::UnclosedFlowCollection { open } => {
                return Diagnostic::new(here, format!("this `{open}` is never closed"));
            }
            ErrorKind::UnknownAnchor => {
                let name = self.word(at);
                let fault =
                    Diagnostic::new(self.place(at, name.len()), format!("there is no anchor for `{name}`"));
                let anchor = name.trim_start_matches('*');
                fault.help(format!("an anchor stands above its aliases: `&{anchor} …`; a text that starts with `*` needs quotes"))
            }
            ErrorKind::RecursionLimitExceeded => {
                Diagnostic::new(here, "lists and mappings are nested too deep")
            }
            ErrorKind::MappingValueNotAllowed
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::InvalidSimpleKey
                if let Some(mark) = self.block_above(at) =>
            {
                let fault =
                    Diagnostic::new(here, "this line is not indented enough to be part of the text above");
                return fault
                    .help("the lines of a text below `|` or `>` are indented further than its key")
                    .related(self.place(mark, 1), "the text starts here");
            }
            ErrorKind::MappingValueNotAllowed => {
                let fault = Diagnostic::new(here, "a second `:` in one line, or a line indented too far");
                fault.help("a text with `: ` in it needs quotes, or lines of its own below a `|`")
            }
            ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => {
                Diagnostic::new(here, "a key is missing its `:`")
                    .help("write `key: value`, with a space behind the colon")
            }
            ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
                let fault = Diagnostic::new(here, "this line is indented like none of those above it");
                fault.help("keys of one mapping start in one column, entries of one list too")
            }
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent => {
                // The parser may have stopped at the end of the text, where no character is left.
                let place = self.last_quote(at).map_or(here, |quote| self.place(quote, 1));
                return Diagnostic::new(place, "this quote is never closed");
            }
            ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => {
                let message = match next {
                    Some(':') => "a second `:`, and no comma between them",
                    _ => "a comma is missing before this",
                };
                Diagnostic::new(here, message)
                    .help("commas stand between entries: `{a: b, c: d}`; a text with `: ` in it needs quotes")
            }
            ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
                Diagnostic::new(here, "this stands behind the quote that ends a text").help(
                    "put all of the text between the quotes, or a comma before what does not belong to it",
                )
            }
            ErrorKind::UnexpectedEofImplicitFlowMapping if next == Some(',') => {
                Diagnostic::new(here, "there is nothing before this comma")
            }
            kind => Diagnostic::new(here, format!("this is not YAML: {kind}")),
        };
        self.with_open_bracket(fault)
    }

    /// The tab in the indentation of a line that the parser stopped in, or at the start of.
    fn tab_before(&self, at: usize) -> Option<usize> {
        let line = self.text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let tab = line + self.text[line..].find(|c: char| c != ' ')?;
        self.text[tab..].starts_with('\t').then_some(tab)
    }

    /// The `|` or `>` above the line that the parser stopped in, where the lines below it are not its text. A line with a key is none of it.
    fn block_above(&self, at: usize) -> Option<usize> {
        let start = |end: usize| self.text[..end].rfind('\n').map_or(0, |newline| newline + 1);
        let mut line = start(at);
        if self.text[line..at].contains(": ") {
            return None;
        }
        loop {
            let above = start(line.checked_sub(1)?);
            let text = self.text[above..line].trim_end();
            let head = text.trim_end_matches(|c: char| c == '-' || c == '+' || c.is_ascii_digit());
            if head.ends_with([':', '-'])
                || text.contains(": ") && !head.ends_with(": |") && !head.ends_with(": >")
            {
                return None;
            }
            if head.ends_with(": |") || head.ends_with(": >") {
                return Some(above + head.len() - 1);
            }
            line = above;
        }
    }

    /// A bracket that is open where the parser stopped, in a line above, is more often than not what is wrong.
    fn with_open_bracket(&self, fault: Diagnostic) -> Diagnostic {
        let mut brackets = self.open.iter().rev().map(|open| open.start as usize);
        match brackets.find(|start| self.text[*start..].starts_with(['[', '{'])) {
            Some(start) => fault.related(self.place(start, 1), "this bracket is still open there"),
            None => fault,
        }
    }

    /// The quote that opens the text which the parser stopped in.
    fn last_quote(&self, at: usize) -> Option<usize> {
        let quotes = self.text[..at].rmatch_indices(['"', '\'']).map(|(start, _)| start);
        quotes.into_iter().find(|start| {
            let before = self.text[..*start].chars().next_back();
            before.is_none_or(|c| c.is_whitespace() || "[{,:".contains(c))
        })
    }

    fn word(&self, at: usize) -> &str {
        let rest = &self.text[at..];
        let end = rest.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(rest.len());
        &rest[..end]
    }

    fn place(&self, start: usize, length: usize) -> Span {
        let offset = |at: usize| u32::try_from(at).unwrap_or_default();
        Span { file: self.file, start: offset(start), end: offset(start + length) }
    }
}
