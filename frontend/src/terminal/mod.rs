//! What is written for people: faults with the lines that they stand in, in colours where a terminal shows them.

use std::io::IsTerminal;

use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use crate::report::{MAX_TOLD, sentence};
use crate::source::{Position, SpecFiles};

/// Characters of a line that are shown.
const WIDTH: usize = 120;

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    colours: bool,
}

impl Style {
    /// Without colours.
    pub(crate) const PLAIN: Self = Self { colours: false };

    /// Colours for a terminal that has them and a user who wants them.
    pub(crate) fn of(stream: &impl IsTerminal) -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self { colours: stream.is_terminal() && !is_dumb && !is_set("NO_COLOR") }
    }

    /// Something that is wrong.
    pub(crate) fn bad(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Something besides.
    pub(crate) fn quiet(self, text: &str) -> String {
        self.paint("36", text)
    }

    fn strong(self, text: &str) -> String {
        self.paint("1", text)
    }

    fn faint(self, text: &str) -> String {
        self.paint("34", text)
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// Faults or findings one below the other, each with its line.
pub(crate) fn faults(files: &SpecFiles, faults: &[Diagnostic], what: &str, style: Style) -> String {
    let mut told: Vec<String> = faults.iter().take(MAX_TOLD).map(|it| fault(files, it, style)).collect();
    if faults.len() > MAX_TOLD {
        told.push(format!("… and {} more\n", faults.len() - MAX_TOLD));
    }
    if faults.len() > 1 {
        told.push(format!("{} {what}\n", faults.len()));
    }
    told.join("\n")
}

/// A place with a sentence about it, and its line.
pub(crate) fn place(files: &SpecFiles, span: Span, message: &str, style: Style) -> String {
    let place = style.strong(&format!("{}:", files.locate(span)));
    format!("{place} {}\n{}", sentence(message), excerpt(files, span, style))
}

/// A line below a place.
pub(crate) fn labelled(label: &str, text: &str, style: Style) -> String {
    format!("  {} {}\n", style.quiet(label), sentence(text))
}

fn fault(files: &SpecFiles, fault: &Diagnostic, style: Style) -> String {
    let mut text = place(files, fault.span, &fault.message, style);
    for (span, note) in &fault.related {
        text += &format!("  {} {}\n", style.strong(&format!("{}:", files.locate(*span))), sentence(note));
    }
    if let Some(help) = &fault.help {
        text += &labelled("help:", help, style);
    }
    text
}

/// The line of a place, and a mark below the place.
fn excerpt(files: &SpecFiles, span: Span, style: Style) -> String {
    let Some(file) = files.get(span.file) else { return String::new() };
    let (Position { line, column }, end) = (file.position(span.start), file.position(span.end));
    let characters: Vec<char> = file.line(line).chars().collect();
    if characters.is_empty() {
        return String::new();
    }
    let first = (column as usize).saturating_sub(1).min(characters.len());
    let last = if end.line == line { (end.column as usize).saturating_sub(1) } else { characters.len() };
    let start = if characters.len() > WIDTH { first.saturating_sub(WIDTH / 3) } else { 0 };
    let stop = characters.len().min(start + WIDTH);
    let marks = last.min(stop).saturating_sub(first).max(1);
    let before = if start > 0 { "…" } else { "" };
    let after = if stop < characters.len() { "…" } else { "" };
    let shown: String = characters[start..stop].iter().map(|c| shown(*c)).collect();
    let number = line.to_string();
    let (gutter, blank) =
        (style.faint(&format!("{number} |")), style.faint(&format!("{} |", " ".repeat(number.len()))));
    let indent = " ".repeat(first - start + before.chars().count());
    format!("  {gutter} {before}{shown}{after}\n  {blank} {indent}{}\n", style.bad(&"^".repeat(marks)))
}

/// A character as wide as any other one: what it marks stands below it.
fn shown(c: char) -> char {
    match c {
        '\t' => ' ',
        c if c.is_control() => '\u{fffd}',
        c => c,
    }
}

/// A text of several lines that may quote anything.
pub(crate) fn lines(text: &str) -> String {
    text.lines().map(sentence).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
