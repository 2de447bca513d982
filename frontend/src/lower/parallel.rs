//! Branches that start from one root: what each changes is merged onto it.

use buildkit_llb::{OpMeta, Output, ProgressGroup};

use super::{Lowerer, StageScope};
use crate::plan::StepPlan;

impl Lowerer<'_> {
    /// Adds the branches; returns the root that has what all of them change.
    pub(super) fn parallel(
        &mut self,
        root: Option<Output>,
        step: &StepPlan,
        branches: &[Vec<StepPlan>],
        scope: StageScope<'_>,
    ) -> Option<Output> {
        if !self.surroundings.abilities.merges {
            return branches.iter().fold(root, |root, branch| self.steps(root, branch, scope));
        }
        let results: Vec<Option<Output>> =
            branches.iter().map(|branch| self.steps(root, branch, scope)).collect();
        self.merge(root, &results, &self.meta(&step.name, step.span))
    }

    /// Puts onto `root` what turns it into each of `results`; a later one wins. Shown as one vertex.
    pub(super) fn merge(
        &mut self,
        root: Option<Output>,
        results: &[Option<Output>],
        meta: &OpMeta,
    ) -> Option<Output> {
        let meta = grouped(meta);
        let mut layers = vec![root];
        for result in results.iter().filter(|result| **result != root) {
            layers.push(self.graph.diff(root, *result, meta.clone()));
        }
        self.graph.merge(layers, meta)
    }
}

/// What is said of ops that are shown as one.
pub(super) fn grouped(meta: &OpMeta) -> OpMeta {
    let name = meta.name.clone().unwrap_or_default();
    let group = ProgressGroup { id: name.clone(), name, weak: false };
    OpMeta { progress_group: Some(group), ..meta.clone() }
}
