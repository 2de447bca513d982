//! The commands of a shell script, as far as lint has to know them: no expansion, no control flow.

use super::command::{Command, Next};

/// Words that stand before a command.
const BEFORE: &[&str] = &[
    "if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "exec", "command", "env", "nice",
    "nohup",
];

/// The commands of a script in the order written.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut reader = Reader::default();
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        let taken = reader.take(c, rest);
        rest = rest.get(taken..).unwrap_or_default();
    }
    reader.end_command(Next::Other);
    reader.commands
}

#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    words: Vec<String>,
    text: String,
    word: String,
    in_word: bool,
    /// The words that end the texts to come below this line.
    heredocs: Vec<String>,
    /// How many `case` are open.
    cases: usize,
    /// How many `case` a substitution has cut off from their `in`.
    halves: usize,
    /// Whether what comes is a pattern of `case`, whose `|` connects no commands.
    in_pattern: bool,
}

impl Reader {
    /// Reads what starts with `c`; returns how many bytes that is.
    fn take(&mut self, c: char, rest: &str) -> usize {
        if self.in_pattern {
            return self.pattern(c, rest);
        }
        match c {
            '\\' => self.escape(rest),
            '\'' | '"' => self.quoted(c, rest),
            '#' if !self.in_word => rest.find('\n').unwrap_or(rest.len()),
            '<' if rest.starts_with("<<") && !rest.starts_with("<<<") => self.heredoc(rest),
            '\n' => {
                self.end_command(Next::Other);
                1 + self.skip_heredocs(&rest[1..])
            }
            '&' if rest.starts_with("&>") || self.word.ends_with('>') => self.keep("&"),
            ';' if rest.starts_with(";;") && self.cases > 0 => {
                self.end_command(Next::Other);
                self.in_pattern = true;
                2
            }
            ';' | '&' | '(' | ')' | '`' => {
                self.end_command(Next::Other);
                1
            }
            '|' => {
                let is_or = rest.starts_with("||");
                self.end_command(if is_or { Next::Or } else { Next::Pipe });
                if is_or { 2 } else { 1 }
            }
            c if c.is_whitespace() => {
                self.end_word();
                self.text.push(c);
                c.len_utf8()
            }
            c => {
                self.in_word = true;
                self.word.push(c);
                self.text.push(c);
                c.len_utf8()
            }
        }
    }

    /// Reads a pattern up to the `)` that ends it, or `esac`.
    fn pattern(&mut self, c: char, rest: &str) -> usize {
        match c {
            '#' if self.word.is_empty() => return rest.find('\n').unwrap_or(rest.len()),
            ')' => {
                self.end_pattern_word();
                self.in_pattern = false;
            }
            '\n' => {
                self.end_pattern_word();
                return 1 + self.skip_heredocs(&rest[1..]);
            }
            c if c.is_whitespace() || matches!(c, ';' | '&' | '(') => self.end_pattern_word(),
            c => self.word.push(c),
        }
        c.len_utf8()
    }

    fn end_pattern_word(&mut self) {
        if std::mem::take(&mut self.word) == "esac" {
            self.cases = self.cases.saturating_sub(1);
            self.in_pattern = false;
        }
    }

    fn keep(&mut self, text: &str) -> usize {
        self.word += text;
        self.text += text;
        self.in_word = true;
        text.len()
    }

    fn escape(&mut self, rest: &str) -> usize {
        let Some(next) = rest[1..].chars().next() else { return 1 };
        let length = 1 + next.len_utf8();
        self.text += &rest[..length];
        if next == '\n' {
            self.end_word();
        } else {
            self.word.push(next);
            self.in_word = true;
        }
        length
    }

    fn quoted(&mut self, quote: char, rest: &str) -> usize {
        self.in_word = true;
        let mut escaped = false;
        for (at, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' if quote == '"' => {
                    escaped = true;
                    continue;
                }
                c if c == quote => {
                    self.text += &rest[..=at];
                    return at + 1;
                }
                _ => {}
            }
            self.word.push(c);
        }
        self.text += rest;
        rest.len()
    }

    fn heredoc(&mut self, rest: &str) -> usize {
        let word = rest[2..].trim_start_matches('-').trim_start_matches([' ', '\t']);
        let end = word.find(|c: char| c.is_whitespace() || ";&|<>()".contains(c)).unwrap_or(word.len());
        self.heredocs.push(word[..end].replace(['\'', '"', '\\'], ""));
        let length = rest.len() - word.len() + end;
        self.text += &rest[..length];
        self.end_word();
        length
    }

    /// The bytes of the texts that start here.
    fn skip_heredocs(&mut self, rest: &str) -> usize {
        let mut skipped = 0;
        for end in std::mem::take(&mut self.heredocs) {
            for line in rest[skipped..].split_inclusive('\n') {
                skipped += line.len();
                if line.trim() == end {
                    break;
                }
            }
        }
        skipped
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.in_word) {
            self.words.push(std::mem::take(&mut self.word));
            let is_case = match behind_prefixes(&self.words) {
                // Where a substitution stands between `case` and `in`, that one is alone.
                [alone] if alone == "in" => self.halves > 0,
                [case, _, last] => case == "case" && last == "in",
                _ => false,
            };
            if is_case {
                self.halves = self.halves.saturating_sub(usize::from(self.words.len() == 1));
                self.words.clear();
                self.text.clear();
                self.cases += 1;
                self.in_pattern = true;
            }
        }
    }

    fn end_command(&mut self, next: Next) {
        self.end_word();
        let mut words = std::mem::take(&mut self.words);
        let text = std::mem::take(&mut self.text).trim().to_owned();
        words.drain(..words.len() - behind_prefixes(&words).len());
        self.halves += usize::from(words.first().is_some_and(|word| word == "case"));
        if is_module_pip(&words) {
            words.drain(..words.iter().position(|word| word == "pip").unwrap_or_default());
        }
        if !words.is_empty() {
            self.commands.push(Command { words, text, next });
        }
    }
}

