//! A Dockerfile as a build spec.
//!
//! The spec has the places of the Dockerfile, so that whatever is found in it is told there; what a Dockerfile says and a spec cannot is
//! a [`Note`], and a comment in the YAML.

mod args;
mod config;
mod copy;
mod env;
mod mentions;
mod mount;
mod names;
mod part;
mod pattern;
mod pieces;
mod render;
mod run;
mod script;
mod stage;
mod stages;
mod tree;

pub(crate) use pieces::variables;
use spec_schema::Spec;
use spec_schema::decode::Decode;
use spec_schema::diagnostic::Faults;
use spec_schema::node::Node;
use spec_schema::span::Span;

use crate::dockerfile::file::Dockerfile;
use crate::expand::{Marks, commented};
use crate::source::{SpecFile, SpecFiles};

/// The image of the frontend that a spec names where nobody says another one.
pub const SYNTAX: &str = "optfrontend/optfrontend:1";

/// Something that a Dockerfile says and a spec cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Where the Dockerfile says it.
    pub span: Span,
    /// What becomes of it.
    pub text: String,
}

/// A Dockerfile that has become a spec.
#[derive(Debug, Clone)]
pub struct Conversion {
    /// The Dockerfile.
    pub files: SpecFiles,
    /// The spec, whose places are in the Dockerfile.
    pub spec: Spec,
    /// What it cannot say, in the order of the Dockerfile.
    pub notes: Vec<Note>,
    /// The Dockerfile as it was read.
    pub dockerfile: Dockerfile,
    tree: Node,
    marks: Marks,
    header: Vec<String>,
    rest: Vec<String>,
}

impl Conversion {
    /// The spec as a file whose first line names the frontend's image.
    pub fn yaml(&self, syntax: &str) -> String {
        let mut text = format!("# syntax={syntax}\n");
        for line in &self.header {
            text += line;
            text.push('\n');
        }
        if !self.header.is_empty() {
            text.push('\n');
        }
        text += &commented(&self.tree, &self.marks);
        for line in &self.rest {
            text += line;
            text.push('\n');
        }
        text
    }

    /// The spec as a tree.
    pub fn tree(&self) -> &Node {
        &self.tree
    }
}

/// Brings a Dockerfile into the form of a spec; faults are those of the Dockerfile.
pub fn convert(name: &str, text: &str) -> Result<Conversion, (SpecFiles, Faults)> {
    let mut files = SpecFiles::default();
    files.add(SpecFile::new(name, text));
    let mut faults = Faults::new();
    let dockerfile = Dockerfile::parse(text, &mut faults);
    if !faults.is_empty() {
        return Err((files, faults));
    }
    let stages::Stages { tree, marks, notes, header, rest } = stages::stages(&dockerfile);
    match Spec::decode(&tree, &mut faults) {
        Some(spec) if faults.is_empty() => {
            Ok(Conversion { files, spec, notes, dockerfile, tree, marks, header, rest })
        }
        _ => Err((files, faults)),
    }
}
