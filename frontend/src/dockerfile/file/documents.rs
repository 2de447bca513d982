//! Here-documents: which an instruction starts.

/// A text that stands below an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HereDocument {
    /// The line that ends it, and the name of the file that it makes.
    pub name: String,
    /// Whether variables in it are replaced: not where its name is quoted.
    pub expand: bool,
    /// Whether tabs at the start of lines are taken away: `<<-`.
    pub strips: bool,
    /// Its lines as they stand.
    pub content: String,
}

impl HereDocument {
    /// Its lines, without tabs at their start where they are to be taken away.
    pub fn text(&self) -> String {
        if !self.strips {
            return self.content.clone();
        }
        self.content.split_inclusive('\n').map(|line| line.trim_start_matches('\t')).collect()
    }
}

/// The here-documents that an instruction starts, without what they hold.
pub(super) fn of_line(line: &str) -> Vec<HereDocument> {
    if !line.contains("<<") || !may_have(line) {
        return Vec::new();
    }
    words(line).unwrap_or_default().iter().filter_map(|word| of_word(word)).collect()
}

/// Only these have any; `ONBUILD` where what it holds may.
fn may_have(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace().map(str::to_ascii_lowercase);
    let mut next = || words.next().unwrap_or_default();
    let mut name = next();
    if name == "onbuild" {
        name = next();
    }
    matches!(name.as_str(), "run" | "copy" | "add")
}

/// The here-document that a word starts.
pub(super) fn of_word(word: &str) -> Option<HereDocument> {
    let rest = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")?;
    let (strips, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = rest.trim_start();
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let name = unquoted(rest)?;
    let quotes = |text: &str| text.matches(['"', '\'']).count();
    let expand = quotes(&name) == quotes(rest);
    Some(HereDocument { name, expand, strips, content: String::new() })
}

/// A single word without its quotes and escapes; `None` where it is none.
fn unquoted(word: &str) -> Option<String> {
    let mut text = String::new();
    let mut quote = None;
    let mut chars = word.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None | Some('"'), '\\') => text.extend(chars.next()),
            (None, c) if c.is_whitespace() => return None,
            (_, c) => text.push(c),
        }
    }
    (quote.is_none() && !text.is_empty()).then_some(text)
}

/// The words of a line as a shell would part them, quotes and escapes kept; `None` where quotes or braces are open.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend((!word.is_empty()).then(|| std::mem::take(&mut word))),
            '\\' => {
                word.push(c);
                word.extend(chars.next());
            }
            '\'' | '"' => {
                word.push(c);
                loop {
                    let inner = chars.next()?;
                    word.push(inner);
                    match inner {
                        inner if inner == c => break,
                        '\\' if c == '"' => word.push(chars.next()?),
                        _ => {}
                    }
                }
            }
            '$' if chars.peek() == Some(&'{') => {
                word.push(c);
                loop {
                    let inner = chars.next()?;
                    word.push(inner);
                    if inner == '}' {
                        break;
                    }
                }
            }
            '<' if chars.peek() == Some(&'<') => {
                word.push_str("<<");
                chars.next();
                // Blanks may stand before the name.
                while let Some(blank) = chars.next_if(|c| matches!(c, ' ' | '\t' | '\r')) {
                    word.push(blank);
                }
            }
            c => word.push(c),
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::of_line;

    fn names(line: &str) -> Vec<(String, bool, bool)> {
        of_line(line).into_iter().map(|found| (found.name, found.expand, found.strips)).collect()
    }

    #[test]
    fn here_documents_start_with_words() {
        let found = |name: &str, expand, strips| (name.to_owned(), expand, strips);
        assert_eq!(names("RUN cat <<EOF >a <<-'B'"), [found("EOF", true, false), found("B", false, true)]);
        assert_eq!(
            names("COPY <<\"a\" << b 3<<c /x"),
            [found("a", false, false), found("b", true, false), found("c", true, false)]
        );
        assert_eq!(names("onbuild run <<EOF"), [found("EOF", true, false)]);
        for none in [
            "RUN cat<<EOF",
            "RUN a <<<b",
            "RUN echo \"<<EOF\"",
            "RUN echo $((1<<2))",
            "ENV A <<EOF",
            "RUN a \"<<EOF",
        ] {
            assert_eq!(names(none), [], "{none}");
        }
    }
}
