//! The graph under construction.

use std::collections::{BTreeMap, BTreeSet};

use buildkit_proto::pb;
use prost::Message as _;

use crate::caps;
use crate::marshal::{Definition, digest_of};
use crate::meta::OpMeta;
use crate::op::{DiffOp, ExecOp, ExecOutputs, FileOp, MergeOp, SourceOp};
use crate::source_map::{SourceFile, SourceFileId};

/// An op of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub(crate) u32);

/// A filesystem that an op makes: `BuildKit`'s output index. Wherever one is taken, `None` is scratch, the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Output {
    pub(crate) op: OpId,
    pub(crate) index: u32,
}

/// Ops and the files that they came from.
///
/// Ops are added one by one and refer to what was added before, so a graph has no cycle, and all work on it is a walk
/// along a list: neither its depth nor its size puts anything on the stack. An [`Output`] belongs to the graph that
/// gave it.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) files: Vec<SourceFile>,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) inputs: Vec<Output>,
    pub(crate) body: Body,
    pub(crate) caps: Vec<&'static str>,
    pub(crate) meta: OpMeta,
}

#[derive(Debug, Clone)]
pub(crate) enum Body {
    /// An op of ours. The flag says whether it takes the platform of its metadata.
    Op(Box<pb::op::Op>, bool),
    /// An op of somebody else, with its bytes as they came.
    Raw(Vec<u8>, Box<pb::OpMetadata>),
}

impl Body {
    fn op(op: pb::op::Op, has_platform: bool) -> Self {
        Self::Op(Box::new(op), has_platform)
    }
}

/// The inputs of one op, each once.
#[derive(Debug, Default)]
pub(crate) struct Inputs(pub(crate) Vec<Output>);

impl Inputs {
    /// The index of an input, -1 for scratch.
    pub(crate) fn index(&mut self, output: Option<Output>) -> i64 {
        let Some(output) = output else { return -1 };
        let index = self.0.iter().position(|known| *known == output).unwrap_or_else(|| {
            self.0.push(output);
            self.0.len() - 1
        });
        i64::try_from(index).unwrap_or(-1)
    }
}

/// A capability that a graph needs and a daemon lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCap {
    /// Its id, see [`caps`].
    pub id: &'static str,
    /// The first release that has it.
    pub since: &'static str,
    /// Why the daemon has it switched off, if it says so.
    pub reason: Option<String>,
    /// The op that needs it.
    pub op: OpId,
    /// What is shown for that op.
    pub name: Option<String>,
}

