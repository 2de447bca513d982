//! Ignore files: which files of the build context the client need not send.
//!
//! Input is the text of a `.dockerignore`, output the patterns in the form that a local source takes
//! (`local.excludepatterns`). The client does the filtering; the matcher here is only to explain why a file
//! that the user can see is not in the build.
//!
//! The language is not that of `.gitignore`: patterns start at the top of the context, so `x` does not
//! mean `d/x`, and a slash at the end says nothing. A pattern takes whatever is below what it matches.
//! Of several patterns that match, the last one counts; one with `!` takes files back in.

mod pattern;

use std::fmt;

use pattern::Pattern;

/// Bytes of a line at which `BuildKit`'s own reader gives up.
const MAX_LINE: usize = 64 << 10;

/// Everything that is wrong with an ignore file, in the order of its lines; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IgnoreErrors(pub Vec<IgnoreError>);

/// A line of an ignore file that is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct IgnoreError {
    /// The line, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub problem: IgnoreProblem,
}

/// What is wrong with a line of an ignore file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IgnoreProblem {
    /// The line is not UTF-8.
    #[error("not UTF-8")]
    NotText,
    /// The line is longer than `BuildKit` reads.
    #[error("longer than 64 KiB")]
    TooLong,
    /// There is nothing behind the `!`.
    #[error("`!` needs a pattern behind it")]
    LoneExclamation,
    /// The pattern is none: a `[` is not closed, say, or nothing follows a `\`.
    #[error("`{0}` is not a pattern: {1}")]
    BadPattern(String, &'static str),
}

impl fmt::Display for IgnoreErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(formatter, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for IgnoreErrors {}

/// The patterns of an ignore file, cleaned, with their `!`. Reports every line that is wrong.
pub fn parse(text: &[u8]) -> Result<Vec<String>, IgnoreErrors> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut patterns = Vec::new();
    let mut errors = Vec::new();
    for (line, text) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        match pattern_of(text) {
            Ok(found) => patterns.extend(found),
            Err(problem) => errors.push(IgnoreError { line, problem }),
        }
    }
    if errors.is_empty() { Ok(patterns) } else { Err(IgnoreErrors(errors)) }
}

/// The pattern on a line, if there is one.
fn pattern_of(line: &[u8]) -> Result<Option<String>, IgnoreProblem> {
    if line.len() >= MAX_LINE {
        return Err(IgnoreProblem::TooLong);
    }
    let line = std::str::from_utf8(line).map_err(|_| IgnoreProblem::NotText)?;
    let trimmed = line.trim();
    if line.starts_with('#') || trimmed.is_empty() {
        return Ok(None);
    }
    let (mark, rest) = match trimmed.strip_prefix('!') {
        Some(rest) => ("!", rest.trim_start()),
        None => ("", trimmed),
    };
    if rest.is_empty() {
        return Err(IgnoreProblem::LoneExclamation);
    }
    let cleaned = clean(rest);
    let path = match cleaned.strip_prefix('/') {
        Some(path) if !path.is_empty() => path,
        _ => &cleaned,
    };
    compiled(path)?;
    Ok(Some(format!("{mark}{path}")))
}

fn compiled(text: &str) -> Result<Pattern, IgnoreProblem> {
    Pattern::parse(text).map_err(|why| IgnoreProblem::BadPattern(text.to_owned(), why))
}

/// Tells which paths patterns leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// As it was given.
    text: String,
    /// Whether it takes files back in.
    exception: bool,
    pattern: Pattern,
}

impl Matcher {
    /// A matcher for patterns as [`parse`] yields them.
    pub fn new(patterns: &[String]) -> Result<Self, IgnoreProblem> {
        let rule = |text: &String| {
            let (exception, path) = match text.strip_prefix('!') {
                Some(path) => (true, path),
                None => (false, text.as_str()),
            };
            Ok(Rule { text: text.clone(), exception, pattern: compiled(path)? })
        };
        Ok(Self { rules: patterns.iter().map(rule).collect::<Result<_, _>>()? })
    }

