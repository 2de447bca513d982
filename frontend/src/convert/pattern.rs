//! What a Dockerfile cuts out of a value: `${NAME#pattern}` and its like.

use regex_lite::Regex;

/// The part of a value that is left; `None` for a pattern that cannot be read.
pub(super) fn apply(value: &str, sign: char, text: &str) -> Option<String> {
    match sign {
        '/' => replace(value, text),
        _ => {
            let (greedy, pattern) = text.strip_prefix(sign).map_or((false, text), |rest| (true, rest));
            cut(value, sign, pattern, greedy)
        }
    }
}

fn replace(value: &str, text: &str) -> Option<String> {
    let (all, text) = text.strip_prefix('/').map_or((false, text), |rest| (true, rest));
    let at = slash(text)?;
    let (pattern, replacement) = (text.get(..at)?, text.get(at + 1..)?);
    let pattern = Regex::new(&expression(pattern)).ok()?;
    let replacement = regex_lite::NoExpand(replacement);
    Some(
        if all { pattern.replace_all(value, replacement) } else { pattern.replace(value, replacement) }
            .into_owned(),
    )
}

/// Where the first slash stands that is not escaped.
fn slash(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices()
        .find(|(_, c)| {
            let is_it = *c == '/' && !escaped;
            escaped = *c == '\\' && !escaped;
            is_it
        })
        .map(|(at, _)| at)
}

/// Takes the shortest or the longest match off the start or the end.
fn cut(value: &str, sign: char, pattern: &str, greedy: bool) -> Option<String> {
    let whole = Regex::new(&format!("^(?:{})$", expression(pattern))).ok()?;
    let ends: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    let matches = |at: &usize| {
        let part = if sign == '#' { value.get(..*at) } else { value.get(*at..) };
        part.is_some_and(|part| whole.is_match(part))
    };
    // Long matches end late at the start of a value, and begin early at its end.
    let first_is_wanted = (sign == '#') != greedy;
    let found = if first_is_wanted {
        ends.iter().find(|at| matches(at))
    } else {
        ends.iter().rfind(|at| matches(at))
    };
    Some(match (found, sign) {
        (None, _) => value.to_owned(),
        (Some(at), '#') => value.get(*at..)?.to_owned(),
        (Some(at), _) => value.get(..*at)?.to_owned(),
    })
}

/// A pattern of a shell as a regular expression.
fn expression(pattern: &str) -> String {
    let mut expression = String::from("(?s)");
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => expression += ".*",
            '?' => expression.push('.'),
            '\\' => expression += &regex_lite::escape(&chars.next().unwrap_or('\\').to_string()),
            c => expression += &regex_lite::escape(&c.to_string()),
        }
    }
    expression
}

#[cfg(test)]
mod tests {
    use super::apply;

    #[test]
    fn parts_of_values() {
        let cases = [
            ("v1.2.3", '#', "v", "1.2.3"),
            ("v1.2.3", '#', "*.", "2.3"),
            ("v1.2.3", '#', "#*.", "3"),
            ("v1.2.3", '%', ".*", "v1.2"),
            ("v1.2.3", '%', "%.*", "v1"),
            ("v1.2.3", '%', "x", "v1.2.3"),
            ("v1.2.3", '/', "./-", "v1-2.3"),
            ("v1.2.3", '/', "/./-", "v1-2-3"),
            ("a/b", '/', "\\//+", "a+b"),
        ];
        for (value, sign, text, expected) in cases {
            assert_eq!(apply(value, sign, text).as_deref(), Some(expected), "{value} {sign} {text}");
        }
    }
}
