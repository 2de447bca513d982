//! What the parts of a graph come to in a definition, in bytes.

use buildkit_proto::pb;
use prost::{Message as _, length_delimiter_len};

use crate::graph::Node;
use crate::source_map::SourceFile;

/// An op: its bytes, what is said about it, and where it came from.
pub(crate) fn first(node: &Node) -> usize {
    let metadata = node.record.to_pb(&node.caps).encoded_len();
    let places = places(node);
    let located = if places == 0 { 0 } else { entry(&node.digest, places) };
    field(node.bytes.len()) + entry(&node.digest, metadata) + located
}

/// An op that is there already: where it came from this time.
pub(crate) fn again(node: &Node) -> usize {
    places(node)
}

/// A file that ops point at.
pub(crate) fn file(file: &SourceFile) -> usize {
    field(file.to_pb().encoded_len())
}

fn places(node: &Node) -> usize {
    let location = |place: crate::source_map::Place| {
        let source_index = i32::try_from(place.file.0).unwrap_or(i32::MAX);
        field(pb::Location { source_index, ranges: place.ranges }.encoded_len())
    };
    node.record.places().map(location).sum()
}

/// An entry of a map; a value without bytes is left out.
fn entry(key: &str, value: usize) -> usize {
    field(field(key.len()) + if value == 0 { 0 } else { field(value) })
}

/// A field of so many bytes: with its tag, as all fields have low numbers, and its length.
fn field(len: usize) -> usize {
    1 + length_delimiter_len(len) + len
}
