//! Triggers: instructions that a base carries along for the stages that start from it.

use std::collections::BTreeMap;

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use super::{Selection, Source};
use crate::dockerfile::{self, Instruction};
use crate::resolved::Resolved;

/// The triggers in the configs of base images, by the position of the stage in the spec.
pub type Triggers = BTreeMap<usize, Vec<String>>;

/// One trigger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// As it was written, without `ONBUILD`.
    pub text: String,
    /// What it says.
    pub instruction: Instruction,
    /// Whose it is: "the image `node:20`".
    pub base: String,
}

impl Trigger {
    /// A fault of a trigger, at the place that names the base.
    pub fn fault(&self, span: Span, why: &str) -> Diagnostic {
        fault(&self.base, &self.text, span, why)
    }
}

fn fault(base: &str, text: &str, span: Span, why: &str) -> Diagnostic {
    let message = format!("{base} has the trigger `ONBUILD {}`, which cannot be run: {why}", text.trim());
    Diagnostic::new(span, message).help("`reset: onbuild` starts from the base without its triggers")
}

/// The triggers of the images that a selection starts from.
pub(super) fn triggers(selection: &Selection, resolved: &Resolved) -> Triggers {
    let of_images =
        selection.stages.iter().filter(|stage| !stage.replaced).filter_map(|stage| match &stage.base {
            Source::Stage(_) | Source::Scratch => None,
            base => Some((stage.index, resolved.config(base)?.texts("OnBuild"))),
        });
    of_images.filter(|(_, triggers)| !triggers.is_empty()).collect()
}

/// Reads the triggers of one base.
pub(super) fn read(texts: &[String], base: &str, span: Span, faults: &mut Faults) -> Vec<Trigger> {
    let mut triggers = Vec::with_capacity(texts.len());
    for text in texts {
        match dockerfile::parse(text) {
            Ok(instruction) => {
                triggers.push(Trigger { text: text.trim().to_owned(), instruction, base: base.to_owned() });
            }
            Err(why) => faults.push(fault(base, text, span, &why)),
        }
    }
    triggers
}
