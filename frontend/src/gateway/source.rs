//! Places in source files, as errors and warnings show them to the user.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use buildkit_proto::google::protobuf::Any;
use buildkit_proto::pb;
use serde::Serialize;

use super::error::DETAIL_PREFIX;

/// A file that excerpts are cut from. The client cuts by line number, so it needs the whole text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceFile {
    /// The name shown above the excerpt.
    pub filename: String,
    /// The whole file.
    pub data: Vec<u8>,
    /// The language, as GitHub's linguist names it: `YAML`.
    pub language: String,
}

/// Lines of a file, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceRange {
    /// The first position.
    pub start: SourcePosition,
    /// The last position.
    pub end: SourcePosition,
}

/// A line, counted from 1, and a column. `BuildKit`'s clients look at the line only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SourcePosition {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub character: u32,
}

/// Ranges of one file that belong together: the client prints them as one excerpt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceExcerpt {
    /// The file.
    pub file: Arc<SourceFile>,
    /// What to mark in it.
    pub ranges: Vec<SourceRange>,
}

impl SourceRange {
    /// The lines `first` to `last`, counted from 1.
    pub fn lines(first: u32, last: u32) -> Self {
        let position = |line| SourcePosition { line, character: 0 };
        Self { start: position(first), end: position(last) }
    }
}

// serde hands the value over by reference.
#[expect(clippy::trivially_copy_pass_by_ref)]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[derive(Serialize)]
struct SourceDetail<'a> {
    info: InfoDetail<'a>,
    ranges: Vec<RangeDetail>,
}

#[derive(Serialize)]
struct InfoDetail<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    filename: &'a str,
    #[serde(skip_serializing_if = "String::is_empty")]
    data: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    language: &'a str,
}

#[derive(Serialize)]
struct RangeDetail {
    start: SourcePosition,
    end: SourcePosition,
}

impl SourceExcerpt {
    /// The detail of an error that makes the client print the excerpt.
    ///
    /// Details of `BuildKit` hold JSON, not protobuf, and name their fields as the protobuf message does.
    pub(super) fn to_detail(&self) -> Any {
        let detail = SourceDetail {
            info: InfoDetail {
                filename: &self.file.filename,
                data: STANDARD.encode(&self.file.data),
                language: &self.file.language,
            },
            ranges: self
                .ranges
                .iter()
                .map(|range| RangeDetail { start: range.start, end: range.end })
                .collect(),
        };
        Any {
            type_url: format!("{DETAIL_PREFIX}errdefs.Source+json"),
            // Text and numbers always become JSON; an empty detail is ignored by the client.
            value: serde_json::to_vec(&detail).unwrap_or_default(),
        }
    }

    pub(super) fn info(&self) -> pb::SourceInfo {
        pb::SourceInfo {
            filename: self.file.filename.clone(),
            data: self.file.data.clone(),
            definition: None,
            language: self.file.language.clone(),
        }
    }

    pub(super) fn pb_ranges(&self) -> Vec<pb::Range> {
        let position = |position: SourcePosition| {
            Some(pb::Position {
                line: i32::try_from(position.line).unwrap_or(i32::MAX),
                character: i32::try_from(position.character).unwrap_or(i32::MAX),
            })
        };
        let range =
            |range: &SourceRange| pb::Range { start: position(range.start), end: position(range.end) };
        self.ranges.iter().map(range).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detail_is_the_json_that_clients_read() {
        let file = SourceFile {
            filename: "build.yaml".to_owned(),
            data: b"stages:\n".to_vec(),
            language: "YAML".to_owned(),
        };
        let mut second = SourceRange::lines(3, 4);
        second.end.character = 7;
        let excerpt = SourceExcerpt { file: Arc::new(file), ranges: vec![SourceRange::lines(1, 1), second] };
        let detail = excerpt.to_detail();
        assert_eq!(detail.type_url, "github.com/moby/buildkit/errdefs.Source+json");
        assert_eq!(
            String::from_utf8(detail.value).unwrap(),
            r#"{"info":{"filename":"build.yaml","data":"c3RhZ2VzOgo=","language":"YAML"},"#.to_owned()
                + r#""ranges":[{"start":{"line":1},"end":{"line":1}},"#
                + r#"{"start":{"line":3},"end":{"line":4,"character":7}}]}"#
        );
    }
}
