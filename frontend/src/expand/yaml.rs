//! A tree as YAML that people like to read: blocks, short lists in a line, scripts as they are, quotes where they are needed.

use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::Spanned;

use super::marks::Marks;

/// How long a line with a list in brackets may get.
const MAX_WIDTH: usize = 100;

/// A tree whose root is a mapping, as the text of a file. Reading that gives the tree.
pub fn document(root: &Node) -> String {
    commented(root, &Marks::default())
}

/// The same with comments, and with long texts in several lines.
pub fn commented(root: &Node, marks: &Marks) -> String {
    let mut writer = Writer { text: String::new(), path: String::new(), marks };
    match &root.value {
        Value::Mapping(sections) if !sections.is_empty() => writer.sections(sections),
        _ => {
            writer.value(root, 0);
            writer.text.push('\n');
        }
    }
    writer.text
}

type Entries = [(Spanned<String>, Node)];

struct Writer<'m> {
    text: String,
    /// Where the writer is.
    path: String,
    marks: &'m Marks,
}

impl Writer<'_> {
    /// Goes one step deeper; what is given back leads out again.
    fn enter(&mut self, step: &str) -> usize {
        let length = self.path.len();
        if length > 0 {
            self.path.push('/');
        }
        self.path.push_str(step);
        length
    }

    /// The comments of the place; the cursor stands at `indent`, and does so in the end.
    fn comments(&mut self, indent: usize) {
        for line in self.marks.above(&self.path) {
            self.text.push_str(line);
            self.line(indent);
        }
    }

    /// The top level: a blank line between its keys, and between the stages.
    fn sections(&mut self, sections: &Entries) {
        for (at, (key, node)) in sections.iter().enumerate() {
            self.blank_line(at);
            match &node.value {
                Value::Mapping(stages) if key.value == "stages" && !stages.is_empty() => {
                    self.text.push_str("stages:\n");
                    let outside = self.enter("stages");
                    for (at, stage) in stages.iter().enumerate() {
                        self.blank_line(at);
                        self.indent(2);
                        self.entry(stage, 2);
                        self.text.push('\n');
                    }
                    self.path.truncate(outside);
                }
                _ => {
                    self.entry(&sections[at], 0);
                    self.text.push('\n');
                }
            }
        }
    }

    fn blank_line(&mut self, at: usize) {
        if at > 0 {
            self.text.push('\n');
        }
    }

    fn indent(&mut self, by: usize) {
        self.text.extend(std::iter::repeat_n(' ', by));
    }

    fn line(&mut self, indent: usize) {
        self.text.push('\n');
        self.indent(indent);
    }

    /// A key and its value; the cursor stands at `indent`, and behind the last line in the end.
    fn entry(&mut self, (key, node): &(Spanned<String>, Node), indent: usize) {
        let outside = self.enter(&key.value);
        self.comments(indent);
        self.text += &in_line(&key.value, false);
        self.text.push(':');
        match self.in_brackets(node) {
            _ if node.is_missing() => {}
            Some(list) => {
                self.text.push(' ');
                self.text += &list;
            }
            None => {
                match &node.value {
                    Value::Mapping(entries) if !entries.is_empty() => self.line(indent + 2),
                    Value::Sequence(items) if !items.is_empty() => self.line(indent + 2),
                    _ => self.text.push(' '),
                }
                self.value(node, indent + 2);
            }
        }
        self.path.truncate(outside);
    }

    /// A value; the cursor stands at `indent`, or behind the key of a scalar.
    fn value(&mut self, node: &Node, indent: usize) {
        match &node.value {
            Value::Scalar(scalar) => self.scalar(scalar, indent),
            Value::Mapping(entries) if entries.is_empty() => self.text.push_str("{}"),
            Value::Sequence(items) if items.is_empty() => self.text.push_str("[]"),
            Value::Mapping(entries) => {
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        self.line(indent);
                    }
                    self.entry(entry, indent);
                }
            }
            Value::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.line(indent);
                    }
                    let outside = self.enter(&at.to_string());
                    self.comments(indent);
                    self.text.push_str("- ");
                    match self.in_brackets(item) {
                        Some(list) => self.text += &list,
                        None => self.value(item, indent + 2),
                    }
                    self.path.truncate(outside);
                }
            }
        }
    }

    fn scalar(&mut self, scalar: &Scalar, indent: usize) {
        if let Some(lines) = self.marks.lines(&self.path, &scalar.text)
            && lines.iter().all(|line| can_fold(line))
        {
            self.text.push_str(">-");
            for line in lines {
                self.line(indent);
                self.text += line;
            }
            return;
        }
        if !is_literal(&scalar.text) {
            self.text += &in_line(&scalar.text, false);
            return;
        }
        self.text.push('|');
        // Where the first line is indented, it cannot show by how much the block is.
        if scalar.text.starts_with(' ') {
            self.text.push('2');
        }
        if !scalar.text.ends_with('\n') {
            self.text.push('-');
        }
        for line in scalar.text.lines() {
            self.line(if line.is_empty() { 0 } else { indent });
            self.text += line;
        }
    }

    /// A list of words that fits behind what the line has.
    fn in_brackets(&self, node: &Node) -> Option<String> {
        let Value::Sequence(items) = &node.value else { return None };
        if self.marks.inside(&self.path) {
            return None;
        }
        let word = |item: &Node| match &item.value {
            Value::Scalar(scalar) if !scalar.text.contains('\n') => Some(in_line(&scalar.text, true)),
            _ => None,
        };
        let words = items.iter().map(word).collect::<Option<Vec<String>>>()?;
        let list = format!("[{}]", words.join(", "));
        let line_start = self.text.rfind('\n').map_or(0, |newline| newline + 1);
        let before = self.text[line_start..].chars().count() + 1;
        (before + list.chars().count() <= MAX_WIDTH).then_some(list)
    }
}

