//! One description of a mapping's keys serves for the Rust type, the decoder, the encoder and the JSON Schema,
//! so that the four cannot drift apart.

use super::in_full::mapping_in_full;
use super::words::{Meant, meant, meant_key};
use super::wrong_kind_help;
use crate::diagnostic::{Diagnostic, Faults, one_of};
use crate::node::{Node, Value};
use crate::span::Spanned;

/// Defines a struct, how it is read from a mapping and written as one, and its JSON Schema.
///
/// The text before the struct names it in messages. Unknown keys are faults, `x-…` keys are free.
/// A field's type says by [`Decode::absent`](super::Decode::absent) whether its key may be left out.
macro_rules! record {
    (
        $what:literal;
        $(#[doc = $doc:literal])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:literal])* pub $field:ident: $type:ty, )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $type, )*
            /// Where the mapping stands.
            pub span: $crate::span::Span,
        }

        impl $name {
            /// The keys that it knows.
            pub const KEYS: &'static [&'static str] = &[$( $crate::decode::keyword(stringify!($field)) ),*];
        }

        impl $crate::decode::Decode for $name {
            fn keys() -> &'static [&'static str] {
                Self::KEYS
            }

            fn decode(node: &$crate::node::Node, faults: &mut $crate::diagnostic::Faults) -> Option<Self> {
                let entries = $crate::decode::entries(node, $what, Self::KEYS, faults)?;
                $( let mut $field: Option<&$crate::node::Node> = None; )*
                let mut unknown: Vec<&str> = Vec::new();
                for (key, value) in entries {
                    match key.as_str() {
                        $( name if name == $crate::decode::keyword(stringify!($field)) => $field = Some(value), )*
                        name if $crate::decode::is_extension(name) => {}
                        name => {
                            unknown.push(name);
                            faults.push($crate::decode::unknown_key(key, $what, Self::KEYS));
                        }
                    }
                }
                $(
                    let $field = match $field {
                        Some(value) => <$type as $crate::decode::Decode>::decode(value, faults),
                        None => {
                            let key = $crate::decode::keyword(stringify!($field));
                            $crate::decode::absent(key, $what, node, &unknown, Self::KEYS, faults)
                        }
                    };
                )*
                // Only now: each field has had its chance to report.
                Some(Self { $( $field: $field?, )* span: node.span })
            }
        }

        impl $crate::encode::Encode for $name {
            fn encode(&self) -> $crate::node::Node {
                let mut mapping = $crate::encode::Mapping::default();
                $( mapping.add($crate::decode::keyword(stringify!($field)), &self.$field); )*
                mapping.finish()
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut object = $crate::schema::Object::new(concat!($($doc, "\n"),*));
                $(
                    object.property::<$type>(
                        $crate::decode::keyword(stringify!($field)),
                        concat!($($field_doc, "\n"),*),
                        generator,
                    );
                )*
                object.finish()
            }
        }
    };
}

/// Reads and writes a fixed set of words.
macro_rules! keywords {
    ($type:ty, $what:literal, { $($word:literal => $variant:ident),* }) => {
        impl $type {
            /// The words of the language.
            pub const WORDS: &'static [&'static str] = &[$($word),*];
        }

        impl $crate::decode::Decode for $type {
            fn decode(node: &$crate::node::Node, faults: &mut $crate::diagnostic::Faults) -> Option<Self> {
                let text = &$crate::decode::scalar(node, $what, faults)?.text;
                match text.as_str() {
                    $($word => Some(Self::$variant),)*
                    _ => {
                        let help = $crate::diagnostic::one_of(Self::WORDS.iter().copied());
                        faults.push(
                            $crate::diagnostic::Diagnostic::new(node.span, format!("`{text}` is not {}", $what))
                                .help(format!("known words: {help}")),
                        );
                        None
                    }
                }
            }
        }

        impl $crate::encode::Encode for $type {
            fn encode(&self) -> $crate::node::Node {
                $crate::encode::word(match self { $(Self::$variant => $word,)* })
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "enum": Self::WORDS })
            }
        }
    };
}

