//! Definitions that somebody else made, as part of a graph.

use std::collections::{BTreeMap, BTreeSet};

use buildkit_proto::pb;
use prost::Message as _;

use crate::caps::{self, CapSet};
use crate::definition::{Definition, Links};
use crate::graph::{Graph, OpId, Output};
use crate::marshal::digest_of;
use crate::meta::Record;
use crate::source_map::{Place, SourceFile, SourceFileId};

impl Graph {
    /// Adds the ops of a definition that somebody else made, and gives its result; `None` for scratch.
    ///
    /// Bytes and metadata stay as they came, since ops of a newer BuildKit have fields that would be lost here. Lines
    /// come along too. Ops that the result does not need are left out.
    pub fn import(&mut self, definition: &Definition) -> Option<Output> {
        let result = definition.result()?;
        let entries = Entries::of(definition.as_pb());
        let files = self.import_files(definition.as_pb());
        let mut imported: BTreeMap<&str, OpId> = BTreeMap::new();
        for digest in entries.in_order(&result.digest) {
            let Some((bytes, inputs)) = entries.by_digest.get(digest) else { continue };
            let uses = inputs.iter().filter_map(|input| output_of(&imported, input)).collect();
            let metadata = definition.as_pb().metadata.get(digest).cloned().unwrap_or_default();
            let mut caps = CapSet::default();
            for cap in metadata.caps.keys().filter_map(|id| caps::find(id)) {
                caps.need(true, cap);
            }
            let places = places_of(definition.as_pb(), digest, &files);
            let record = Record::Imported(Box::new(metadata), places);
            let added = self.add_encoded(bytes.to_vec(), uses, caps, record);
            imported.insert(digest, added.op);
        }
        output_of(&imported, result)
    }

    fn import_files(&mut self, definition: &pb::Definition) -> Vec<SourceFileId> {
        let infos = definition.source.iter().flat_map(|source| &source.infos);
        let files = infos.map(|info| SourceFile {
            filename: info.filename.clone(),
            data: info.data.clone(),
            language: info.language.clone(),
            definition: info.definition.clone().and_then(|inner| inner.try_into().ok()),
        });
        files.map(|file| self.add_source_file(file)).collect()
    }
}

fn output_of(imported: &BTreeMap<&str, OpId>, input: &pb::Input) -> Option<Output> {
    let op = *imported.get(input.digest.as_str())?;
    Some(Output { op, index: u32::try_from(input.index).ok()? })
}

/// The lines of an op, with the ids that its files have in the graph.
fn places_of(definition: &pb::Definition, digest: &str, files: &[SourceFileId]) -> Vec<Place> {
    let locations = definition.source.as_ref().and_then(|source| source.locations.get(digest));
    let place = |location: &pb::Location| {
        let file = *files.get(usize::try_from(location.source_index).ok()?)?;
        Some(Place { file, ranges: location.ranges.clone() })
    };
    locations.into_iter().flat_map(|locations| &locations.locations).filter_map(place).collect()
}

/// The ops of a definition by digest, each with its inputs.
struct Entries<'d> {
    by_digest: BTreeMap<String, (&'d [u8], Vec<pb::Input>)>,
}

impl<'d> Entries<'d> {
    fn of(definition: &'d pb::Definition) -> Self {
        let entry = |bytes: &'d Vec<u8>| {
            let links = Links::decode(bytes.as_slice()).unwrap_or_default();
            (digest_of(bytes), (bytes.as_slice(), links.inputs))
        };
        Self { by_digest: definition.def.iter().map(entry).collect() }
    }

    /// The ops that one of them needs and that one itself, each after its inputs. Others may have written them in any
    /// order.
    fn in_order<'e>(&'e self, last: &'e str) -> Vec<&'e str> {
        let mut order = Vec::new();
        let mut known = BTreeSet::new();
        let mut open = vec![(last, false)];
        while let Some((digest, inputs_done)) = open.pop() {
            if inputs_done {
                order.push(digest);
            } else if known.insert(digest) {
                open.push((digest, true));
                let inputs =
                    self.by_digest.get(digest).into_iter().flat_map(|(_, inputs)| inputs.iter().rev());
                open.extend(inputs.map(|input| (input.digest.as_str(), false)));
            }
        }
        order
    }
}
