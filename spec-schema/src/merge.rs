//! Two trees as one: mappings merge key by key, lists and texts are replaced by the later tree.

use indexmap::IndexMap;

use crate::decode::is_extension;
use crate::diagnostic::{Diagnostic, Faults};
use crate::node::{Node, Value};
use crate::span::{Span, Spanned};

/// What to do where two trees hold different kinds of values.
const HELP: &str =
    "mappings merge key by key, lists and texts are replaced: write it in the same form in both files";

type Entries = Vec<(Spanned<String>, Node)>;

/// `earlier` with what `later` says of it. Each value keeps its place; that of a merged mapping is the later one.
///
/// A mapping merges with nothing but a mapping: replaced by something else, it would lose what it says in silence.
/// Keys come in the order in which they are first seen.
#[must_use]
pub fn merge(earlier: Node, later: Node, faults: &mut Faults) -> Node {
    match (earlier.value, later.value) {
        (Value::Mapping(earlier), Value::Mapping(entries)) => {
            Node { span: later.span, value: Value::Mapping(merge_entries(earlier, entries, faults)) }
        }
        (earlier_value, later_value) => {
            let earlier = Node { span: earlier.span, value: earlier_value };
            let later = Node { span: later.span, value: later_value };
            replace(earlier, later, faults)
        }
    }
}

fn merge_entries(earlier: Entries, later: Entries, faults: &mut Faults) -> Entries {
    let mut merged: IndexMap<String, (Span, Node)> =
        earlier.into_iter().map(|(key, node)| (key.value, (key.span, node))).collect();
    for (key, node) in later {
        let node = match merged.get_mut(&key.value) {
            // What a file keeps there for its own anchors is no affair of other files.
            Some((_, known)) if !is_extension(&key) => merge(take(known), node, faults),
            _ => node,
        };
        merged.insert(key.value, (key.span, node));
    }
    merged.into_iter().map(|(key, (span, node))| (Spanned::new(key, span), node)).collect()
}

/// The node, which leaves an empty one behind.
fn take(node: &mut Node) -> Node {
    let value = std::mem::replace(&mut node.value, Value::Sequence(Vec::new()));
    Node { span: node.span, value }
}

fn replace(earlier: Node, later: Node, faults: &mut Faults) -> Node {
    let is_mapping = |node: &Node| matches!(node.value, Value::Mapping(_));
    if !is_mapping(&earlier) && !is_mapping(&later) {
        return later;
    }
    let message = if later.is_missing() {
        format!("there is no value here to merge with {}", earlier.kind())
    } else {
        format!("{} cannot be merged with {}", later.kind(), earlier.kind())
    };
    faults.push(Diagnostic::new(later.span, message).help(HELP).related(earlier.span, "the earlier file"));
    // The mapping is what names other things, whose faults are to be those of the user.
    if is_mapping(&earlier) { earlier } else { later }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::diagnostic::Faults;
    use crate::node::{Node, Scalar, Value};
    use crate::span::{FileId, Span, Spanned};

    fn node(file: u16, value: Value) -> Node {
        Node { span: Span { file: FileId(file), ..Span::default() }, value }
    }

    fn text(file: u16, text: &str) -> Node {
        node(file, Value::Scalar(Scalar { text: text.to_owned(), plain: true, lines_at: Vec::new() }))
    }

    fn list(file: u16, items: &[&str]) -> Node {
        node(file, Value::Sequence(items.iter().map(|item| text(file, item)).collect()))
    }

    fn mapping(file: u16, entries: Vec<(&str, Node)>) -> Node {
        let span = Span { file: FileId(file), ..Span::default() };
        let key = |name: &str| Spanned::new(name.to_owned(), span);
        node(file, Value::Mapping(entries.into_iter().map(|(name, node)| (key(name), node)).collect()))
    }

    #[test]
    fn mappings_merge_and_the_rest_is_replaced() {
        let earlier = mapping(
            1,
            vec![
                ("a", mapping(1, vec![("x", text(1, "1")), ("y", list(1, &["1", "2"]))])),
                ("b", text(1, "1")),
                ("c", list(1, &["1"])),
            ],
        );
        let later = mapping(
            0,
            vec![
                ("d", text(0, "2")),
                ("c", text(0, "2")),
                ("a", mapping(0, vec![("z", text(0, "2")), ("y", list(0, &["3"]))])),
            ],
        );
        let expected = mapping(
            0,
            vec![
                ("a", mapping(0, vec![("x", text(1, "1")), ("y", list(0, &["3"])), ("z", text(0, "2"))])),
                ("b", text(1, "1")),
                ("c", text(0, "2")),
                ("d", text(0, "2")),
            ],
        );
        let mut faults = Faults::new();
        let merged = merge(earlier, later, &mut faults);
        assert!(faults.is_empty());
        assert_eq!(values(&merged), values(&expected));
        assert_eq!(merged.span.file, FileId(0));
    }

    /// The tree with the file of each value, for which the places of keys do not count.
    fn values(node: &Node) -> String {
        let told = match &node.value {
            Value::Scalar(scalar) => scalar.text.clone(),
            Value::Sequence(items) => format!("{:?}", items.iter().map(values).collect::<Vec<_>>()),
            Value::Mapping(entries) => {
                let entry =
                    |(key, node): &(Spanned<String>, Node)| format!("{}: {}", key.value, values(node));
                format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
            }
        };
        format!("{told}@{}", node.span.file.0)
    }

    #[test]
    fn a_mapping_is_never_lost() {
        for (earlier, later) in [
            (mapping(1, vec![]), list(0, &[])),
            (mapping(1, vec![]), text(0, "x")),
            (mapping(1, vec![]), text(0, "")),
            (text(1, "x"), mapping(0, vec![])),
            (list(1, &["x"]), mapping(0, vec![])),
        ] {
            let mut faults = Faults::new();
            let merged = merge(earlier, later, &mut faults);
            assert!(matches!(merged.value, Value::Mapping(_)));
            assert_eq!(faults.len(), 1);
        }
    }

    #[test]
    fn extensions_are_for_their_own_file() {
        let earlier = mapping(1, vec![("x-a", mapping(1, vec![("k", text(1, "1"))]))]);
        let later = mapping(0, vec![("x-a", list(0, &["2"]))]);
        let mut faults = Faults::new();
        assert_eq!(values(&merge(earlier, later, &mut faults)), "{x-a: [\"2@0\"]@0}@0");
        assert!(faults.is_empty());
    }
}
