//! From the types of the language back to a tree, as a person could have written it: what [`Decode`](crate::decode::Decode)
//! reads from that is the same value.

use crate::decode::text::{Template, Text};
use crate::decode::{Duration, Id, List, Map, Mode, OneOrMany, Permissions, Size};
use crate::node::{Node, Scalar, Value};
use crate::span::{Span, Spanned};
use crate::spec::{Growth, Statuses};

/// A type of the language that can be written as YAML.
pub trait Encode {
    /// The value as a tree without places.
    fn encode(&self) -> Node;

    /// Whether it is what an absent key stands for, and the key is left out.
    fn is_absent(&self) -> bool {
        false
    }
}

/// A text; what stands in quotes or a block where it has to.
pub(crate) fn text(text: impl Into<String>) -> Node {
    scalar(text.into(), false)
}

/// A number, a mode, a word of the language: never in quotes.
pub(crate) fn word(text: &(impl ToString + ?Sized)) -> Node {
    scalar(text.to_string(), true)
}

fn scalar(text: String, plain: bool) -> Node {
    Node { span: Span::default(), value: Value::Scalar(Scalar { text, plain, lines_at: Vec::new() }) }
}

pub(crate) fn sequence(items: impl IntoIterator<Item = Node>) -> Node {
    Node { span: Span::default(), value: Value::Sequence(items.into_iter().collect()) }
}

/// The items of a list.
pub(crate) fn items<T: Encode>(items: &[T]) -> Node {
    sequence(items.iter().map(Encode::encode))
}

/// A mapping in the making.
#[derive(Default)]
pub(crate) struct Mapping(Vec<(Spanned<String>, Node)>);

impl Mapping {
    /// Adds a key, unless leaving it out says the same.
    pub(crate) fn add(&mut self, key: &str, value: &impl Encode) {
        if !value.is_absent() {
            self.push(key, value.encode());
        }
    }

    /// Adds a key.
    pub(crate) fn push(&mut self, key: &str, value: Node) {
        self.0.push((Spanned::new(key.to_owned(), Span::default()), value));
    }

    pub(crate) fn finish(self) -> Node {
        Node { span: Span::default(), value: Value::Mapping(self.0) }
    }
}

/// A mapping in its short form where it has but the one key that this stands for.
pub(crate) fn short(long: Node, key: &str) -> Node {
    match long.value {
        Value::Mapping(mut entries) if entries.len() == 1 && entries[0].0.value == key => entries.remove(0).1,
        value => Node { span: long.span, value },
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self) -> Node {
        self.as_ref().map_or_else(|| word(""), Encode::encode)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self) -> Node {
        (**self).encode()
    }
}

