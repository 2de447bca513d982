//! What the build context holds, where the spec alone does not say what is to be done.
//!
//! Whoever needs a file asks for it here. What is not known yet is noted, and the question is asked again once it has been looked
//! up: so that the phases stay pure, and every file that is needed at the same time is read at the same time.

use std::collections::{BTreeMap, BTreeSet};

/// Files of the build context, by their paths from its root.
#[derive(Debug, Default)]
pub struct Survey {
    files: BTreeMap<String, Option<Vec<u8>>>,
    matches: BTreeMap<String, Vec<String>>,
    wanted: Wanted,
}

/// What is to be looked up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files to read.
    pub files: BTreeSet<String>,
    /// Patterns, of which the paths are to be found: `*` and `?` stand for what is between two slashes.
    pub patterns: BTreeSet<String>,
}

impl Wanted {
    /// Whether there is nothing to look up.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.patterns.is_empty()
    }
}

impl Survey {
    /// The bytes of a file; `None` where there is none, or none is known yet.
    pub fn file(&mut self, path: &str) -> Option<&[u8]> {
        if !self.files.contains_key(path) {
            self.wanted.files.insert(path.to_owned());
        }
        self.files.get(path)?.as_deref()
    }

    /// The text of a file, with the line ends of Unix and no mark of its encoding; bytes that are no text are replaced.
    pub fn text(&mut self, path: &str) -> Option<String> {
        self.file(path).map(decoded)
    }

    /// Whether there is a file, as far as is known.
    pub fn has(&mut self, path: &str) -> bool {
        self.file(path).is_some()
    }

    /// The paths that match a pattern, as far as is known; a pattern without wildcards is a path by itself.
    pub fn matching(&mut self, pattern: &str) -> Vec<String> {
        if !pattern.contains(['*', '?', '[']) {
            return if self.has(pattern) { vec![pattern.to_owned()] } else { Vec::new() };
        }
        if !self.matches.contains_key(pattern) {
            self.wanted.patterns.insert(pattern.to_owned());
        }
        self.matches.get(pattern).cloned().unwrap_or_default()
    }

    /// Whether everything that was asked for so far is known.
    pub fn is_settled(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What was asked for and is not known; nothing where all questions were answered.
    pub fn wanted(&mut self) -> Wanted {
        std::mem::take(&mut self.wanted)
    }

    /// Notes what a file holds, or that there is none.
    pub fn found(&mut self, path: String, bytes: Option<Vec<u8>>) {
        self.files.insert(path, bytes);
    }

    /// Notes which paths match a pattern.
    pub fn listed(&mut self, pattern: String, mut paths: Vec<String>) {
        paths.sort_unstable();
        self.matches.insert(pattern, paths);
    }
}

/// A text as editors and shells of Windows write it, too: UTF-8 or UTF-16 behind a mark.
fn decoded(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xff, 0xfe, units @ ..] => utf_16(units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => utf_16(units, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] | text => String::from_utf8_lossy(text).into_owned(),
    };
    text.replace("\r\n", "\n")
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let pairs = bytes.as_chunks::<2>().0.iter();
    let units: Vec<u16> = pairs.map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use super::decoded;

    #[test]
    fn texts_of_windows_are_texts() {
        assert_eq!(decoded(b"\xef\xbb\xbfa\r\nb\n"), "a\nb\n");
        assert_eq!(decoded(b"\xff\xfea\0\r\0\n\0"), "a\n");
        assert_eq!(decoded(b"\xfe\xff\0a\0b"), "ab");
        assert_eq!(decoded(b"a\rb"), "a\rb");
    }
}
