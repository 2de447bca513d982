//! The files that make up a spec, and places in them as people count: lines and columns.

use std::sync::Arc;

use spec_schema::span::{FileId, Span};

/// One spec file as it was read.
#[derive(Debug, Clone)]
pub struct SpecFile {
    /// Its name as the client gave it, such as `build.yaml`.
    pub name: String,
    /// Its text.
    pub text: Arc<str>,
    /// Offset of the first byte of each line.
    line_starts: Vec<u32>,
    /// Whether steps may stand in it.
    has_steps: bool,
    /// Where another file asks for it, if it is none of the user's.
    asked_at: Option<Span>,
}

impl SpecFile {
    /// A file and its lines; a line ends with a line feed.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let starts = text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .filter_map(|(i, _)| u32::try_from(i + 1).ok());
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { name: name.into(), text, line_starts, has_steps: true, asked_at: None }
    }

    /// A file that says something about a spec, and in which no step can stand.
    pub fn about_spec(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Self { has_steps: false, ..Self::new(name, text) }
    }

    /// A file of a preset, which the user asks for at that place.
    pub fn of_preset(name: impl Into<String>, text: impl Into<Arc<str>>, asked_at: Span) -> Self {
        Self { asked_at: Some(asked_at), ..Self::new(name, text) }
    }

    /// Whether steps may stand in it.
    pub fn has_steps(&self) -> bool {
        self.has_steps
    }

    /// Where the user asks for it, if it is a preset's.
    pub fn asked_at(&self) -> Option<Span> {
        self.asked_at
    }

    /// The text of a line, counted from 1, without its end.
    pub fn line(&self, line: u32) -> &str {
        let at = (line as usize).saturating_sub(1);
        let start = self.line_starts.get(at).map_or(self.text.len(), |start| *start as usize);
        let end = self.line_starts.get(at + 1).map_or(self.text.len(), |next| *next as usize);
        self.text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }

    /// Line and column of a byte, both counted from 1; columns are characters.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1] as usize;
        let end = (offset as usize).clamp(start, self.text.len());
        let column = self.text.get(start..end).map_or(1, |before| before.chars().count() + 1);
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }
}

/// A place as an editor shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Counted from 1.
    pub line: u32,
    /// Counted from 1, in characters.
    pub column: u32,
}

/// All files of a spec.
#[derive(Debug, Clone, Default)]
pub struct SpecFiles {
    files: Vec<SpecFile>,
}

impl SpecFiles {
    /// Adds a file; its id is how many there were.
    pub fn add(&mut self, file: SpecFile) {
        self.files.push(file);
    }

    /// Gives files other names, where `new` has one for the name.
    pub fn rename(&mut self, new: impl Fn(&str) -> Option<String>) {
        for file in &mut self.files {
            if let Some(name) = new(&file.name) {
                file.name = name;
            }
        }
    }

    /// The file of a span; the first where there is no such file.
    pub fn get(&self, id: FileId) -> Option<&SpecFile> {
        self.files.get(usize::from(id.0))
    }

    /// The id of the file that is added next.
    pub fn next_id(&self) -> FileId {
        FileId(u16::try_from(self.files.len()).unwrap_or(u16::MAX))
    }

    /// The files in which steps stand, in the order of their ids: all others have been added later.
    pub fn with_steps(&self) -> impl Iterator<Item = &SpecFile> {
        self.files.iter().take_while(|file| file.has_steps)
    }

    /// The files in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &SpecFile> {
        self.files.iter()
    }

    /// `file:line:column` of a span's start.
    pub fn locate(&self, span: Span) -> String {
        match self.get(span.file) {
            None => String::new(),
            Some(file) => {
                let Position { line, column } = file.position(span.start);
                format!("{}:{line}:{column}", file.name)
            }
        }
    }

    /// First and last line of a span, counted from 1.
    pub fn lines(&self, span: Span) -> (u32, u32) {
        self.get(span.file).map_or((1, 1), |file| {
            let first = file.position(span.start).line;
            // A span that ends behind a line feed does not reach into the next line.
            let last = file.position(span.end.max(span.start + 1) - 1).line;
            (first, last)
        })
    }
}
