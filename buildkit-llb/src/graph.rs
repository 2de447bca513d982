//! The graph under construction.

use std::collections::BTreeMap;

use buildkit_proto::pb;

use crate::caps::{Cap, CapSet};
use crate::inputs::{Inputs, References};
use crate::marshal::{RawDigest, canonical, digest_text, hash};
use crate::meta::{OpMeta, Record};
use crate::op::{DiffOp, ExecOp, ExecOutputs, FileOp, MergeOp, SourceOp};
use crate::size;
use crate::source_map::{Location, SourceFile, SourceFileId};

/// An op of a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpId(pub(crate) u32);

/// A filesystem that an op makes: BuildKit's output index. Wherever one is taken, `None` is scratch, the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Output {
    pub(crate) op: OpId,
    pub(crate) index: u32,
}

impl Output {
    /// The op that makes it.
    pub fn op(self) -> OpId {
        self.op
    }
}

/// Ops and the files that they came from.
///
/// Ops are added one by one and refer to what was added before, so a graph has no cycle, and all work on it is a walk
/// along a list: neither its depth nor its size puts anything on the stack.
///
/// An [`Output`] belongs to the graph that gave it and to clones of that. In another graph it stands for whatever op
/// has its number there; a number that is not given out yet is taken as scratch.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: Vec<Node>,
    pub(crate) files: Vec<SourceFile>,
    first_with: BTreeMap<RawDigest, OpId>,
    size: usize,
}

/// An op, encoded when it is added: its inputs cannot change any more.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// The ops that it refers to, all of them before it in the list.
    pub(crate) uses: Vec<Output>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: String,
    /// The first op of the graph with the same bytes, often the op itself.
    pub(crate) first: OpId,
    pub(crate) caps: CapSet,
    pub(crate) record: Record,
}

/// What a new op is made of.
struct Draft {
    references: References,
    op: pb::op::Op,
    caps: CapSet,
    /// Whether its outcome depends on the platform; that of other ops does not, and they go without.
    has_platform: bool,
}

