//! What the client shows for each vertex.

use buildkit_llb::Platform;

use crate::select::SelectedStage;

/// The longest command that is shown; what is longer ends with an ellipsis.
const MAX_SHOWN: usize = 200;

/// The names of one stage's vertices: `[build 2/5] run go build`.
#[derive(Debug, Clone)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(stage: &SelectedStage, build: &Platform, target: &Platform, several: bool) -> Self {
        Self { prefix: format!("{}{}", platforms(stage, build, target, several), stage.name) }
    }

    /// The name of one of `total` vertices, counted from 1. What a stage starts from is the first.
    pub(super) fn vertex(&self, number: usize, total: usize, display: &str) -> String {
        format!("[{} {number}/{total}] {display}", self.prefix)
    }

    /// What stands in front of each.
    pub(super) fn stage(&self) -> String {
        self.prefix.clone()
    }

    /// The same as it stands there.
    pub(super) fn label(&self) -> String {
        format!("[{}]", self.prefix)
    }
}

fn platforms(stage: &SelectedStage, build: &Platform, target: &Platform, several: bool) -> String {
    if !several {
        return String::new();
    }
    if stage.platform == *build && stage.platform != *target {
        return format!("{build}->{} ", target.architecture);
    }
    format!("{} ", stage.platform)
}

/// A command on one line.
pub(super) fn one_line(command: &str) -> String {
    let line = command.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ⏎ ");
    match line.char_indices().nth(MAX_SHOWN) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
