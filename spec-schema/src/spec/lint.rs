//! What of a spec's lint counts.

use crate::decode::text::Text;
use crate::decode::{Decode, OneOrMany, record};
use crate::diagnostic::Faults;
use crate::encode::{Encode, word};
use crate::node::{Node, Value};
use crate::span::Span;

record! {
    "lint setting";
    /// Which lint rules count, and how much.
    pub struct Lint {
        /// Rules that find nothing in this spec: a name, a list of names, or `all`.
        pub skip: Option<OneOrMany<Text>>,
        /// What fails the build when it is found: `true` for every rule, a name, or a list of names. A rule that is off unless asked for is
        /// on when it is named here. Default: nothing, findings are warnings.
        pub error: Option<LintErrors>,
    }
}

/// The rules whose findings fail a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LintErrors {
    /// All of them, or none.
    All(bool, Span),
    /// Those named.
    Rules(OneOrMany<Text>),
}

impl Decode for LintErrors {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Scalar(scalar) if scalar.text == "true" => Some(Self::All(true, node.span)),
            Value::Scalar(scalar) if scalar.text == "false" => Some(Self::All(false, node.span)),
            _ => OneOrMany::decode(node, faults).map(Self::Rules),
        }
    }
}

impl Encode for LintErrors {
    fn encode(&self) -> Node {
        match self {
            Self::All(all, _) => word(all),
            Self::Rules(rules) => rules.encode(),
        }
    }
}