/// A text on one line; `in_list` between brackets.
pub(crate) fn in_line(text: &str, in_list: bool) -> String {
    if is_plain(text, in_list) {
        return text.to_owned();
    }
    if text.chars().all(is_printed) && (text.contains(['"', '\\']) || !text.contains('\'')) {
        return if text.contains(['"', '\\']) {
            format!("'{}'", text.replace('\'', "''"))
        } else {
            format!("\"{text}\"")
        };
    }
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            '\r' => quoted += "\\r",
            c if is_printed(c) => quoted.push(c),
            c => quoted += &format!("\\U{:08X}", u32::from(c)),
        }
    }
    quoted + "\""
}

/// Whether a character can stand in a line as it is.
fn is_printed(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// Whether a text needs no quotes.
fn is_plain(text: &str, in_list: bool) -> bool {
    let mut chars = text.chars();
    let first = chars.next();
    let starts_well = match first {
        // A word such as `-c`.
        Some('-') => chars.next().is_some_and(|next| next != ' ' && !",[]{}".contains(next)),
        Some(first) => !"?:,[]{}#&*!|>'\"%@`".contains(first),
        None => false,
    };
    // Every other reader of YAML takes these for no value at all.
    let is_null = matches!(text, "~" | "null" | "Null" | "NULL" | "<<");
    starts_well
        && !is_null
        && text.chars().all(is_printed)
        && text.trim() == text
        && !text.starts_with("...")
        && !text.starts_with("---")
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !(in_list && text.contains([',', '[', ']', '{', '}']))
}

/// Whether a line can stand below a `>`, where blanks at its ends mean something else.
fn can_fold(line: &str) -> bool {
    !line.is_empty() && line.trim() == line && line.chars().all(|c| is_printed(c) || c == '\t')
}

/// Whether a text has whole lines that can stand below a `|`.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or(text);
    text.contains('\n')
        && !body.is_empty()
        && !body.starts_with(['\t', '\n'])
        && !body.ends_with([' ', '\t', '\n'])
        && body.chars().all(|c| is_printed(c) || c == '\n' || c == '\t')
        && !body.lines().any(|line| !line.is_empty() && line.trim().is_empty())
}
