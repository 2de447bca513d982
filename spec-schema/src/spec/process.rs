//! What a `run` step has besides files: hosts, limits, devices, privileges.

use crate::decode::text::Template;
use crate::decode::{Decode, List, Map, OneOrMany, keywords, parse_scalar, record, wrong_kind_help};
use crate::diagnostic::{Diagnostic, Faults};
use crate::encode::{Encode, short, word};
use crate::node::{Node, Value};
use crate::span::{Span, Spanned};

/// The privileges of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Those of a container.
    Sandbox,
    /// All; the client must allow it with `--allow security.insecure`.
    Insecure,
}

keywords!(Security, "a security mode", { "sandbox" => Sandbox, "insecure" => Insecure });

/// Lines for `/etc/hosts`: names with their addresses, or a list of `name=address`, as in Compose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Names, each with its address or addresses.
    Map(Map<OneOrMany<Template>>),
    /// `name=address` or `name:address`.
    List(List<Template>),
}

impl Decode for Hosts {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Mapping(_) => Map::decode(node, faults).map(Self::Map),
            Value::Sequence(_) => List::decode(node, faults).map(Self::List),
            Value::Scalar(_) => {
                wrong_kind_help(node, "names with addresses", "write `{NAME: ADDRESS}`", faults);
                None
            }
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Map(Map::default()))
    }
}

impl Encode for Hosts {
    fn encode(&self) -> Node {
        match self {
            Self::Map(hosts) => hosts.encode(),
            Self::List(hosts) => hosts.encode(),
        }
    }

    fn is_absent(&self) -> bool {
        match self {
            Self::Map(hosts) => hosts.is_empty(),
            Self::List(_) => false,
        }
    }
}

/// A limit of a process: one number for both, or a soft and a hard one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ulimit {
    /// What is in force; -1 for no limit.
    pub soft: Limit,
    /// How far the process may raise it; -1 for no limit.
    pub hard: Limit,
    /// Where it stands.
    pub span: Span,
}

record! {
    "limit";
    /// A limit of a process: what is in force, and how far the process may raise that.
    pub struct UlimitSettings {
        /// What is in force; -1 for no limit.
        pub soft: Limit,
        /// How far the process may raise it; -1 for no limit.
        pub hard: Limit,
    }
}

/// A whole number, or -1 for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(pub i64);

impl Limit {
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|limit| *limit >= -1).map(Self)
    }

    /// -1 is above all others.
    fn rank(self) -> i64 {
        if self.0 == -1 { i64::MAX } else { self.0 }
    }
}

impl Decode for Limit {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "a whole number, or -1 for no limit", faults, Self::parse)
    }
}

impl Decode for Ulimit {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let (soft, hard) = match node.value {
            Value::Mapping(_) => {
                let settings = UlimitSettings::decode(node, faults)?;
                (settings.soft, settings.hard)
            }
            _ => parse_scalar(node, "a limit such as `1024`, `1024:2048` or `-1`", faults, |text| {
                let (soft, hard) = text.split_once(':').unwrap_or((text, text));
                Limit::parse(soft).zip(Limit::parse(hard))
            })?,
        };
        if soft.rank() > hard.rank() {
            let message = format!("the soft limit {} is above the hard limit {}", soft.0, hard.0);
            faults.push(Diagnostic::new(node.span, message));
            return None;
        }
        Some(Self { soft, hard, span: node.span })
    }
}

impl Encode for Limit {
    fn encode(&self) -> Node {
        word(&self.0)
    }
}

impl Encode for Ulimit {
    fn encode(&self) -> Node {
        if self.soft == self.hard {
            return self.soft.encode();
        }
        word(&format_args!("{}:{}", self.soft.0, self.hard.0))
    }
}

/// A device of a step: its CDI name, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// The settings; only `name` where it was written in short.
    pub settings: DeviceSettings,
}

record! {
    "device";
    /// A device that a step may use, by the name that the Container Device Interface gives it.
    pub struct DeviceSettings {
        /// `vendor.com/class=name`, or `vendor.com/class` for one that the builder chooses.
        pub name: Template,
        /// Whether the step fails without it. Default: false.
        pub required: Option<Spanned<bool>>,
    }
}

impl Decode for Device {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let settings = match node.value {
            Value::Mapping(_) => DeviceSettings::decode(node, faults)?,
            _ => DeviceSettings { name: Template::decode(node, faults)?, required: None, span: node.span },
        };
        Some(Self { settings })
    }
}

impl Encode for Device {
    fn encode(&self) -> Node {
        short(self.settings.encode(), "name")
    }
}
