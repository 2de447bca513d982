//! From a graph to the bytes that the daemon takes.

use std::collections::BTreeMap;

use buildkit_proto::pb;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::caps;
use crate::graph::{Body, Graph, Node, Output};

/// A marshalled graph: `pb.Definition`, with the digest of the op that makes its result.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {
    inner: pb::Definition,
    result: Option<String>,
}

impl Definition {
    /// The protobuf message.
    pub fn as_pb(&self) -> &pb::Definition {
        &self.inner
    }

    /// The protobuf message.
    pub fn into_pb(self) -> pb::Definition {
        self.inner
    }

    /// A definition that somebody else made.
    pub fn from_pb(inner: pb::Definition) -> Self {
        let terminal = inner.def.last().and_then(|bytes| pb::Op::decode(bytes.as_slice()).ok());
        let result = terminal.and_then(|op| op.inputs.into_iter().next()).map(|input| input.digest);
        Self { inner, result }
    }

    /// The digest of the vertex that makes the result; `None` for scratch.
    pub fn result_digest(&self) -> Option<&str> {
        self.result.as_deref()
    }

    /// True for scratch: there is nothing to solve.
    pub fn is_empty(&self) -> bool {
        self.inner.def.is_empty()
    }
}

impl Graph {
    /// The definition of everything that `output` needs, and of nothing else.
    ///
    /// Ops that are the same become one. The bytes depend on the graph alone.
    pub fn marshal(&self, output: Option<Output>) -> Definition {
        let Some(output) = output else { return Definition::default() };
        let needed = self.needed(Some(output));
        let mut writer = Writer::new(self);
        for (index, node) in self.nodes.iter().enumerate() {
            let digest = if needed[index] { writer.add(node) } else { String::new() };
            writer.digests.push(digest);
        }
        writer.finish(output)
    }
}

struct Writer<'g> {
    graph: &'g Graph,
    definition: pb::Definition,
    digests: Vec<String>,
    locations: BTreeMap<String, pb::Locations>,
    /// Position of each of the graph's files among those that are sent.
    files: BTreeMap<u32, i32>,
}

impl<'g> Writer<'g> {
    fn new(graph: &'g Graph) -> Self {
        Self {
            graph,
            definition: pb::Definition::default(),
            digests: Vec::with_capacity(graph.nodes.len()),
            locations: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    fn add(&mut self, node: &Node) -> String {
        let bytes = match &node.body {
            Body::Op(op, has_platform) => {
                let platform =
                    node.meta.platform.as_ref().filter(|_| *has_platform).map(crate::Platform::to_pb);
                canonical(self.inputs(&node.inputs), platform, op)
            }
            Body::Raw(bytes, _) => bytes.clone(),
        };
        let digest = digest_of(&bytes);
        self.locate(node, &digest);
        if !self.definition.metadata.contains_key(&digest) {
            let metadata = match &node.body {
                Body::Op(..) => {
                    let caps: Vec<&str> = node
                        .caps
                        .iter()
                        .copied()
                        .map(caps::evidence)
                        .filter(|id| !caps::is_given(id))
                        .collect();
                    node.meta.to_pb(&caps)
                }
                Body::Raw(_, metadata) => (**metadata).clone(),
            };
            self.definition.def.push(bytes);
            self.definition.metadata.insert(digest.clone(), metadata);
        }
        digest
    }

    fn inputs(&self, inputs: &[Output]) -> Vec<pb::Input> {
        inputs.iter().map(|input| self.input(*input)).collect()
    }

    fn input(&self, output: Output) -> pb::Input {
        let digest = self.digests.get(output.op.0 as usize).cloned().unwrap_or_default();
        pb::Input { digest, index: i64::from(output.index) }
    }

    fn locate(&mut self, node: &Node, digest: &str) {
        let Some(location) = node.meta.location else { return };
        let next = i32::try_from(self.files.len()).unwrap_or(i32::MAX);
        let index = *self.files.entry(location.file.0).or_insert(next);
        let location = location.to_pb(index);
        let locations = &mut self.locations.entry(digest.to_owned()).or_default().locations;
        if !locations.contains(&location) {
            locations.push(location);
        }
    }

    /// Adds the entry that points at the result.
    fn finish(mut self, output: Output) -> Definition {
        let input = self.input(output);
        let result = Some(input.digest.clone());
        let terminal = pb::Op { inputs: vec![input], ..pb::Op::default() }.encode_to_vec();
        let digest = digest_of(&terminal);
        self.definition.def.push(terminal);
        // Without a record of its own, the definition cannot be turned back into a state.
        self.definition.metadata.insert(digest, pb::OpMetadata::default());
        let mut files: Vec<(i32, u32)> = self.files.iter().map(|(file, index)| (*index, *file)).collect();
        files.sort_unstable();
        let infos: Vec<pb::SourceInfo> = files
            .iter()
            .filter_map(|(_, file)| self.graph.files.get(*file as usize))
            .map(crate::SourceFile::to_pb)
            .collect();
        if !infos.is_empty() {
            self.definition.source = Some(pb::Source { locations: self.locations, infos });
        }
        Definition { inner: self.definition, result }
    }
}

/// The bytes of an op as Go's deterministic encoder writes them: fields in ascending order, the oneof last.
///
/// prost writes the oneof by its lowest tag. Two messages in a row are one message, so the parts are written apart.
fn canonical(inputs: Vec<pb::Input>, platform: Option<pb::Platform>, op: &pb::op::Op) -> Vec<u8> {
    let constraints = Some(pb::WorkerConstraints::default());
    let mut bytes = pb::Op { inputs, platform, constraints, op: None }.encode_to_vec();
    bytes.reserve(op.encoded_len());
    op.encode(&mut bytes);
    bytes
}

/// The name of an entry: the SHA-256 of its bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digest = String::with_capacity(71);
    digest.push_str("sha256:");
    for byte in Sha256::digest(bytes) {
        digest.push(char::from(HEX[usize::from(byte >> 4)]));
        digest.push(char::from(HEX[usize::from(byte & 15)]));
    }
    digest
}

#[cfg(test)]
mod tests {
    use buildkit_proto::pb;

    use super::{canonical, digest_of};

    #[test]
    fn bytes_are_those_of_the_daemon() {
        let source = pb::SourceOp {
            identifier: "docker-image://docker.io/library/alpine:3.20".to_owned(),
            ..pb::SourceOp::default()
        };
        let platform = crate::Platform::default().to_pb();
        let bytes = canonical(Vec::new(), Some(platform), &pb::op::Op::Source(source));
        assert_eq!(
            digest_of(&bytes),
            "sha256:52ad980af60eade03cf05fce2206c19483941c8d9a53f43a293199ac3344a235"
        );
    }
}
