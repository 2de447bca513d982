//! Stages that no build can make, and that nobody needs.

use std::collections::BTreeMap;

use spec_schema::diagnostic::Diagnostic;

use super::needs::Why;
use super::stages::Maker;
use super::{LeftOutStage, Note};
use crate::dockerfile::file::{Body, Dockerfile, From, Onbuild, Statement};

impl Maker<'_> {
    /// A stage that no build can make.
    pub(super) fn leave_out(&mut self, at: usize, group: &[Statement], why: &Why) {
        self.outcomes.push(None);
        let (Some(name), Some(first)) = (self.names.get(at), group.first()) else { return };
        let (span, reason) = match why {
            Why::Broken(faults) => {
                let first =
                    faults.first().map_or((first.span, ""), |fault| (fault.span, fault.message.as_str()));
                (first.0, format!("which no build can make: {}", first.1))
            }
            Why::MadeFrom(other) => {
                let other = self.names.get(*other).map_or("", String::as_str);
                (first.span, format!("which is made from `{other}`"))
            }
        };
        let text = format!("left out: the stage `{name}`, {reason}");
        self.comments.push(format!("# Note: {text}"));
        self.notes.push(Note { span, text });
    }

    /// What is wrong with the stages that are left out.
    pub(super) fn stages_left_out(&self) -> Vec<LeftOutStage> {
        let name = |at: usize| self.names.get(at).cloned().unwrap_or_default();
        let root = |mut at: usize| {
            while let Some(Why::MadeFrom(other)) = self.left_out.get(&at) {
                at = *other;
            }
            at
        };
        let faults = |why: &Why| match why {
            Why::Broken(faults) => faults.clone(),
            Why::MadeFrom(_) => Vec::new(),
        };
        let stages = self.left_out.iter();
        stages
            .map(|(at, why)| LeftOutStage { name: name(*at), root: name(root(*at)), faults: faults(why) })
            .collect()
    }

    /// A stage with a trigger that cannot be read is one that no other can start from.
    pub(super) fn check_triggers(&mut self, from: &From, base: Option<usize>) {
        let triggers = base.and_then(|base| self.broken_triggers.get(&base));
        for Onbuild { text, broken } in triggers.into_iter().flatten() {
            let Some(why) = broken else { continue };
            let message = format!("`{}` has a trigger that cannot be read: {}", from.base.value, why.message);
            let fault = Diagnostic::new(from.base.span, message).help_opt(why.help.clone());
            self.broken.push(fault.related(text.span, "the trigger"));
        }
    }
}

/// Triggers that cannot be read, by the position of their stage.
pub(super) fn broken_triggers(file: &Dockerfile) -> BTreeMap<usize, Vec<&Onbuild>> {
    let mut found: BTreeMap<usize, Vec<&Onbuild>> = BTreeMap::new();
    for (at, group) in file.stages().into_iter().enumerate() {
        for statement in group {
            if let Body::Onbuild(trigger @ Onbuild { broken: Some(_), .. }) = &statement.body {
                found.entry(at).or_default().push(trigger);
            }
        }
    }
    found
}
