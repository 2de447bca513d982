//! A Dockerfile as a build spec.
//!
//! The spec has the places of the Dockerfile, so that whatever is found in it is told there; what a Dockerfile says and a spec cannot is
//! a [`Note`], and a comment in the YAML.

mod args;
mod check;
mod config;
mod copy;
mod env;
mod left_out;
mod mentions;
mod mount;
mod mount_values;
mod named;
mod names;
mod needs;
mod part;
mod pattern;
mod pieces;
mod render;
mod run;
mod script;
mod stage;
mod stage_names;
mod stages;
mod tree;
mod workdir;

use needs::{LeftOut, Needs};
pub(crate) use pieces::variables;
use spec_schema::Spec;
use spec_schema::decode::Decode;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::Node;
use spec_schema::span::Span;
use stage_names::of_language;
use stages::Stages;

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

/// A stage that is not part of the spec.
#[derive(Debug, Clone)]
pub struct LeftOutStage {
    /// What the spec would call it.
    pub name: String,
    /// The stage whose faults leave it out: itself, or one that it is made from.
    pub root: String,
    /// What is wrong with the stage itself.
    pub faults: Vec<Diagnostic>,
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
    /// Stages that it leaves out, as no build can make them, and the last stage is not made from them.
    pub left_out: Vec<LeftOutStage>,
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

    /// What the spec calls the stage that the Dockerfile has under a name, in whatever case; left out or not.
    pub fn stage(&self, name: &str) -> Option<String> {
        let name = of_language(&name.to_lowercase());
        let is_there =
            self.spec.stages.declares(&name) || self.left_out.iter().any(|stage| stage.name == name);
        is_there.then_some(name)
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
        let broken = dockerfile.statements.iter().flat_map(|statement| &statement.broken);
        broken.for_each(|fault| faults.push(fault.clone()));
        return Err((files, faults));
    }
    match made(&dockerfile) {
        Ok((stages, spec)) => {
            let Stages { tree, marks, notes, left_out, header, rest, .. } = stages;
            Ok(Conversion { files, spec, notes, left_out, dockerfile, tree, marks, header, rest })
        }
        Err(faults) => Err((files, faults)),
    }
}

/// The spec; without stages that nobody can build, where nobody needs them.
fn made(file: &Dockerfile) -> Result<(Stages, Spec), Faults> {
    let mut left_out = LeftOut::new();
    loop {
        let mut stages = stages::stages(file, &left_out);
        let spec = Spec::decode(&stages.tree, &mut stages.broken);
        if !stages.faults.is_empty() {
            stages.faults.append(stages.broken);
            return Err(stages.faults);
        }
        match spec {
            Some(spec) if stages.broken.is_empty() => return Ok((stages, spec)),
            // What is left out once does not come again.
            _ if left_out.is_empty() => left_out = Needs::of(file).left_out(stages.broken)?,
            _ => return Err(stages.broken),
        }
    }
}
