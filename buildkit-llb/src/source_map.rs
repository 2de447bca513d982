//! Where ops came from: files, and ranges of lines in them.

use buildkit_proto::pb;

use crate::definition::Definition;

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
}

/// Ranges of a file, as they are sent: imported ones may be several and end within a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) file: SourceFileId,
    pub(crate) ranges: Vec<pb::Range>,
}

impl Place {
    /// The lines of the first range.
    pub(crate) fn location(&self) -> Option<Location> {
        let range = self.ranges.first()?;
        let line =
            |position: Option<pb::Position>| u32::try_from(position.map_or(0, |position| position.line)).ok();
        Some(Location { file: self.file, first_line: line(range.start)?, last_line: line(range.end)? })
    }
}

impl From<Location> for Place {
    fn from(location: Location) -> Self {
        let position =
            |line: u32| Some(pb::Position { line: i32::try_from(line).unwrap_or(i32::MAX), character: 0 });
        let range = pb::Range { start: position(location.first_line), end: position(location.last_line) };
        Self { file: location.file, ranges: vec![range] }
    }
}

/// The files of a definition under construction: only those that its ops point at, by numbers of its own.
pub(crate) struct Files<'g> {
    known: &'g [SourceFile],
    numbers: Vec<Option<i32>>,
    infos: Vec<pb::SourceInfo>,
}

impl<'g> Files<'g> {
    pub(crate) fn of(known: &'g [SourceFile]) -> Self {
        Self { known, numbers: vec![None; known.len()], infos: Vec::new() }
    }

    /// Adds places to those that are known of an op.
    pub(crate) fn locate(&mut self, places: impl Iterator<Item = Place>, known: &mut pb::Locations) {
        for Place { file, ranges } in places {
            let Some(source_index) = self.number(file) else { continue };
            let location = pb::Location { source_index, ranges };
            if !known.locations.contains(&location) {
                // Nearly every op has one place, and there are many ops.
                known.locations.reserve_exact(1);
                known.locations.push(location);
            }
        }
    }

    fn number(&mut self, id: SourceFileId) -> Option<i32> {
        let file = self.known.get(id.0 as usize)?;
        let number = self.numbers.get_mut(id.0 as usize)?;
        if number.is_none() {
            *number = i32::try_from(self.infos.len()).ok();
            self.infos.push(file.to_pb());
        }
        *number
    }

    pub(crate) fn finish(self) -> Vec<pb::SourceInfo> {
        self.infos
    }
}
