//! What several test files need.

use buildkit_llb::pb;
use buildkit_llb::{Definition, ExecOp, Graph, ImageSource, OpMeta, Output};
use prost::Message as _;
use sha2::{Digest as _, Sha256};

/// An entry of a definition, read back.
pub(crate) struct Entry {
    pub(crate) digest: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) op: pb::Op,
}

/// All entries in order. One that cannot be decoded fails the test.
pub(crate) fn entries(definition: &Definition) -> Vec<Entry> {
    let entry = |bytes: &Vec<u8>| {
        let op =
            pb::Op::decode(bytes.as_slice()).unwrap_or_else(|error| panic!("an entry is no op: {error}"));
        Entry { digest: digest(bytes), bytes: bytes.clone(), op }
    };
    definition.as_pb().def.iter().map(entry).collect()
}

/// The name of an entry, worked out apart from the crate.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// The numbers of a message's fields in the order of its bytes; all of them must be messages or texts.
pub(crate) fn tags(mut bytes: &[u8]) -> Vec<u32> {
    let mut tags = Vec::new();
    while !bytes.is_empty() {
        let Ok(key) = prost::decode_length_delimiter(&mut bytes) else { panic!("no key: {bytes:?}") };
        assert_eq!(key & 7, 2, "a field with a length");
        let Ok(length) = prost::decode_length_delimiter(&mut bytes) else { panic!("no length: {bytes:?}") };
        bytes = &bytes[length..];
        tags.push(u32::try_from(key >> 3).unwrap_or_default());
    }
    tags
}

pub(crate) fn image(graph: &mut Graph, name: &str) -> Output {
    graph.source(ImageSource::new(format!("docker.io/library/{name}:1")), OpMeta::named(name))
}

pub(crate) fn exec(root: Option<Output>, program: &str) -> ExecOp {
    ExecOp { args: vec![program.to_owned()], cwd: "/".to_owned(), root, ..ExecOp::default() }
}
