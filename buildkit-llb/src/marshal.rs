//! From a graph to the bytes that the daemon takes.

use std::collections::BTreeMap;

use buildkit_proto::pb;
use prost::Message as _;
use sha2::{Digest as _, Sha256};

use crate::caps;
use crate::definition::Definition;
use crate::graph::{Graph, Node, Output};
use crate::source_map::Files;

impl Graph {
    /// The definition of everything that `output` needs, and of nothing else.
    ///
    /// Ops that are the same become one, with the name of the first, the lines of all, and without cache if any of
    /// them is to go without. The bytes depend on the graph alone.
    pub fn marshal(&self, output: Option<Output>) -> Definition {
        let Some(result) = output.and_then(|output| self.input(output)) else { return Definition::default() };
        let needed = self.needed(output);
        let mut writer = Writer::new(self, needed.iter().filter(|needed| **needed).count());
        for (node, _) in self.nodes.iter().zip(&needed).filter(|(_, needed)| **needed) {
            writer.add(node);
        }
        writer.finish(result)
    }

    fn input(&self, output: Output) -> Option<pb::Input> {
        let node = self.nodes.get(output.op.0 as usize)?;
        Some(pb::Input { digest: node.digest.clone(), index: i64::from(output.index) })
    }
}

struct Writer<'g> {
    files: Files<'g>,
    entries: Vec<Entry<'g>>,
    /// For each op, by the first one with its bytes: the position of its entry.
    written: Vec<Option<usize>>,
}

struct Entry<'g> {
    node: &'g Node,
    metadata: pb::OpMetadata,
    locations: pb::Locations,
}

impl<'g> Writer<'g> {
    fn new(graph: &'g Graph, ops: usize) -> Self {
        let written = vec![None; graph.nodes.len()];
        Self { files: Files::of(&graph.files), entries: Vec::with_capacity(ops), written }
    }

    fn add(&mut self, node: &'g Node) {
        let written = &mut self.written[node.first.0 as usize];
        if let Some(entry) = written.and_then(|position| self.entries.get_mut(position)) {
            entry.metadata.ignore_cache |= node.record.ignore_cache();
            self.files.locate(node.record.places(), &mut entry.locations);
        } else {
            *written = Some(self.entries.len());
            let mut locations = pb::Locations::default();
            self.files.locate(node.record.places(), &mut locations);
            self.entries.push(Entry { node, metadata: node.record.to_pb(&node.caps), locations });
        }
    }

    /// Adds the entry that points at the result.
    fn finish(self, result: pb::Input) -> Definition {
        let terminal = pb::Op { inputs: vec![result.clone()], ..pb::Op::default() }.encode_to_vec();
        // Without a record of its own, the definition cannot be turned back into a state.
        let record = pb::OpMetadata { caps: self.terminal_caps(), ..pb::OpMetadata::default() };
        let mut def = Vec::with_capacity(self.entries.len() + 1);
        let mut metadata = Vec::with_capacity(self.entries.len() + 1);
        let mut locations = Vec::new();
        for entry in self.entries {
            let digest = &entry.node.digest;
            def.push(entry.node.bytes.clone());
            metadata.push((digest.clone(), entry.metadata));
            if !entry.locations.locations.is_empty() {
                locations.push((digest.clone(), entry.locations));
            }
        }
        metadata.push((digest_of(&terminal), record));
        def.push(terminal);
        let infos = self.files.finish();
        let source =
            (!infos.is_empty()).then(|| pb::Source { locations: locations.into_iter().collect(), infos });
        Definition::new(pb::Definition { def, metadata: metadata.into_iter().collect(), source }, result)
    }

    /// What the Go client names there: what makes use of the daemon in whichever op.
    fn terminal_caps(&self) -> BTreeMap<String, bool> {
        let any = |has: fn(&pb::OpMetadata) -> bool| self.entries.iter().any(|entry| has(&entry.metadata));
        let caps = [
            (caps::CONSTRAINTS, true),
            (caps::PLATFORM, true),
            (caps::META_IGNORE_CACHE, any(|metadata| metadata.ignore_cache)),
            (caps::META_DESCRIPTION, any(|metadata| !metadata.description.is_empty())),
            (caps::META_EXPORT_CACHE, any(|metadata| metadata.export_cache.is_some())),
        ];
        caps.into_iter().filter(|(_, used)| *used).map(|(cap, _)| (cap.id().to_owned(), true)).collect()
    }
}

/// The bytes of an op as Go's deterministic encoder writes them: fields in ascending order, the oneof last.
///
/// prost writes the oneof by its lowest tag. Two messages in a row are one message, so the parts are written apart.
pub(crate) fn canonical(inputs: Vec<pb::Input>, platform: Option<pb::Platform>, op: &pb::op::Op) -> Vec<u8> {
    let constraints = Some(pb::WorkerConstraints::default());
    let rest = pb::Op { inputs, platform, constraints, op: None };
    let mut bytes = Vec::with_capacity(rest.encoded_len() + op.encoded_len());
    rest.encode_raw(&mut bytes);
    op.encode(&mut bytes);
    bytes
}

/// A SHA-256.
pub(crate) type RawDigest = [u8; 32];

pub(crate) fn hash(bytes: &[u8]) -> RawDigest {
    Sha256::digest(bytes).into()
}

/// The digest as it is written everywhere.
pub(crate) fn digest_text(raw: &RawDigest) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut digest = String::with_capacity(71);
    digest.push_str("sha256:");
    for byte in raw {
        digest.push(char::from(HEX[usize::from(byte >> 4)]));
        digest.push(char::from(HEX[usize::from(byte & 15)]));
    }
    digest
}

/// The name of an entry: the SHA-256 of its bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> String {
    digest_text(&hash(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_those_of_the_daemon() {
        let identifier = "docker-image://docker.io/library/alpine:3.20".to_owned();
        let source = pb::SourceOp { identifier, ..pb::SourceOp::default() };
        let platform = crate::Platform::default().to_pb();
        let bytes = canonical(Vec::new(), Some(platform), &pb::op::Op::Source(source));
        assert_eq!(
            digest_of(&bytes),
            "sha256:52ad980af60eade03cf05fce2206c19483941c8d9a53f43a293199ac3344a235"
        );
    }
}
