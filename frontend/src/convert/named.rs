//! What files are taken from: a stage by its name or number in the Dockerfile, or an image.

use std::collections::BTreeMap;

use crate::image_ref::ImageRef;

/// The stages of a Dockerfile, by what it calls them and by what the spec does.
#[derive(Clone, Copy)]
pub(super) struct Named<'f> {
    /// Their names in the spec, by position.
    pub(super) stages: &'f [String],
    /// Their positions, by these names.
    pub(super) positions: &'f BTreeMap<String, usize>,
    /// The positions of those that the Dockerfile gives a name, by that.
    pub(super) written: &'f BTreeMap<String, Vec<usize>>,
}

impl Named<'_> {
    /// The position that a `from` names, which may be one that no stage has.
    pub(super) fn position(self, from: &str) -> Option<usize> {
        from.parse().ok().or_else(|| self.written.get(&from.to_lowercase())?.last().copied())
    }

    /// What a `from` names, as the spec has it.
    pub(super) fn source(self, from: &str) -> String {
        if let Some(stage) = self.position(from).and_then(|at| self.stages.get(at)) {
            return stage.clone();
        }
        match ImageRef::parse(from) {
            // The spec has a stage of that name, which has none in the Dockerfile.
            Ok(image) if self.positions.contains_key(from) => image.to_string(),
            _ => from.replace('$', "$$"),
        }
    }
}
