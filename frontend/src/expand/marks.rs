//! What YAML has besides a tree: comments, and where a person would break a line.

use std::collections::BTreeMap;

/// Comments and line breaks by the path of what they belong to: keys and positions, as in `stages/app/steps/0`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    above: BTreeMap<String, Vec<String>>,
    lines: BTreeMap<String, Vec<String>>,
}

impl Marks {
    /// Adds lines above what has that path; each starts with `#`.
    pub fn comment(&mut self, path: &str, lines: impl IntoIterator<Item = String>) {
        let mut lines = lines.into_iter().peekable();
        if lines.peek().is_some() {
            self.above.entry(path.to_owned()).or_default().extend(lines);
        }
    }

    /// Says that a text is written in several lines, which blanks join.
    pub fn break_at(&mut self, path: &str, lines: Vec<String>) {
        self.lines.insert(path.to_owned(), lines);
    }

    /// The lines above what has that path.
    pub(super) fn above(&self, path: &str) -> &[String] {
        self.above.get(path).map_or(&[], Vec::as_slice)
    }

    /// The lines of a text, as long as they are that text.
    pub(super) fn lines(&self, path: &str, text: &str) -> Option<&[String]> {
        self.lines.get(path).map(Vec::as_slice).filter(|lines| lines.len() > 1 && lines.join(" ") == text)
    }

    /// Whether something below that path has a comment.
    pub(super) fn inside(&self, path: &str) -> bool {
        let below = format!("{path}/");
        self.above.range(below.clone()..).next().is_some_and(|(first, _)| first.starts_with(&below))
    }
}