/// A capability that a graph needs and a daemon lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingCap {
    /// Its id, see [`caps`](crate::caps).
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

    /// Adds a file that ops can point at. A file that is there already keeps its id.
    pub fn add_source_file(&mut self, file: SourceFile) -> SourceFileId {
        let known = self.files.iter().position(|known| *known == file);
        let index = known.unwrap_or_else(|| {
            self.size += size::file(&file);
            self.files.push(file);
            self.files.len() - 1
        });
        SourceFileId(number(index))
    }

    /// Adds a source.
    pub fn source(&mut self, source: impl Into<SourceOp>, meta: OpMeta) -> Output {
        let source = source.into();
        let has_platform = source.has_platform();
        let (op, caps) = source.lower();
        self.add(
            Draft { references: References::default(), op: pb::op::Op::Source(op), caps, has_platform },
            meta,
        )
    }

    /// Adds a process.
    pub fn exec(&mut self, exec: ExecOp, meta: OpMeta) -> ExecOutputs {
        let mut inputs = Inputs::of(&self.nodes);
        let lowered = exec.lower(&mut inputs);
        let (references, op) = (inputs.finish(), pb::op::Op::Exec(lowered.op));
        let output = self.add(Draft { references, op, caps: lowered.caps, has_platform: true }, meta);
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
        let mut inputs = Inputs::of(&self.nodes);
        let (op, caps) = file.lower(&mut inputs);
        let references = inputs.finish();
        Some(self.add(Draft { references, op: pb::op::Op::File(op), caps, has_platform: false }, meta))
    }

    /// Adds a filesystem that has the files of all `layers`; of one path, the last layer's. Scratch adds nothing, and
    /// of a single layer no op is made.
    ///
    /// Needs `mergeop`, which not every daemon of a recent release has: its storage must be able to do it.
    pub fn merge(
        &mut self,
        layers: impl IntoIterator<Item = Option<Output>>,
        meta: OpMeta,
    ) -> Option<Output> {
        let layers: Vec<Output> = layers.into_iter().flatten().filter(|layer| self.has(*layer)).collect();
        if layers.len() < 2 {
            return layers.first().copied();
        }
        let mut inputs = Inputs::of(&self.nodes);
        let (op, caps) = MergeOp { layers }.lower(&mut inputs);
        let references = inputs.finish();
        Some(self.add(Draft { references, op: pb::op::Op::Merge(op), caps, has_platform: false }, meta))
    }

    /// Adds what turns `lower` into `upper`: files that are new or other, and the absence of those that are gone.
    /// Merged onto `lower`, it makes `upper`. What turns scratch into `upper` is `upper`, and no op is made.
    ///
    /// Needs `diffop`.
    pub fn diff(&mut self, lower: Option<Output>, upper: Option<Output>, meta: OpMeta) -> Option<Output> {
        if lower.is_none_or(|lower| !self.has(lower)) {
            return upper;
        }
        let mut inputs = Inputs::of(&self.nodes);
        let (op, caps) = DiffOp { lower, upper }.lower(&mut inputs);
        let references = inputs.finish();
        Some(self.add(Draft { references, op: pb::op::Op::Diff(op), caps, has_platform: false }, meta))
    }

    fn add(&mut self, draft: Draft, mut meta: OpMeta) -> Output {
        let Draft { references, op, caps, has_platform } = draft;
        let platform = meta.platform.take().filter(|_| has_platform).map(crate::Platform::into_pb);
        let bytes = canonical(references.wire, platform, &op);
        self.add_encoded(bytes, references.uses, caps, Record::Ours(Box::new(meta)))
    }

    /// Adds an op whose bytes are there already. `uses` must be outputs of this graph.
    pub(crate) fn add_encoded(
        &mut self,
        bytes: Vec<u8>,
        uses: Vec<Output>,
        caps: CapSet,
        record: Record,
    ) -> Output {
        let op = OpId(number(self.nodes.len()));
        let raw = hash(&bytes);
        let first = *self.first_with.entry(raw).or_insert(op);
        let node = Node { uses, bytes, digest: digest_text(&raw), first, caps, record };
        self.size += if first == op { size::first(&node) } else { size::again(&node) };
        self.nodes.push(node);
        Output { op, index: 0 }
    }

    /// The bytes of a definition of all ops, but for the entry that points at its result. One of ops that are equal, or of a part, has fewer.
    pub fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn has(&self, output: Output) -> bool {
        (output.op.0 as usize) < self.nodes.len()
    }

    /// For each op, by its position: whether `outputs` need it.
    pub(crate) fn needed(&self, outputs: impl IntoIterator<Item = Output>) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        for output in outputs.into_iter().filter(|output| self.has(*output)) {
            needed[output.op.0 as usize] = true;
        }
        // Inputs stand before what uses them, so one walk from the end finds all.
        for index in (0..needed.len()).rev() {
            if needed[index] {
                for input in &self.nodes[index].uses {
                    needed[input.op.0 as usize] = true;
                }
            }
        }
        needed
    }

    /// The capabilities that `outputs` need and that `supports` refuses, each once, at the first op that needs it.
    ///
    /// `supports` answers with the daemon's reason, if it gave one. Of ops that were imported, the capabilities named
    /// in their metadata count.
    pub fn missing_caps(
        &self,
        outputs: impl IntoIterator<Item = Output>,
        supports: impl Fn(&str) -> Result<(), Option<String>>,
    ) -> Vec<MissingCap> {
        let mut checked: Vec<Cap> = Vec::new();
        let mut missing = Vec::new();
        for (index, _) in self.needed(outputs).iter().enumerate().filter(|(_, needed)| **needed) {
            let node = &self.nodes[index];
            for cap in node.caps.iter() {
                if checked.contains(&cap) {
                    continue;
                }
                checked.push(cap);
                if let Err(reason) = supports(cap.evidence().id()) {
                    let name = node.record.name().map(str::to_owned);
                    let (id, since, op) = (cap.id(), cap.since(), OpId(number(index)));
                    missing.push(MissingCap { id, since, reason, op, name });
                }
            }
        }
        missing
    }

    /// The lines that an op came from; the first ones, of an imported op that came from several.
    pub fn location(&self, op: OpId) -> Option<Location> {
        self.nodes.get(op.0 as usize)?.record.places().next()?.location()
    }

    /// The digest of an op, under which the daemon knows it as a vertex.
    pub fn digest(&self, op: OpId) -> Option<&str> {
        self.nodes.get(op.0 as usize).map(|node| node.digest.as_str())
    }
}

/// A position as an id. A graph of four billion ops does not fit into memory.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
