//! Layers that are made apart, and put together once something needs them as one.

use buildkit_llb::{OpMeta, Output};

use super::parallel::grouped;
use super::{Lowerer, StageScope};
use crate::plan::{Apart, FileChange};

/// A root, and the layers that are still to be put onto it.
#[derive(Debug, Default)]
pub(super) struct Pile {
    root: Option<Output>,
    layers: Vec<Option<Output>>,
    /// What steps that were made apart left, by their position: their layer and those that it was made on.
    made: Vec<(usize, Option<Output>)>,
}

impl Pile {
    pub(super) fn on(root: Option<Output>) -> Self {
        Self { root, ..Self::default() }
    }

    pub(super) fn root(&self) -> Option<Output> {
        self.root
    }

    pub(super) fn replaced_by(self, root: Option<Output>) -> Self {
        Self { root, layers: Vec::new(), made: self.made }
    }
}

impl Lowerer<'_> {
    /// Adds a step that is made apart from what is below it: what it was made on, and what it has made of that.
    pub(super) fn apart(
        &mut self,
        pile: &mut Pile,
        index: usize,
        changes: &[FileChange],
        apart: &Apart,
        meta: OpMeta,
    ) -> (Option<Output>, Option<Output>) {
        let meta = if apart.after.is_empty() { meta } else { grouped(&meta) };
        let below = pile.made.iter().filter(|(at, _)| apart.after.contains(at)).map(|(_, made)| *made);
        let lower = self.graph.merge(below, meta.clone());
        let changes: Vec<FileChange> = apart.directories.iter().chain(changes).cloned().collect();
        let upper = self.change(lower, &changes, meta.clone());
        pile.layers.push(self.graph.diff(lower, upper, meta));
        pile.made.push((index, upper));
        (lower, upper)
    }

    /// The root with all layers on it.
    pub(super) fn merged(&mut self, pile: &mut Pile, scope: StageScope<'_>) -> Option<Output> {
        if pile.layers.is_empty() {
            return pile.root;
        }
        let layers = std::iter::once(pile.root).chain(pile.layers.drain(..));
        pile.root = self.graph.merge(layers, OpMeta::named(format!("{} merge layers", scope.label)));
        pile.root
    }
}
