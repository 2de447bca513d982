//! Filesystems made of filesystems.

use buildkit_proto::pb;

use crate::caps::{self, CapSet};
use crate::graph::Output;
use crate::inputs::Inputs;

/// Layers put on top of each other.
pub(crate) struct MergeOp {
    pub(crate) layers: Vec<Output>,
}

impl MergeOp {
    pub(crate) fn lower(self, inputs: &mut Inputs<'_>) -> (pb::MergeOp, CapSet) {
        // The daemon merges the inputs in their order and not in that of the indexes: a layer that is put on twice
        // has to be there twice.
        let layers =
            self.layers.into_iter().map(|layer| pb::MergeInput { input: inputs.each(Some(layer)) }).collect();
        (pb::MergeOp { inputs: layers }, CapSet::of(caps::MERGE))
    }
}

/// What one filesystem has more than another.
pub(crate) struct DiffOp {
    pub(crate) lower: Option<Output>,
    pub(crate) upper: Option<Output>,
}

impl DiffOp {
    pub(crate) fn lower(self, inputs: &mut Inputs<'_>) -> (pb::DiffOp, CapSet) {
        // One input for each that is not scratch, even if both are the same: the daemon counts on that.
        let lower = Some(pb::LowerDiffInput { input: inputs.each(self.lower) });
        let upper = Some(pb::UpperDiffInput { input: inputs.each(self.upper) });
        (pb::DiffOp { lower, upper }, CapSet::of(caps::DIFF))
    }
}
