//! The inputs of one op under construction.

use buildkit_proto::pb;

use crate::graph::{Node, Output};

/// Gives numbers to the inputs of one op.
pub(crate) struct Inputs<'g> {
    nodes: &'g [Node],
    /// What the op refers to, in the order of the wire form.
    listed: Vec<Output>,
    /// Ops with the same bytes as a listed one: their names and lines belong into the definition too.
    twins: Vec<Output>,
}

/// The inputs of one op: as they are sent, and as the graph walks along them.
#[derive(Debug, Default)]
pub(crate) struct References {
    pub(crate) wire: Vec<pb::Input>,
    pub(crate) uses: Vec<Output>,
}

impl<'g> Inputs<'g> {
    pub(crate) fn of(nodes: &'g [Node]) -> Self {
        Self { nodes, listed: Vec::new(), twins: Vec::new() }
    }

    /// The index of an input that is listed once however often it is used; -1 for scratch.
    pub(crate) fn shared(&mut self, output: Option<Output>) -> i64 {
        let Some((output, node)) = self.find(output) else { return -1 };
        let same = |other: &Output| {
            let first = self.nodes.get(other.op.0 as usize).map(|node| node.first);
            first == Some(node.first) && other.index == output.index
        };
        let Some(index) = self.listed.iter().position(same) else { return self.list(output) };
        if self.listed.get(index) != Some(&output) {
            self.twins.push(output);
        }
        index_of(index)
    }

    /// The index of an input that is listed once for each use; -1 for scratch. Ops that take their inputs by position
    /// need that.
    pub(crate) fn each(&mut self, output: Option<Output>) -> i64 {
        self.find(output).map(|(output, _)| output).map_or(-1, |output| self.list(output))
    }

    pub(crate) fn len(&self) -> i64 {
        index_of(self.listed.len())
    }

    fn find(&self, output: Option<Output>) -> Option<(Output, &'g Node)> {
        let output = output?;
        self.nodes.get(output.op.0 as usize).map(|node| (output, node))
    }

    fn list(&mut self, output: Output) -> i64 {
        self.listed.push(output);
        index_of(self.listed.len() - 1)
    }

    pub(crate) fn finish(self) -> References {
        let wire = |output: &Output| {
            let node = self.nodes.get(output.op.0 as usize)?;
            Some(pb::Input { digest: node.digest.clone(), index: i64::from(output.index) })
        };
        let wire = self.listed.iter().filter_map(wire).collect();
        let mut uses = self.listed;
        uses.extend(self.twins);
        References { wire, uses }
    }
}

fn index_of(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