    /// Whether `path`, relative to the context, is left out.
    ///
    /// A directory is not, while something below it may be taken back in.
    pub fn matches(&self, path: &str) -> bool {
        self.hidden_by(path).is_some()
    }

    /// The pattern that leaves `path` out, if one does; see [`Matcher::matches`].
    pub fn hidden_by(&self, path: &str) -> Option<&str> {
        let path = clean(path.trim_start_matches('/'));
        let last = self.rules.iter().rposition(|rule| rule.pattern.covers(&path))?;
        let (last, later) = self.rules[last..].split_first()?;
        let taken_back = later.iter().any(|rule| rule.exception && rule.pattern.reaches_below(&path));
        (!last.exception && !taken_back).then_some(&last.text)
    }
}

/// A pattern for one name: what stands between two slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Pattern);

impl Glob {
    /// Reads a pattern without slashes.
    pub fn new(text: &str) -> Result<Self, IgnoreProblem> {
        compiled(text).map(Self)
    }

    /// Whether it is the pattern of a name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.covers(name)
    }
}

/// The shortest path of the same meaning, without looking at any file: `./a//b/../c/` is `a/c`.
fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.join("/")) {
        (true, path) => format!("/{path}"),
        (false, path) if path.is_empty() => ".".to_owned(),
        (false, path) => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &str) -> Vec<String> {
        parse(text.as_bytes()).unwrap()
    }

    fn matcher(text: &str) -> Matcher {
        Matcher::new(&patterns(text)).unwrap()
    }

    #[test]
    fn lines_become_clean_patterns() {
        let text =
            "\u{feff}# comment\r\n\n  a  \r\n # not a comment\n/b/\n./c//d/../e\n! /f \n!!g\n/\n.\n../h";
        assert_eq!(
            patterns(text),
            ["a", "# not a comment", "b", "c/e", "!f", "!!g", "/", ".", "../h"].map(str::to_owned)
        );
        assert!(patterns("# only\n").is_empty());
    }

    #[test]
    fn a_path_cannot_go_above_the_root() {
        assert_eq!(patterns("/../a\na/../../b\na/.."), ["a", "../b", "."]);
    }

    #[test]
    fn every_wrong_line_is_reported() {
        let long = vec![b'a'; MAX_LINE];
        let text = [b"ok\n!\n[a\n".as_slice(), &long, b"\n\xff\na\\\nx[]"].concat();
        assert_eq!(
            parse(&text).unwrap_err().to_string(),
            "line 2: `!` needs a pattern behind it\n\
             line 3: `[a` is not a pattern: `[` is not closed\n\
             line 4: longer than 64 KiB\n\
             line 5: not UTF-8\n\
             line 6: `a\\` is not a pattern: nothing follows `\\`\n\
             line 7: `x[]` is not a pattern: `]` and `-` in `[]` need a `\\` in front"
        );
    }

    #[test]
    fn the_last_match_counts_and_is_named() {
        let matcher = matcher("docs\n!docs/index.md\n*.log\n!keep.log\n./keep.log/");
        let hides = |path| matcher.hidden_by(path);
        assert_eq!(hides("docs/guide.md"), Some("docs"));
        assert_eq!(hides("docs/index.md"), None);
        assert_eq!(hides("a.log"), Some("*.log"));
        assert_eq!(hides("keep.log"), Some("keep.log"));
        assert_eq!(hides("d/a.log"), None);
        assert_eq!(hides("./docs//guide.md"), Some("docs"));
        assert_eq!(hides("/docs/guide.md"), Some("docs"));
    }

    #[test]
    fn a_directory_is_not_hidden_while_something_below_may_be_taken_back() {
        let matcher = matcher("*\n!src/**/*.go\n!/README.md");
        for path in ["src", "src/a", "src/a/b.go", "README.md"] {
            assert!(!matcher.matches(path), "{path}");
        }
        assert!(matcher.matches("docs") && matcher.matches("go.mod"));
    }

    #[test]
    fn without_patterns_nothing_is_hidden() {
        assert!(!Matcher::default().matches("a"));
        assert_eq!(
            Matcher::new(&["[".to_owned()]).unwrap_err().to_string(),
            "`[` is not a pattern: `[` is not closed"
        );
    }
}
