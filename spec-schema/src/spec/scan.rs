//! Scanners that look at an image before it leaves the build.

use std::fmt::{self, Display, Formatter};

use super::{CacheMount, Command, Mount, Network, RunStep, SecretMount};
use crate::decode::text::{Template, Text};
use crate::decode::{Decode, Duration, List, Map, OneOrMany, parse_scalar, record};
use crate::diagnostic::Faults;
use crate::encode::{Encode, sequence, word};
use crate::node::{Node, Value};
use crate::span::Spanned;

record! {
    "scan";
    /// A program that looks at all files of the image, and whose exit code says whether it may leave the build: a scanner for
    /// vulnerabilities, secrets or licences. It runs when the stage is the build's target, for every platform, on the builder's own
    /// platform, next to other scans and to what is verified.
    ///
    /// It finds the image's files at `/rootfs`, which it can only read, and what it writes into `/report` is its report:
    /// `docker buildx build --target STAGE+scan --output DIRECTORY` exports the reports, whatever was found. A scan whose image and
    /// scanner have not changed is not run again.
    pub struct Scan {
        /// The scanner: an image, a stage or a source, as `from` of a stage. Its entrypoint is what runs.
        pub image: Template,
        /// What the scan is called in messages and among reports. Default: the last part of the image's name.
        pub name: Option<Text>,
        /// Arguments of the scanner's entrypoint; without one, the program itself. Default: the `cmd` of its image.
        pub args: List<Template>,
        /// The exit codes for which the build fails: a code, a range such as `1-9`, a list of these, `any` for all but 0, or `never`. A scanner
        /// that cannot be started, is killed, takes too long or leaves no report fails the build in any case. Default: `any`.
        pub fail_on: Option<FailOn>,
        /// Files that it must have written into `/report`, as paths from there.
        pub report: Option<OneOrMany<Template>>,
        /// Variables that it has besides those of its image.
        pub env: Map<Template>,
        /// Caches, as those of a step: a place for what it downloads.
        pub cache: Option<OneOrMany<CacheMount>>,
        /// Secrets, as those of a step: a key for its service.
        pub secrets: Option<OneOrMany<SecretMount>>,
        /// Files of the context, of stages and images, and directories in memory, as those of a step: for its settings.
        pub mounts: List<Mount>,
        /// The user that it runs as. Default: that of its image.
        pub run_as: Option<Template>,
        /// The network that it has. Default: `none`.
        pub network: Option<Network>,
        /// The time that it may take. Default: 5m.
        pub timeout: Option<Spanned<Duration>>,
        /// The time after which it runs again even if nothing has changed, such as `1d`, as that of a step: for a scanner that
        /// downloads what it knows.
        pub refresh: Option<Spanned<Duration>>,
    }
}

/// The exit codes of a scanner for which the build fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailOn {
    /// All but 0.
    Any,
    /// None.
    Never,
    /// These.
    Codes(Vec<ExitCodes>),
}

/// A range of exit codes, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitCodes {
    /// The first.
    pub first: u8,
    /// The last.
    pub last: u8,
}

impl Scan {
    /// What it has as a step of its own would have it.
    pub fn step(&self) -> RunStep {
        let command = Command::Exec(self.args.0.clone(), self.image.span);
        RunStep {
            env: self.env.clone(),
            cache: self.cache.clone(),
            secrets: self.secrets.clone(),
            mounts: self.mounts.clone(),
            run_as: self.run_as.clone(),
            network: Some(self.network.unwrap_or(Network::None)),
            refresh: self.refresh.clone(),
            ..RunStep::bare(command, self.span)
        }
    }
}

impl FailOn {
    /// Whether the build fails for a code.
    pub fn covers(&self, code: u32) -> bool {
        match self {
            Self::Any => code != 0,
            Self::Never => false,
            Self::Codes(ranges) => {
                ranges.iter().any(|range| (u32::from(range.first)..=u32::from(range.last)).contains(&code))
            }
        }
    }
}

impl ExitCodes {
    /// Reads `1` or `1-9`; `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(Self { first, last })
    }
}

impl Display for ExitCodes {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self { first, last } if first == last => write!(formatter, "{first}"),
            Self { first, last } => write!(formatter, "{first}-{last}"),
        }
    }
}

/// What a scalar of `fail_on` may be.
const FORMS: &str = "`any`, `never`, an exit code such as `1`, or several as `2-9`";

impl Decode for FailOn {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        match &node.value {
            Value::Sequence(items) if !items.is_empty() => {
                let codes: Vec<Option<ExitCodes>> = items
                    .iter()
                    .map(|item| {
                        parse_scalar(
                            item,
                            "an exit code such as `1`, or several as `2-9`",
                            faults,
                            ExitCodes::parse,
                        )
                    })
                    .collect();
                codes.into_iter().collect::<Option<_>>().map(Self::Codes)
            }
            _ => parse_scalar(node, FORMS, faults, |text| match text {
                "any" => Some(Self::Any),
                "never" => Some(Self::Never),
                _ => Some(Self::Codes(vec![ExitCodes::parse(text)?])),
            }),
        }
    }
}

impl Encode for FailOn {
    fn encode(&self) -> Node {
        match self {
            Self::Any => word("any"),
            Self::Never => word("never"),
            Self::Codes(codes) => match codes.as_slice() {
                [only] => word(only),
                codes => sequence(codes.iter().map(word)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_one_or_a_range() {
        for (text, covered) in
            [("1", [true, false, false]), ("1-9", [true, true, false]), ("0-255", [true; 3])]
        {
            let codes = FailOn::Codes(vec![ExitCodes::parse(text).unwrap()]);
            assert_eq!([1, 9, 200].map(|code| codes.covers(code)), covered, "{text}");
            assert_eq!(ExitCodes::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "-1", "256", "9-1", "1-", "x"] {
            assert_eq!(ExitCodes::parse(text), None, "{text}");
        }
        assert!(FailOn::Any.covers(1) && !FailOn::Any.covers(0) && !FailOn::Never.covers(1));
    }
}
