//! Filesystems made of filesystems.

use buildkit_proto::pb;

use crate::caps;
use crate::graph::{Inputs, Output};

type Lowered<Op> = (Inputs, Op, Vec<&'static str>);

/// Layers put on top of each other.
pub(crate) struct MergeOp {
    pub(crate) layers: Vec<Output>,
}

impl MergeOp {
    pub(crate) fn lower(self) -> Lowered<pb::MergeOp> {
        let mut inputs = Inputs::default();
        let layers = self
            .layers
            .into_iter()
            .map(|layer| pb::MergeInput { input: inputs.index(Some(layer)) })
            .collect();
        (inputs, pb::MergeOp { inputs: layers }, vec![caps::MERGE])
    }
}

/// What one filesystem has more than another.
pub(crate) struct DiffOp {
    pub(crate) lower: Option<Output>,
    pub(crate) upper: Option<Output>,
}

impl DiffOp {
    pub(crate) fn lower(self) -> Lowered<pb::DiffOp> {
        let mut inputs = Inputs::default();
        let lower = Some(pb::LowerDiffInput { input: inputs.index(self.lower) });
        let upper = Some(pb::UpperDiffInput { input: inputs.index(self.upper) });
        (inputs, pb::DiffOp { lower, upper }, vec![caps::DIFF])
    }
}