impl<T: Encode> Encode for List<T> {
    fn encode(&self) -> Node {
        items(self)
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Encode> Encode for OneOrMany<T> {
    fn encode(&self) -> Node {
        match self.values.as_slice() {
            [one] => one.encode(),
            values => items(values),
        }
    }
}

impl<T: Encode> Encode for Map<T> {
    fn encode(&self) -> Node {
        let mut mapping = Mapping::default();
        self.iter().for_each(|(name, entry)| mapping.push(name, entry.value.encode()));
        mapping.finish()
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl Encode for Text {
    fn encode(&self) -> Node {
        text(self.value.clone())
    }
}

impl Encode for Template {
    fn encode(&self) -> Node {
        text(self.written())
    }
}

impl Encode for Spanned<bool> {
    fn encode(&self) -> Node {
        word(&self.value)
    }
}

impl Encode for Spanned<u32> {
    fn encode(&self) -> Node {
        self.value.encode()
    }
}

impl Encode for Spanned<Duration> {
    fn encode(&self) -> Node {
        self.value.encode()
    }
}

impl Encode for Spanned<Size> {
    fn encode(&self) -> Node {
        self.value.encode()
    }
}

impl Encode for Spanned<Growth> {
    fn encode(&self) -> Node {
        self.value.encode()
    }
}

impl Encode for Spanned<Statuses> {
    fn encode(&self) -> Node {
        word(&self.value)
    }
}

impl Encode for u32 {
    fn encode(&self) -> Node {
        word(self)
    }
}

impl Encode for Id {
    fn encode(&self) -> Node {
        word(&self.0)
    }
}

impl Encode for Permissions {
    fn encode(&self) -> Node {
        word(&format_args!("{:04o}", self.0))
    }
}

impl Encode for Mode {
    fn encode(&self) -> Node {
        match self {
            Self::Octal(bits) => Permissions(*bits).encode(),
            Self::Symbolic(clauses) => text(clauses.clone()),
        }
    }
}

impl Encode for Duration {
    fn encode(&self) -> Node {
        const UNITS: [(u64, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "m"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        let mut rest = self.0;
        let mut written = String::new();
        for (scale, unit) in UNITS {
            if rest >= scale {
                written += &format!("{}{unit}", rest / scale);
                rest %= scale;
            }
        }
        word(if written.is_empty() { "0s" } else { written.as_str() })
    }
}

impl Encode for Size {
    fn encode(&self) -> Node {
        const UNITS: [(u64, &str); 6] = [
            (1 << 30, "GiB"),
            (1_000_000_000, "GB"),
            (1 << 20, "MiB"),
            (1_000_000, "MB"),
            (1 << 10, "KiB"),
            (1_000, "kB"),
        ];
        let exact = UNITS.iter().find(|(scale, _)| self.0 > 0 && self.0.is_multiple_of(*scale));
        let (scale, unit) = exact.copied().unwrap_or((1, ""));
        word(&format_args!("{}{unit}", self.0 / scale))
    }
}

#[cfg(test)]
mod tests {
    use super::Encode;
    use crate::decode::text::Template;
    use crate::decode::{Duration, Mode, Permissions, Size};
    use crate::node::Value;
    use crate::span::Span;

    fn written(value: &impl Encode) -> String {
        match value.encode().value {
            Value::Scalar(scalar) => scalar.text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn times_sizes_and_modes_are_read_as_they_were() {
        for (time, expected) in
            [(0, "0s"), (1, "1ns"), (90_000_000_000, "1m30s"), (3_600_500_000_000, "1h500ms")]
        {
            assert_eq!(written(&Duration(time)), expected);
            assert_eq!(Duration::parse(expected), Some(Duration(time)));
        }
        assert_eq!(Duration::parse(&written(&Duration(u64::MAX))), Some(Duration(u64::MAX)));
        for (size, expected) in
            [(0, "0"), (1_023, "1023"), (64 << 20, "64MiB"), (30_000_000, "30MB"), (3 << 10, "3KiB")]
        {
            assert_eq!(written(&Size(size)), expected);
            assert_eq!(Size::parse(expected), Some(Size(size)));
        }
        assert_eq!(Size::parse(&written(&Size(u64::MAX))), Some(Size(u64::MAX)));
        assert_eq!(written(&Permissions(0o644)), "0644");
        assert_eq!(written(&Mode::Octal(0)), "0000");
    }

    #[test]
    fn templates_are_written_as_they_were_unless_that_means_something_else() {
        let parse =
            |raw| Template::parse(raw, Span::default(), &[]).unwrap_or_else(|fault| panic!("{fault:?}"));
        let literal = |raw| Template::literal(raw, Span::default());
        for raw in ["", "a", "$A", "${A}b", "$$A", "${A:-${B:+c$$}}", "${A:?no $B}"] {
            assert_eq!(written(&parse(raw)), raw);
        }
        assert_eq!(written(&literal("$A $$ ${")), "$$A $$$$ $${");
        assert_eq!(written(&literal("$").joined(":", &parse("$A"))), "$$:$A");
        assert_eq!(written(&parse("$A").joined("", &literal("b"))), "${A}b");
    }
}
