//! Scripts of `RUN`: on one line or several.

use spec_schema::decode::text::Text;

use crate::dockerfile::file::{HereDocument, Script};

/// A script as a spec has it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) text: String,
    /// Its lines, where it is one line that is written in several.
    pub(super) lines: Vec<String>,
    /// Whether it had to be told to go on after a failure.
    pub(super) goes_on: bool,
}

/// What a shell is given.
pub(super) fn written(script: &Script, documents: &[HereDocument], shell: Option<&Vec<Text>>) -> Written {
    let Some(first) = documents.first() else { return joined(script) };
    let alone = crate::dockerfile::file::is_document(&script.text);
    let text = if alone {
        first.text()
    } else {
        let mut text = script.text.value.clone();
        for document in documents {
            text += &format!("\n{}{}", document.content, document.name);
        }
        text
    };
    let is_one = !text.trim_end_matches('\n').contains('\n');
    let command = if alone { text.as_str() } else { script.text.as_str() };
    let goes_on = !text.starts_with("#!") && !is_one && !stops(shell) && !is_one_command(command, alone);
    let text = if goes_on { format!("set +e\n{text}") } else { text };
    Written { text, lines: Vec::new(), goes_on }
}

/// Lines that a backslash joined, parted again where only blanks are between them.
fn joined(script: &Script) -> Written {
    let text = script.text.as_str();
    let mut lines = vec![String::new()];
    let mut start = 0;
    let mut quotes = Quotes::default();
    let ends = script.joints.iter().copied().chain([text.len()]);
    for end in ends {
        let piece = text.get(start..end).unwrap_or_default();
        quotes.read(piece);
        if let Some(line) = lines.last_mut() {
            line.push_str(piece);
        }
        let next = text.get(end..).unwrap_or_default();
        let blank = piece.ends_with([' ', '\t']) || next.starts_with([' ', '\t']);
        if !quotes.open() && blank && end < text.len() {
            lines.push(String::new());
        }
        start = end;
    }
    let lines: Vec<String> =
        lines.iter().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    Written { text: lines.join(" "), lines, goes_on: false }
}

/// Whether a shell is inside of quotes, or takes the next character as it is.
#[derive(Default)]
struct Quotes {
    quote: Option<char>,
    escaped: bool,
}

impl Quotes {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            if self.escaped {
                self.escaped = false;
                continue;
            }
            match c {
                '\\' if self.quote != Some('\'') => self.escaped = true,
                c if self.quote == Some(c) => self.quote = None,
                '"' | '\'' if self.quote.is_none() => self.quote = Some(c),
                _ => {}
            }
        }
    }

    fn open(&self) -> bool {
        self.quote.is_some() || self.escaped
    }
}

/// Whether a shell stops at failures as it is, or is none to which the language would say so.
fn stops(shell: Option<&Vec<Text>>) -> bool {
    let Some(shell) = shell else { return false };
    let program = shell.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
    let known = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"];
    let is_option = |option: &&Text| {
        option.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('e'))
    };
    !known.contains(&program) || shell.iter().skip(1).any(|option| is_option(&option))
}

/// Whether stopping at failures changes nothing: there is one command alone, or the script asks for it first of all.
fn is_one_command(command: &str, is_script: bool) -> bool {
    if !is_script {
        return !command.contains(';') && !has_background(command);
    }
    let lines = command.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let Some(first) = lines.first() else { return true };
    let mut words = first.split_whitespace();
    let sets = words.next() == Some("set")
        && words.any(|word| {
            word == "errexit" || (word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
        });
    sets && !first.contains("+e")
}

/// Whether a command goes on beside what follows: `a & b`.
fn has_background(command: &str) -> bool {
    command.replace("&&", "").replace(">&", "").replace("&>", "").contains('&')
}

#[cfg(test)]
mod tests {
    use spec_schema::span::Span;

    use super::*;

    fn script(pieces: &[&str]) -> Written {
        let (mut text, mut joints) = (String::new(), Vec::new());
        for piece in pieces {
            if !text.is_empty() {
                joints.push(text.len());
            }
            text += piece;
        }
        written(&Script { text: Text::new(text, Span::default()), joints }, &[], None)
    }

    fn document(command: &str, content: &str) -> Written {
        let script = Script { text: Text::new(command.to_owned(), Span::default()), joints: Vec::new() };
        let document =
            HereDocument { name: "EOF".to_owned(), expand: true, strips: false, content: content.to_owned() };
        written(&script, &[document], None)
    }

    #[test]
    fn lines_are_parted_where_blanks_mean_nothing() {
        let found = script(&["a && ", "    b   c && ", "  d"]);
        assert_eq!(found.lines, ["a &&", "b   c &&", "d"]);
        assert_eq!(found.text, "a && b   c && d");
        assert_eq!(script(&["echo 'a ", "   b' && ", " c"]).lines, ["echo 'a    b' &&", "c"]);
        assert_eq!(script(&["ab", "cd"]).lines, ["abcd"]);
    }

    #[test]
    fn documents_go_on_as_they_did() {
        assert_eq!(document("<<EOF", "set -eux\na\nb\n").text, "set -eux\na\nb\n");
        assert_eq!(document("<<EOF", "a\n").text, "a\n");
        assert_eq!(document("<<EOF", "a\nb\n").text, "set +e\na\nb\n");
        assert_eq!(document("<<EOF", "#!/bin/awk\na\n").text, "#!/bin/awk\na\n");
        assert_eq!(document("cat <<EOF > /x && b", "a\n").text, "cat <<EOF > /x && b\na\nEOF");
        assert_eq!(document("cat <<EOF; b", "a\n").text, "set +e\ncat <<EOF; b\na\nEOF");
    }
}
