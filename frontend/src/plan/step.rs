//! What a step of a stage does, and where its changes are made.

use spec_schema::decode::Mode;
use spec_schema::span::Span;

use super::{CopyFilter, CopySource, Owner, RunPlan};
use crate::external::External;
use crate::paths::parent;
use crate::select::Source;

/// One step: something that makes a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct StepPlan {
    /// What is shown while it runs: the stage, its number and [`StepPlan::display`].
    pub name: String,
    /// What it does, in a line.
    pub display: String,
    /// Where it stands.
    pub span: Span,
    /// Whether it runs even if its result is cached.
    pub no_cache: bool,
    /// What it does.
    pub action: Action,
    /// Whether its changes are a layer of their own, where the spec says.
    pub link: Option<bool>,
    /// Where its changes are made.
    pub place: Place,
}

impl StepPlan {
    /// Whether it makes no layer: what it asks for is there.
    pub fn comes_to_nothing(&self) -> bool {
        matches!(&self.action, Action::Files(changes) if changes.is_empty())
    }

    pub(super) fn new(display: String, span: Span, action: Action) -> Self {
        Self { name: String::new(), display, span, no_cache: false, action, link: None, place: Place::OnTop }
    }
}

/// Where the changes of a step are made.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    /// On what the step before it has left.
    OnTop,
    /// On a layer of their own, which is put onto that.
    Apart(Apart),
}

impl Apart {
    /// What `link: true` means: nothing is taken from below. A `chmod` is for what is copied, not for what is above it.
    pub(super) fn asked_for(action: &Action) -> Self {
        let Action::Files(changes) = action else { return Self::default() };
        let parents = changes.iter().filter_map(|change| match change {
            FileChange::Copy { dest, mode: Some(_), .. } => Some(parent(dest)).filter(|path| *path != "/"),
            _ => None,
        });
        let made = parents.map(|path| FileChange::Mkdir { path: path.to_owned(), mode: 0o755, owner: None });
        Self { directories: made.collect(), after: Vec::new() }
    }
}

/// A layer of its own.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Apart {
    /// Directories to make first, as they are below.
    pub directories: Vec<FileChange>,
    /// The steps of the stage, by position, on whose layers it is made. Else it is made on nothing.
    pub after: Vec<usize>,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Runs a process.
    Run(Box<RunPlan>),
    /// Changes files, without any process.
    Files(Vec<FileChange>),
    /// Does the steps of each branch on what was there before, and merges what they change.
    Parallel(Vec<Vec<StepPlan>>),
}

impl Action {
    /// Whether what it makes may differ without that showing in the graph: a process may do anything, and what is copied may have
    /// come from anywhere. A text that is written, and what is removed or linked, is the same each time.
    pub fn can_differ(&self) -> bool {
        match self {
            Self::Run(_) => true,
            Self::Files(changes) => changes
                .iter()
                .any(|change| matches!(change, FileChange::Copy { .. } | FileChange::Fetch { .. })),
            Self::Parallel(_) => false,
        }
    }
}

/// Where copied or mounted files come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileSource {
    /// The build context.
    Context,
    /// Scratch, a stage or an image.
    Other(Source),
}

/// A change of files. Paths are absolute.
#[derive(Debug, Clone, PartialEq)]
pub enum FileChange {
    /// Copies paths of a source.
    Copy {
        /// Where they are copied from.
        from: FileSource,
        /// What is copied.
        sources: Vec<CopySource>,
        /// Where to; a directory if it ends with a slash.
        dest: String,
        /// Who owns the copies. Default: root.
        owner: Option<Owner>,
        /// Their permissions. Default: as they were.
        mode: Option<Mode>,
        /// Which of them.
        filter: CopyFilter,
        /// Whether archives are unpacked.
        unpack: bool,
    },
    /// Copies what is behind a URL.
    Fetch {
        /// What is there.
        source: Box<External>,
        /// Where the spec names it.
        span: Span,
        /// The path that is copied: the file of a download, or the root of a repository.
        path: String,
        /// Where to; a directory if it ends with a slash.
        dest: String,
        /// Who owns the copies. Default: root.
        owner: Option<Owner>,
        /// Their permissions. Default: as they are.
        mode: Option<Mode>,
        /// Whether an archive is unpacked.
        unpack: bool,
    },
    /// Writes a file.
    Write {
        /// The file.
        path: String,
        /// What it holds.
        content: Vec<u8>,
        /// Its permissions.
        mode: u32,
        /// Who owns it. Default: root.
        owner: Option<Owner>,
    },
    /// Makes a directory and its parents.
    Mkdir {
        /// The directory.
        path: String,
        /// Its permissions.
        mode: u32,
        /// Who owns it. Default: root.
        owner: Option<Owner>,
    },
    /// Removes paths.
    Remove {
        /// What; a pattern is possible.
        path: String,
        /// Whether it may be missing.
        missing_ok: bool,
    },
    /// Makes a link that holds `target`.
    Symlink {
        /// What the link holds.
        target: String,
        /// Where it is.
        path: String,
    },
}
