//! Build args.

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, List, record};
use crate::diagnostic::Faults;
use crate::encode::{Encode, short};
use crate::node::{Node, Value};
use crate::span::Spanned;

/// A build arg: its default alone, or a mapping with its settings.
///
/// The client sets it with `--build-arg NAME=VALUE`. A default may use args that stand above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arg {
    /// The settings; only `default` where it was written in short.
    pub settings: ArgSettings,
}

record! {
    "build arg";
    /// The settings of a build arg.
    pub struct ArgSettings {
        /// The value when the client gives none. Without it the arg has no value until the client gives one.
        pub default: Option<Template>,
        /// Shown to whoever asks what can be set.
        pub description: Option<Text>,
        /// Whether the client must give a value. Default: false.
        pub required: Option<Spanned<bool>>,
        /// The values that are allowed. Default: any.
        pub choices: List<Text>,
        /// A regular expression that the whole value must match. Default: any value.
        pub pattern: Option<Text>,
    }
}

impl Decode for Arg {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let settings = match node.value {
            Value::Mapping(_) => ArgSettings::decode(node, faults)?,
            // `NAME:` alone declares an arg that has no value until the client gives one.
            _ => ArgSettings {
                default: if node.is_missing() { None } else { Some(Template::decode(node, faults)?) },
                description: None,
                required: None,
                choices: List::default(),
                pattern: None,
                span: node.span,
            },
        };
        Some(Self { settings })
    }
}

impl Encode for Arg {
    fn encode(&self) -> Node {
        short(self.settings.encode(), "default")
    }
}