pub(crate) use {keywords, record};

/// The YAML key of a Rust field: a raw identifier without its mark.
pub(crate) const fn keyword(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// The value of a key that is not there, or a fault where it must be. One that is misspelt has its fault already.
pub(crate) fn absent<T: super::Decode>(
    key: &str,
    what: &str,
    node: &Node,
    unknown: &[&str],
    known: &[&str],
    faults: &mut Faults,
) -> Option<T> {
    let value = T::absent();
    // Where a message lists all keys that there are, this one is among them.
    let is_told = |wrong: &&str| match meant_key(wrong, what, known) {
        Some(meant) => meant == key,
        None => known.len() <= FEW,
    };
    if value.is_none() && !unknown.iter().any(is_told) {
        faults.push(Diagnostic::new(node.span, format!("{} needs the key `{key}`", article(what))));
    }
    value
}

/// "a stage", "an ssh mount".
fn article(what: &str) -> String {
    // Spoken "es-es-aitch".
    let word = what.trim_start_matches('`');
    let vowel = word.starts_with(['a', 'e', 'i', 'o', 'u']) || word.starts_with("ssh");
    format!("{} {what}", if vowel { "an" } else { "a" })
}

/// The entries of a node that must be a mapping with the keys of a record.
pub(crate) fn entries<'n>(
    node: &'n Node,
    what: &str,
    known: &[&str],
    faults: &mut Faults,
) -> Option<&'n [(Spanned<String>, Node)]> {
    let expected = format!("a mapping that describes {}", article(what));
    if let Value::Scalar(scalar) = &node.value
        && !node.is_missing()
        && let Some(help) = glued(&scalar.text, known).or_else(|| mapping_in_full(what, &scalar.text))
    {
        wrong_kind_help(node, &expected, help, faults);
        return None;
    }
    if node.is_missing() && what == "secret" {
        wrong_kind_help(node, &expected, "write `{}` where there is nothing to say of it", faults);
        return None;
    }
    super::mapping(node, &expected, faults)
}

/// So many keys are listed where an unknown one is like none of them.
const FEW: usize = 9;

/// "unknown key" with the nearest known one, or all of them where there are few.
pub(crate) fn unknown_key(key: &Spanned<String>, what: &str, known: &[&str]) -> Diagnostic {
    if what == "`write` step" && crate::spec::WriteFile::KEYS.contains(&key.as_str()) {
        return Diagnostic::new(key.span, format!("`{}` does not stand beside `write`", key.value))
            .help(format!("it belongs inside: `write: {{{}: …}}`", key.value));
    }
    let elsewhere = crate::spec::actions_with(key);
    if what.starts_with('`') && meant(key, what).is_none() && !elsewhere.is_empty() {
        return Diagnostic::new(key.span, format!("`{}` does not belong to {}", key.value, article(what)))
            .help(format!("it is an option of {}", one_of(elsewhere)));
    }
    let help = glued(key, known)
        .or_else(|| match meant(key, what) {
            Some(Meant::Else(help)) => Some(help),
            _ => meant_key(key, what, known).map(|meant| format!("did you mean `{meant}`?")),
        })
        .or_else(|| (known.len() <= FEW).then(|| format!("known keys: {}", one_of(known.iter().copied()))));
    Diagnostic::new(key.span, format!("unknown key `{}` in {}", key.value, article(what))).help_opt(help)
}

/// The help for a known key whose value YAML took for a part of it: `to:b`, `to b`.
fn glued(key: &str, known: &[&str]) -> Option<String> {
    let (first, rest) = key.split_once([':', ' ', '='])?;
    known
        .contains(&first)
        .then(|| format!("write `{first}: {}`, with a space behind the colon", rest.trim_start()))
}