impl Graph {
    /// An empty graph.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file that ops can point at.
    pub fn add_source_file(&mut self, file: SourceFile) -> SourceFileId {
        self.files.push(file);
        SourceFileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    /// Adds a source.
    pub fn source(&mut self, source: impl Into<SourceOp>, meta: OpMeta) -> Output {
        let source = source.into();
        let (op, caps) = source.to_pb();
        self.add(Inputs::default(), Body::op(pb::op::Op::Source(op), source.has_platform()), caps, meta)
    }

    /// Adds a process.
    pub fn exec(&mut self, exec: ExecOp, meta: OpMeta) -> ExecOutputs {
        let lowered = exec.lower();
        let output =
            self.add(lowered.inputs, Body::op(pb::op::Op::Exec(lowered.op), true), lowered.caps, meta);
        let at = |index: u32| Output { op: output.op, index };
        ExecOutputs {
            root: lowered.root.map(at),
            mounts: lowered.mounts.into_iter().map(|index| index.map(at)).collect(),
        }
    }

    /// Adds changes of files. Without any change it is what it was.
    pub fn file(&mut self, file: FileOp, meta: OpMeta) -> Option<Output> {
        if file.is_empty() {
            return file.base();
        }
        let (inputs, op, caps) = file.lower();
        Some(self.add(inputs, Body::op(pb::op::Op::File(op), false), caps, meta))
    }

    /// Adds a filesystem that has the files of all `layers`; of one path, the last layer's. Scratch adds nothing.
    pub fn merge(
        &mut self,
        layers: impl IntoIterator<Item = Option<Output>>,
        meta: OpMeta,
    ) -> Option<Output> {
        let layers: Vec<Output> = layers.into_iter().flatten().collect();
        match layers.as_slice() {
            [] => None,
            [only] => Some(*only),
            _ => {
                let (inputs, op, caps) = MergeOp { layers }.lower();
                Some(self.add(inputs, Body::op(pb::op::Op::Merge(op), false), caps, meta))
            }
        }
    }

    /// Adds what `upper` has and `lower` has not.
    pub fn diff(&mut self, lower: Option<Output>, upper: Option<Output>, meta: OpMeta) -> Option<Output> {
        // Nothing has nothing more than anything; anything has all of itself more than nothing.
        if upper.is_none() || lower.is_none() {
            return upper;
        }
        let (inputs, op, caps) = DiffOp { lower, upper }.lower();
        Some(self.add(inputs, Body::op(pb::op::Op::Diff(op), false), caps, meta))
    }

    fn add(&mut self, inputs: Inputs, body: Body, caps: Vec<&'static str>, meta: OpMeta) -> Output {
        self.nodes.push(Node { inputs: inputs.0, body, caps, meta });
        Output { op: OpId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX)), index: 0 }
    }

    /// Adds the ops of a definition that somebody else made, with the bytes that they have.
    ///
    /// `None` where the definition is scratch, or is none: an entry that cannot be read, an input that is not there.
    pub fn import(&mut self, definition: &Definition) -> Option<Output> {
        let definition = definition.as_pb();
        let (terminal, entries) = definition.def.split_last()?;
        let mut known: BTreeMap<String, OpId> = BTreeMap::new();
        for bytes in entries {
            let digest = digest_of(bytes);
            let op = pb::Op::decode(bytes.as_slice()).ok()?;
            let inputs =
                op.inputs.iter().map(|input| output_of(&known, input)).collect::<Option<Vec<_>>>()?;
            let metadata = definition.metadata.get(&digest).cloned().unwrap_or_default();
            let body = Body::Raw(bytes.clone(), Box::new(metadata));
            let added = self.add(Inputs(inputs), body, Vec::new(), OpMeta::default());
            known.insert(digest, added.op);
        }
        let terminal = pb::Op::decode(terminal.as_slice()).ok()?;
        output_of(&known, terminal.inputs.first()?)
    }

    /// For each op that `output` needs, by its position: whether it does.
    pub(crate) fn needed(&self, output: Option<Output>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        let Some(last) = output.map(|output| output.op.0 as usize).filter(|last| *last < needed.len()) else {
            return needed;
        };
        needed[last] = true;
        // Inputs stand before what uses them, so one walk from the end finds all.
        for index in (0..=last).rev() {
            if needed[index] {
                for input in &self.nodes[index].inputs {
                    needed[input.op.0 as usize] = true;
                }
            }
        }
        needed
    }

    /// The capabilities that `output` needs and that `supports` refuses, each once, at the first op that needs it.
    ///
    /// `supports` answers with the daemon's reason, if it gave one.
    pub fn missing_caps(
        &self,
        output: Option<Output>,
        supports: impl Fn(&str) -> Result<(), Option<String>>,
    ) -> Vec<MissingCap> {
        let mut checked = BTreeSet::new();
        let mut missing = Vec::new();
        let needed = self.needed(output);
        for (index, node) in self.nodes.iter().enumerate().filter(|(index, _)| needed[*index]) {
            for id in &node.caps {
                if !checked.insert(id) {
                    continue;
                }
                if let Err(reason) = supports(caps::evidence(id)) {
                    let since = caps::first_release(id).unwrap_or_default();
                    let op = OpId(u32::try_from(index).unwrap_or(u32::MAX));
                    missing.push(MissingCap { id, since, reason, op, name: node.meta.name.clone() });
                }
            }
        }
        missing
    }

    /// The lines that an op came from.
    pub fn location(&self, op: OpId) -> Option<crate::Location> {
        self.nodes.get(op.0 as usize)?.meta.location
    }
}

fn output_of(known: &BTreeMap<String, OpId>, input: &pb::Input) -> Option<Output> {
    let op = *known.get(&input.digest)?;
    Some(Output { op, index: u32::try_from(input.index).ok()? })
}
