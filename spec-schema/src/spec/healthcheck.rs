//! Health checks, in the form that Compose gives them.

use std::fmt::{self, Display, Formatter};

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, Duration, List, parse_scalar, record, scalar};
use crate::diagnostic::{Diagnostic, Faults};
use crate::encode::{Encode, sequence, word};
use crate::node::{Node, Value};
use crate::span::Spanned;

/// How a container's health is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healthcheck {
    /// `none`: a check inherited from the base image is switched off.
    None,
    /// What is checked, and when.
    Check(Box<HealthcheckSettings>),
}

record! {
    "healthcheck";
    /// A health check: a command or an address, and when it is tried. A time that is left out is Docker's default.
    ///
    /// An address is tried by a program that is put into the image for it, `/.optfrontend/helper`: no shell is needed, nor anything
    /// else. It is there for linux/amd64 and linux/arm64.
    pub struct HealthcheckSettings {
        /// The command: `[CMD, program, …]`, `[CMD-SHELL, text]`, or a text that the image's shell runs. This, `http` or `tcp`.
        pub test: Option<HealthcheckTest>,
        /// A URL to ask for, such as `http://localhost:8080/healthz`, or `:8080/healthz` for short.
        pub http: Option<Template>,
        /// The status that the answer to `http` must have, such as `204` or `200-299`. Default: 200-399.
        pub status: Option<Spanned<Statuses>>,
        /// An address that must accept connections, such as `localhost:5432`, or `:5432` for short.
        pub tcp: Option<Template>,
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

impl Healthcheck {
    /// The address that is tried, with its key; `None` where a command is run.
    pub fn address(&self) -> Option<(&'static str, &Template)> {
        let Self::Check(settings) = self else { return None };
        let http = settings.http.as_ref().map(|http| ("http", http));
        http.or_else(|| settings.tcp.as_ref().map(|tcp| ("tcp", tcp)))
    }
}

/// A range of HTTP statuses, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statuses {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl Statuses {
    /// Reads `204` or `200-299`; `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let status = |text: &str| text.parse().ok().filter(|status| (100..=599).contains(status));
        let (first, last) = (status(first)?, status(last)?);
        (first <= last).then_some(Self { first, last })
    }
}

impl Display for Statuses {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self { first, last } if first == last => write!(formatter, "{first}"),
            Self { first, last } => write!(formatter, "{first}-{last}"),
        }
    }
}

impl Decode for Statuses {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "an HTTP status such as `204`, or several as `200-299`", faults, Self::parse)
    }
}

impl HealthcheckSettings {
    /// Exactly one thing is checked.
    fn check(&self, faults: &mut Faults) {
        let given = [
            self.test.is_some().then_some("test"),
            self.http.is_some().then_some("http"),
            self.tcp.is_some().then_some("tcp"),
        ];
        let given: Vec<&str> = given.into_iter().flatten().collect();
        match given.as_slice() {
            [] => faults.push(
                Diagnostic::new(self.span, "a healthcheck needs one of the keys `test`, `http` and `tcp`")
                    .help("`test` is a command, `http` a URL such as `http://localhost:8080/healthz`, `tcp` an address such as `localhost:5432`"),
            ),
            [_] => {}
            [one, other, ..] => faults.push(
                Diagnostic::new(self.span, format!("`{one}` and `{other}` do not stand beside each other"))
                    .help("a container has one health check"),
            ),
        }
        if let (Some(status), None) = (&self.status, &self.http) {
            faults.push(Diagnostic::new(status.span, "`status` is for the answer to `http`"));
        }
    }
}

impl Decode for Healthcheck {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Scalar(scalar) if scalar.text == "none" => Some(Self::None),
            _ => {
                let known = faults.len();
                let settings = HealthcheckSettings::decode(node, faults)?;
                if faults.len() == known {
                    settings.check(faults);
                }
                Some(Self::Check(Box::new(settings)))
            }
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
