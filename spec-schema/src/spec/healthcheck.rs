//! Health checks, in the form that Compose gives them.

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, Duration, List, record, scalar};
use crate::diagnostic::{Diagnostic, Faults};
use crate::encode::{Encode, sequence, word};
use crate::node::{Node, Value};

/// How a container's health is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healthcheck {
    /// `none`: a check inherited from the base image is switched off.
    None,
    /// A command and its times.
    Check(HealthcheckSettings),
}

record! {
    "healthcheck";
    /// A health check: the command, and when it is run. A time that is left out is Docker's default.
    pub struct HealthcheckSettings {
        /// The command: `[CMD, program, …]`, `[CMD-SHELL, text]`, or a text that the image's shell runs.
        pub test: HealthcheckTest,
        /// Time between two checks. Docker's default: 30s.
        pub interval: Option<Duration>,
        /// Time after which a check counts as failed. Docker's default: 30s.
        pub timeout: Option<Duration>,
        /// Time at the start in which failures do not count. Docker's default: 0s.
        pub start_period: Option<Duration>,
        /// Time between two checks in the start period. Docker's default: 5s.
        pub start_interval: Option<Duration>,
        /// Failures in a row that make a container unhealthy. Docker's default: 3.
        pub retries: Option<u32>,
    }
}

/// The command of a health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthcheckTest {
    /// A text for the image's shell.
    Shell(Text),
    /// A program and its arguments.
    Exec(Vec<Template>),
}

impl Decode for Healthcheck {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Scalar(scalar) if scalar.text == "none" => Some(Self::None),
            _ => HealthcheckSettings::decode(node, faults).map(Self::Check),
        }
    }
}

impl Decode for HealthcheckTest {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let Value::Sequence(items) = &node.value else {
            let text = &scalar(node, "a command, `[CMD, …]` or `[CMD-SHELL, …]`", faults)?.text;
            return Some(Self::Shell(Text::new(text.clone(), node.span)));
        };
        let mut arguments = List::<Template>::decode(node, faults)?.0;
        if arguments.len() != items.len() {
            return None;
        }
        match (arguments.first().map(|first| first.raw.clone()).as_deref(), arguments.len()) {
            (Some("CMD"), 2..) => {
                arguments.remove(0);
                Some(Self::Exec(arguments))
            }
            (Some("CMD-SHELL"), 2) => {
                let text = arguments.remove(1);
                Some(Self::Shell(Text::new(text.raw, text.span)))
            }
            _ => {
                faults.push(
                    Diagnostic::new(node.span, "the list must start with `CMD` or `CMD-SHELL`")
                        .help("write `[CMD, program, argument, …]`, `[CMD-SHELL, text]`, or a text alone"),
                );
                None
            }
        }
    }
}

impl Encode for Healthcheck {
    fn encode(&self) -> Node {
        match self {
            Self::None => word("none"),
            Self::Check(settings) => settings.encode(),
        }
    }
}

impl Encode for HealthcheckTest {
    fn encode(&self) -> Node {
        match self {
            Self::Shell(text) => text.encode(),
            Self::Exec(arguments) => {
                sequence(std::iter::once(word("CMD")).chain(arguments.iter().map(Encode::encode)))
            }
        }
    }
}
