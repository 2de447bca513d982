//! One pattern of an ignore file, matched in time that grows with the product of the lengths.

/// A compiled pattern.
///
/// `*` is any run of characters within a name, `?` one such character, `[a-z]` and `[^a-z]` a character in
/// or not in a set, `\` takes away the meaning of the next character. `**` is any number of whole names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(char),
    /// `?`.
    One,
    /// `*`.
    Run,
    /// `[...]`.
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `**` at the end: all the rest.
    Rest,
    /// `**` elsewhere: nothing, or what the [`Token::Names`] behind it takes.
    Optional,
    /// Whole names, each with its slash.
    Names,
}

/// Which tokens may come next, and in the last place whether the pattern is complete.
type States = Vec<bool>;

impl Pattern {
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let mut tokens = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '*' if rest.next_if_eq(&'*').is_some() => {
                    let _ = rest.next_if_eq(&'/');
                    match rest.peek() {
                        None => tokens.push(Token::Rest),
                        Some(_) => tokens.extend([Token::Optional, Token::Names]),
                    }
                }
                '*' => tokens.push(Token::Run),
                '?' => tokens.push(Token::One),
                '[' => tokens.push(set(&mut rest)?),
                '\\' => tokens.push(Token::Literal(rest.next().ok_or(NO_ESCAPED)?)),
                literal => tokens.push(Token::Literal(literal)),
            }
        }
        Ok(Self(tokens))
    }

    /// Whether the pattern matches `path` or a directory that it is in.
    pub(super) fn covers(&self, path: &str) -> bool {
        let mut states = self.start();
        for character in path.chars() {
            if character == '/' && self.complete(&states) {
                return true;
            }
            states = self.step(&states, character);
        }
        self.complete(&states)
    }

    /// Whether the pattern may match something below `path`.
    pub(super) fn reaches_below(&self, path: &str) -> bool {
        let below = path.chars().chain(['/']);
        below.fold(self.start(), |states, next| self.step(&states, next)).contains(&true)
    }

    fn start(&self) -> States {
        let mut states = vec![false; self.0.len() + 1];
        states[0] = true;
        self.skip(&mut states);
        states
    }

    fn complete(&self, states: &States) -> bool {
        states[self.0.len()]
    }

    /// Adds what may come next because a token may stand for nothing.
    fn skip(&self, states: &mut States) {
        for (index, token) in self.0.iter().enumerate() {
            if !states[index] {
                continue;
            }
            match token {
                Token::Run | Token::Rest => states[index + 1] = true,
                Token::Optional => {
                    states[index + 1] = true;
                    states[index + 2] = true;
                }
                _ => {}
            }
        }
    }

    fn step(&self, states: &States, next: char) -> States {
        let mut after = vec![false; states.len()];
        for (index, token) in self.0.iter().enumerate() {
            if !states[index] {
                continue;
            }
            match token {
                Token::Literal(character) => after[index + 1] |= *character == next,
                Token::One => after[index + 1] |= next != '/',
                Token::Set { negated, ranges } => {
                    let inside = ranges.iter().any(|(first, last)| (*first..=*last).contains(&next));
                    after[index + 1] |= inside != *negated;
                }
                Token::Run => after[index] |= next != '/',
                Token::Rest => after[index] = true,
                Token::Names => {
                    after[index] = true;
                    after[index + 1] |= next == '/';
                }
                Token::Optional => {}
            }
        }
        self.skip(&mut after);
        after
    }
}

const NOT_CLOSED: &str = "`[` is not closed";
const NO_ESCAPED: &str = "nothing follows `\\`";

/// The set behind a `[`, up to its `]`. It has at least one member.
fn set(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, &'static str> {
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || rest.next_if_eq(&']').is_none() {
        let first = member(rest)?;
        let last = match rest.next_if_eq(&'-') {
            Some(_) => member(rest)?,
            None => first,
        };
        if first > last {
            return Err("a range in `[]` runs backwards");
        }
        ranges.push((first, last));
    }
    Ok(Token::Set { negated, ranges })
}

fn member(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, &'static str> {
    match rest.next() {
        Some('\\') => rest.next().ok_or(NO_ESCAPED),
        Some(']' | '-') => Err("`]` and `-` in `[]` need a `\\` in front"),
        Some(character) => Ok(character),
        None => Err(NOT_CLOSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, covered: &[&str], not_covered: &[&str]) {
        let compiled = Pattern::parse(pattern).unwrap();
        for path in covered {
            assert!(compiled.covers(path), "`{pattern}` does not cover `{path}`");
        }
        for path in not_covered {
            assert!(!compiled.covers(path), "`{pattern}` covers `{path}`");
        }
    }

    #[test]
    fn a_plain_name_is_anchored_and_takes_what_is_below() {
        check("a", &["a", "a/b", "a/b/c"], &["b/a", "ab", "A"]);
        check("a/b", &["a/b", "a/b/c"], &["a", "b", "x/a/b"]);
        check("a.c", &["a.c"], &["abc"]);
        check("a+(b)|{c}$", &["a+(b)|{c}$"], &["aa"]);
    }

    #[test]
    fn a_star_and_a_question_mark_stay_within_a_name() {
        check("*", &["a", "a/b", ".git"], &[]);
        check("*.go", &["a.go", ".go", "a.go/x"], &["d/a.go", "a.go2"]);
        check("*/b", &["a/b", "a/b/c"], &["b", "a/a/b"]);
        check("a?c", &["abc"], &["ac", "a/c", "abbc"]);
    }

    #[test]
    fn two_stars_are_any_number_of_names() {
        check("**", &["a", "a/b"], &[]);
        check("**/x", &["x", "a/x", "a/b/x", "x/y"], &["ax", "a/bx"]);
        check("a/**", &["a/b", "a/b/c"], &["a", "b/a"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["ab", "a/xb"]);
        check("**/*.log", &["a.log", "d/e/a.log"], &["a.logs"]);
        check("a**b", &["ab", "ax/b"], &["axb"]);
    }

    #[test]
    fn sets_and_escapes() {
        check("[a-c]x", &["ax", "cx"], &["dx", "x"]);
        check("[^a-c]x", &["dx"], &["ax"]);
        check(r"\*", &["*"], &["a"]);
        check(r"[\]a]", &["]", "a"], &["b"]);
        check("ä[ö]ü", &["äöü"], &["äü"]);
    }

    #[test]
    fn patterns_that_no_path_can_match_are_refused() {
        let reason = |pattern| Pattern::parse(pattern).unwrap_err();
        assert_eq!(reason("["), NOT_CLOSED);
        assert_eq!(reason("[a"), NOT_CLOSED);
        assert_eq!(reason("[^"), NOT_CLOSED);
        assert_eq!(reason("a\\"), NO_ESCAPED);
        assert_eq!(reason("[z-a]"), "a range in `[]` runs backwards");
        assert_eq!(reason("[]a]"), "`]` and `-` in `[]` need a `\\` in front");
    }

    #[test]
    fn what_is_below_a_directory_may_be_reached() {
        let reaches = |pattern, path| Pattern::parse(pattern).unwrap().reaches_below(path);
        assert!(reaches("a/b", "a") && reaches("**/x", "a/b") && reaches("*/x", "a"));
        assert!(!reaches("a", "a") && !reaches("a/b", "b") && !reaches("*.go", "a"));
    }

    #[test]
    fn stars_in_a_row_take_no_time() {
        let pattern = "*a".repeat(50) + "b";
        check(&pattern, &[], &[&"a".repeat(2000)]);
    }
}
