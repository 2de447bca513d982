//! Marshalled graphs, ours and those of others.

use std::collections::BTreeSet;

use buildkit_proto::pb;
use prost::Message as _;

use crate::marshal::digest_of;

/// A marshalled graph: `pb.Definition`, with the output that is its result.
///
/// The default is scratch, which has no entries.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Definition {
    inner: pb::Definition,
    result: Option<pb::Input>,
}

/// Why a message is no definition.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DefinitionError {
    /// It is no protobuf message of that kind.
    #[error("the definition cannot be decoded: {0}")]
    Message(prost::DecodeError),
    /// An entry is no op.
    #[error("entry {entry} of the definition cannot be decoded: {error}")]
    Entry {
        /// Its position, from 0.
        entry: usize,
        /// What is wrong with it.
        error: prost::DecodeError,
    },
    /// An entry refers to an op that is not there, or to an output that cannot be.
    #[error("entry {entry} of the definition has no input {digest} {index}")]
    Input {
        /// The position of the entry, from 0.
        entry: usize,
        /// The op that it refers to.
        digest: String,
        /// The output of that op.
        index: i64,
    },
    /// The last entry does more, or less, than to point at the result.
    #[error("the last entry of the definition does not point at a result")]
    Terminal,
}

/// The one field of an op that links it to others. What else an op holds stays unread: it may be newer than we are.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Links {
    #[prost(message, repeated, tag = "1")]
    pub(crate) inputs: Vec<pb::Input>,
}

impl Definition {
    /// A definition that is right by construction.
    pub(crate) fn new(inner: pb::Definition, result: pb::Input) -> Self {
        Self { inner, result: Some(result) }
    }

    /// Reads a definition from the bytes of its message, as a file of `buildctl debug dump-llb` has them.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DefinitionError> {
        pb::Definition::decode(bytes).map_err(DefinitionError::Message)?.try_into()
    }

    /// The protobuf message.
    pub fn as_pb(&self) -> &pb::Definition {
        &self.inner
    }

    /// The protobuf message.
    pub fn into_pb(self) -> pb::Definition {
        self.inner
    }

    /// The digest of the vertex that makes the result; `None` for scratch.
    pub fn result_digest(&self) -> Option<&str> {
        self.result.as_ref().map(|result| result.digest.as_str())
    }

    pub(crate) fn result(&self) -> Option<&pb::Input> {
        self.result.as_ref()
    }

    /// True for scratch: there is nothing to solve.
    pub fn is_empty(&self) -> bool {
        self.inner.def.is_empty()
    }
}

impl TryFrom<pb::Definition> for Definition {
    type Error = DefinitionError;

    /// Takes a definition that somebody else made, if all that it refers to is there.
    fn try_from(inner: pb::Definition) -> Result<Self, DefinitionError> {
        let Some((terminal, entries)) = inner.def.split_last() else { return Ok(Self::default()) };
        let known: BTreeSet<String> = entries.iter().map(|bytes| digest_of(bytes)).collect();
        for (entry, bytes) in inner.def.iter().enumerate() {
            let links =
                Links::decode(bytes.as_slice()).map_err(|error| DefinitionError::Entry { entry, error })?;
            for pb::Input { digest, index } in links.inputs {
                if !known.contains(&digest) || u32::try_from(index).is_err() {
                    return Err(DefinitionError::Input { entry, digest, index });
                }
            }
        }
        let result = result_of(terminal).ok_or(DefinitionError::Terminal)?;
        Ok(Self { inner, result: Some(result) })
    }
}

/// The only input of an entry that does nothing.
fn result_of(terminal: &[u8]) -> Option<pb::Input> {
    let mut terminal = pb::Op::decode(terminal).ok()?;
    let result = terminal.inputs.pop()?;
    (terminal.op.is_none() && terminal.inputs.is_empty()).then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(inputs: &[(&str, i64)]) -> Vec<u8> {
        let inputs =
            inputs.iter().map(|(digest, index)| pb::Input { digest: (*digest).into(), index: *index });
        Links { inputs: inputs.collect() }.encode_to_vec()
    }

    fn check(def: Vec<Vec<u8>>) -> Result<Definition, DefinitionError> {
        pb::Definition { def, ..pb::Definition::default() }.try_into()
    }

    #[test]
    fn the_order_of_entries_does_not_matter() {
        let first = entry(&[]);
        let second = entry(&[(&digest_of(&first), 0)]);
        let digest = digest_of(&second);
        let terminal = entry(&[(&digest, 1)]);
        let definition = check(vec![second, first, terminal]).unwrap();
        assert_eq!(definition.result_digest(), Some(digest.as_str()));
    }

    #[test]
    fn what_is_no_definition_is_told_apart() {
        assert_eq!(check(vec![]), Ok(Definition::default()));
        let op = entry(&[]);
        let digest = digest_of(&op);
        let missing = check(vec![op.clone(), entry(&[("sha256:0", 0)])]);
        assert_eq!(missing, Err(DefinitionError::Input { entry: 1, digest: "sha256:0".into(), index: 0 }));
        let negative = check(vec![op.clone(), entry(&[(&digest, -1)])]);
        assert_eq!(negative, Err(DefinitionError::Input { entry: 1, digest: digest.clone(), index: -1 }));
        assert_eq!(check(vec![op.clone()]), Err(DefinitionError::Terminal));
        assert_eq!(
            check(vec![op.clone(), entry(&[(&digest, 0), (&digest, 0)])]),
            Err(DefinitionError::Terminal)
        );
        let mut merge = entry(&[(&digest, 0)]);
        merge.extend([0x32, 0]);
        assert_eq!(check(vec![op, merge]), Err(DefinitionError::Terminal));
        assert!(matches!(check(vec![vec![0xff], vec![]]), Err(DefinitionError::Entry { entry: 0, .. })));
        assert!(matches!(Definition::from_bytes(&[0xff]), Err(DefinitionError::Message(_))));
    }
}
