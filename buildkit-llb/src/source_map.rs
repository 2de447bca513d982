//! Where ops came from: files, and ranges of lines in them.

use buildkit_proto::pb;

use crate::marshal::Definition;

/// A file that ops point at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceFile {
    /// The name that the client shows.
    pub filename: String,
    /// All of the file: excerpts are cut from it by line.
    pub data: Vec<u8>,
    /// The language, as GitHub's linguist names it. Since `BuildKit` 0.12; ignored before.
    pub language: String,
    /// What loaded the file.
    pub definition: Option<Definition>,
}

impl SourceFile {
    /// A file of which it is not said what loaded it.
    pub fn new(filename: impl Into<String>, data: Vec<u8>, language: impl Into<String>) -> Self {
        Self { filename: filename.into(), data, language: language.into(), definition: None }
    }

    pub(crate) fn to_pb(&self) -> pb::SourceInfo {
        pb::SourceInfo {
            filename: self.filename.clone(),
            data: self.data.clone(),
            definition: self.definition.clone().map(Definition::into_pb),
            language: self.language.clone(),
        }
    }
}

/// A file of a [`Graph`](crate::Graph).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFileId(pub(crate) u32);

/// Lines of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: SourceFileId,
    /// The first line, counted from 1.
    pub first_line: u32,
    /// The last line.
    pub last_line: u32,
}

impl Location {
    /// The lines from `first` to `last`, counted from 1.
    pub fn lines(file: SourceFileId, first: u32, last: u32) -> Self {
        Self { file, first_line: first, last_line: last }
    }

    pub(crate) fn to_pb(self, source_index: i32) -> pb::Location {
        let position =
            |line: u32| Some(pb::Position { line: i32::try_from(line).unwrap_or(i32::MAX), character: 0 });
        let range = pb::Range { start: position(self.first_line), end: position(self.last_line) };
        pb::Location { source_index, ranges: vec![range] }
    }
}
