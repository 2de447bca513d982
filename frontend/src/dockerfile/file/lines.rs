//! Which lines of a Dockerfile belong together; its comments, directives and here-documents.

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{FileId, Span};

use super::directives::Directives;
use super::documents::{self, HereDocument};

/// A comment, from its `#` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The line without blanks at both ends.
    pub text: String,
    /// Where it stands.
    pub span: Span,
    /// Whether an empty line follows.
    pub ends_block: bool,
}

/// One instruction as it is written: lines that continue each other are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// The joined text.
    pub(super) text: String,
    /// All of its lines.
    pub(super) span: Span,
    /// Where parts of `text` begin, and where they stand in the file; the first is at 0.
    pub(super) joints: Vec<(usize, u32)>,
    /// What stands above it.
    pub(super) comments: Vec<Comment>,
    /// What stands between its lines.
    pub(super) inside: Vec<Comment>,
    /// What stands below it and belongs to it.
    pub(super) documents: Vec<HereDocument>,
}

impl Line {
    /// Where a part of the text stands.
    pub(super) fn span_of(&self, start: usize, end: usize) -> Span {
        let start_at = self.offset(start);
        let end_at = if end > start { self.offset(end - 1) + 1 } else { start_at };
        Span { file: self.span.file, start: start_at, end: end_at.max(start_at) }
    }

    fn offset(&self, at: usize) -> u32 {
        let index = self.joints.partition_point(|(joint, _)| *joint <= at).max(1) - 1;
        let (joint, offset) = self.joints.get(index).copied().unwrap_or_default();
        offset.saturating_add(position(at.saturating_sub(joint)))
    }
}

/// All lines of a Dockerfile.
pub(super) struct Lines {
    pub(super) directives: Directives,
    pub(super) instructions: Vec<Line>,
    /// Comments below the last instruction.
    pub(super) rest: Vec<Comment>,
}

/// The longest line, in bytes, that Docker reads.
const MAX_LINE: usize = 65_535;

/// Divides a Dockerfile, as `BuildKit`'s parser does.
pub(super) fn lines(text: &str, faults: &mut Faults) -> Lines {
    let mut reader =
        Reader { physical: physical(text), next: 0, directives: Directives::default(), comments: Vec::new() };
    for (start, _) in reader.physical.iter().filter(|(_, line)| line.len() > MAX_LINE) {
        let span = Span { file: FileId(0), start: *start, end: start + 1 };
        let fault = Diagnostic::new(
            span,
            format!("a line has more than {MAX_LINE} bytes, which Docker does not read"),
        );
        faults.push(
            fault.help("continue it in the next one by a `\\` at its end, or put the text into a file"),
        );
    }
    let mut lines = Vec::new();
    while let Some((start, line)) = reader.take() {
        let trimmed = line.trim_start();
        let at = start + position(line.len() - trimmed.len());
        if let Some(span) = comment_span(trimmed, at) {
            if !reader.directives.take(trimmed, span, faults) {
                reader.comment(trimmed, span);
            }
            continue;
        }
        reader.directives.close();
        let (content, continues) = continued(trimmed, reader.directives.escape());
        if content.is_empty() && !continues {
            if let Some(last) = reader.comments.last_mut() {
                last.ends_block = true;
            }
            continue;
        }
        lines.push(reader.instruction(at, content, continues, faults));
    }
    Lines { directives: reader.directives, instructions: lines, rest: reader.comments }
}

struct Reader<'t> {
    /// Each line with its place, without what ends it.
    physical: Vec<(u32, &'t str)>,
    next: usize,
    directives: Directives,
    comments: Vec<Comment>,
}

impl<'t> Reader<'t> {
    fn take(&mut self) -> Option<(u32, &'t str)> {
        let line = self.physical.get(self.next).copied();
        self.next += usize::from(line.is_some());
        line.map(|(start, line)| (start, line.trim_end_matches(['\r', '\n'])))
    }

    fn comment(&mut self, text: &str, span: Span) {
        self.comments.push(Comment { text: text.trim_end().to_owned(), span, ends_block: false });
    }

    /// An instruction whose first line has been taken.
    fn instruction(&mut self, at: u32, first: &str, mut continues: bool, faults: &mut Faults) -> Line {
        let mut line = Line {
            text: first.to_owned(),
            span: Span { file: FileId(0), start: at, end: at + position(first.len()) },
            joints: vec![(0, at)],
            comments: std::mem::take(&mut self.comments),
            inside: Vec::new(),
            documents: Vec::new(),
        };
        while continues {
            let Some((start, next)) = self.take() else { break };
            let trimmed = next.trim_start();
            let indent = position(next.len() - trimmed.len());
            if let Some(span) = comment_span(trimmed, start + indent) {
                line.inside.push(Comment { text: trimmed.trim_end().to_owned(), span, ends_block: false });
                continue;
            }
            if trimmed.is_empty() {
                continue;
            }
            let (content, goes_on) = continued(next, self.directives.escape());
            line.joints.push((line.text.len(), start));
            line.text.push_str(content);
            line.span.end = start + position(content.trim_end().len());
            continues = goes_on;
        }
        self.documents(&mut line, faults);
        line
    }

    fn documents(&mut self, line: &mut Line, faults: &mut Faults) {
        for mut document in documents::of_line(&line.text) {
            let mut ends = false;
            while let Some((start, full)) = self.physical.get(self.next).copied() {
                self.next += 1;
                let bare = full.trim_end_matches(['\r', '\n']);
                line.span.end = start + position(bare.len());
                let candidate = if document.strips { bare.trim_start_matches('\t') } else { bare };
                if candidate == document.name {
                    ends = true;
                    break;
                }
                document.content.push_str(full);
            }
            if !ends {
                let message = format!("the here-document `{}` does not end", document.name);
                let help = format!("its last line must be `{}` alone, without blanks", document.name);
                let first = Span { end: line.span.start + position(line.text.len()), ..line.span };
                faults.push(Diagnostic::new(first, message).help(help));
            }
            line.documents.push(document);
        }
    }
}

/// The lines of a text with what ends them, each with its offset; a byte order mark is no text.
fn physical(text: &str) -> Vec<(u32, &str)> {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    let mut lines = Vec::new();
    for line in text.get(at..).unwrap_or_default().split_inclusive('\n') {
        lines.push((position(at), line));
        at += line.len();
    }
    lines
}

/// The place of a line that is a comment.
fn comment_span(trimmed: &str, at: u32) -> Option<Span> {
    trimmed.starts_with('#').then(|| Span {
        file: FileId(0),
        start: at,
        end: at + position(trimmed.trim_end().len()),
    })
}

/// A line without the character at its end that joins it with the next one, and whether there was one.
fn continued(line: &str, escape: char) -> (&str, bool) {
    let bare = line.trim_end_matches([' ', '\t']);
    match bare.strip_suffix(escape) {
        Some(before) if !before.ends_with(escape) => (before, true),
        _ => (line, false),
    }
}

/// An offset as places have it.
pub(super) fn position(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