/// The words of a command without those that stand before it.
fn behind_prefixes(words: &[String]) -> &[String] {
    let before = |word: &String| BEFORE.contains(&word.as_str()) || is_assignment(word);
    let start = words.iter().position(|word| !before(word)).unwrap_or(words.len());
    &words[start..]
}

/// Whether it is pip under the name of its Python: `python3 -m pip …`.
fn is_module_pip(words: &[String]) -> bool {
    let Some((program, arguments)) = words.split_first() else { return false };
    let name = program.rsplit('/').next().unwrap_or_default();
    let version = name.strip_prefix("python").unwrap_or("?");
    let mut behind_options = arguments.iter().skip_while(|word| word.starts_with('-') && *word != "-m");
    version.chars().all(|c| c.is_ascii_digit() || c == '.')
        && behind_options.next().is_some_and(|word| word == "-m")
        && behind_options.next().is_some_and(|word| word == "pip")
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::commands;
    use crate::lint::command::Next;

    fn words(script: &str) -> Vec<String> {
        commands(script).iter().map(|command| command.words.join(" ")).collect()
    }

    #[test]
    fn commands_are_told_apart() {
        assert_eq!(words("a b && c; d | e || f &\ng"), ["a b", "c", "d", "e", "f", "g"]);
        assert_eq!(words("if ! a; then b; fi"), ["a", "b", "fi"]);
        assert_eq!(words("X=1 Y=$(c d) exec e >f 2>&1"), ["c d", "e >f 2>&1"]);
        assert_eq!(words("a # b && c\nd#e"), ["a", "d#e"]);
        assert_eq!(words("a \\\n  b"), ["a b"]);
    }

    #[test]
    fn quotes_are_no_part_of_words() {
        assert_eq!(words("echo 'a && b' \"c; \\\" d\" e\\ f"), ["echo a && b c; \" d e f"]);
        assert_eq!(words("echo 'never closed; rm"), ["echo never closed; rm"]);
    }

    #[test]
    fn texts_are_no_commands() {
        assert_eq!(words("cat <<EOF >f && b\napt-get upgrade\nEOF\nc"), ["cat >f", "b", "c"]);
        assert_eq!(words("cat <<-'E' x\n rm\n\tE\nc"), ["cat x", "c"]);
        assert_eq!(words("cat <<E\nno end"), ["cat"]);
    }

    #[test]
    fn patterns_are_no_commands() {
        let script = "case $a in\n  x|y) b | c ;; # d | e)\n  (z | w) f;;\n  *) g\nesac\nh | i";
        assert_eq!(words(script), ["b", "c", "f", "g", "esac", "h", "i"]);
        assert_eq!(
            words("case $(x || y) in a|b*) b;; esac; c; for d in e; do f; done"),
            ["case $", "x", "y", "b", "c", "for d in e", "f", "done"]
        );
        assert_eq!(words("case $a in b) cat <<E ;;\nx | y)\nE\nesac; c | d"), ["cat", "c", "d"]);
        assert_eq!(words("x=$(case $a in b) c;; esac); d; e | f"), ["c", "d", "e", "f"]);
    }

    #[test]
    fn a_case_stands_where_a_command_starts() {
        assert_eq!(words("echo case x in; a | b"), ["echo case x in", "a", "b"]);
        assert_eq!(words("echo $(x) in; a | b"), ["echo $", "x", "in", "a", "b"]);
        assert_eq!(words("if a; then case x in b|c) d; esac; fi"), ["a", "d", "esac", "fi"]);
    }

    #[test]
    fn pip_is_pip_however_it_is_called() {
        assert_eq!(words("python -m pip install a"), ["pip install a"]);
        assert_eq!(words("/venv/bin/python3.12 -I -m pip install pip"), ["pip install pip"]);
        assert_eq!(words("python x -m pip"), ["python x -m pip"]);
        assert_eq!(words("pythonic -m pip; python -m build"), ["pythonic -m pip", "python -m build"]);
    }

    #[test]
    fn what_follows_is_known() {
        let next: Vec<Next> = commands("a | b |& c || d && e\nf").iter().map(|it| it.next).collect();
        assert_eq!(next, [Next::Pipe, Next::Pipe, Next::Or, Next::Other, Next::Other, Next::Other]);
    }

    #[test]
    fn options_are_found() {
        let command = &commands("/usr/bin/apt-get -qy install --no-install-recommends curl")[0];
        assert!(command.is(&["apt-get"], &["install"]));
        assert!(command.has("-y") && command.has("--no-install-recommends") && !command.has("-f"));
        assert_eq!(command.operands().collect::<Vec<_>>(), ["install", "curl"]);
    }
}
