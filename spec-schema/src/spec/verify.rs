//! What must hold of an image before it leaves the build.

use std::fmt::{self, Display, Formatter};

use super::{Command, Network, Statuses};
use crate::decode::text::{Template, Text};
use crate::decode::{Decode, Duration, List, Map, OneOrMany, Size, keywords, parse_scalar, record, scaled};
use crate::diagnostic::{Diagnostic, Faults};
use crate::encode::{Encode, word};
use crate::node::Node;
use crate::span::Spanned;

record! {
    "verify";
    /// What must hold of the image of a stage. It is checked when the stage is the build's target, on every platform, after its last step and
    /// before anything is exported or pushed. What does not hold fails the build; every check is told.
    ///
    /// Nothing is needed of the image, no shell either, and nothing of it is changed. A check whose stage has not changed is not run again.
    pub struct Verify {
        /// The most that all files of the image may have together: `30MB`. What counts is the length of each regular file, of all layers put
        /// together; of several links to one file, one.
        pub max_size: Option<Spanned<Size>>,
        /// How much larger the image may be than the one that is published.
        pub max_growth: Option<MaxGrowth>,
        /// The user that the image runs as: a name, a number, either with a group behind a colon, or `non_root` for any but root.
        pub user: Option<Template>,
        /// What must not be in the image: absolute paths, patterns from the root or from anywhere (`/opt/*.sh`, `**/*.pem`), or names of
        /// commands, which are looked for on the image's `PATH`.
        pub forbid: List<Template>,
        /// What must be in the image, said in the same ways.
        pub require: List<Template>,
        /// Commands that are run in the image, each on its own.
        pub run: List<VerifyRun>,
        /// Whether the image's own entrypoint comes to serve.
        pub serve: Option<VerifyServe>,
        /// What the client must ask for beside the image: `sbom`, `provenance`, or both. A build without `--sbom` or `--provenance` fails before any
        /// step runs.
        pub attestations: Option<OneOrMany<Attestation>>,
    }
}

record! {
    "`max_growth`";
    /// How much larger an image may be than another one: than the one that was published before it. What counts is the length of files, as for
    /// `max_size`, on each platform by itself. Where the other image is not there yet, or not for a platform, nothing is compared, and the build says so.
    pub struct MaxGrowth {
        /// The other image, such as `registry.example/app:latest`, or a source of the spec. What its tag names when the image is built counts: it is not locked.
        pub since: Template,
        /// The most that the image may have more: a size such as `5MB`, or a part of the other image such as `10%`.
        pub by: Spanned<Growth>,
    }
}

/// How much larger something may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growth {
    /// By so many bytes.
    Bytes(Size),
    /// By so many hundredths of a percent.
    Percent(u64),
}

impl Growth {
    /// Reads `5MB` or `10%`; `None` where it is neither.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix('%') {
            Some(number) => scaled(number.trim_end(), 100).map(Self::Percent),
            None => Size::parse(text).map(Self::Bytes),
        }
    }
}

impl Decode for Growth {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        parse_scalar(node, "a size such as `5MB`, or a part such as `10%`", faults, Self::parse)
    }
}

impl Encode for Growth {
    fn encode(&self) -> Node {
        match self {
            Self::Bytes(size) => size.encode(),
            Self::Percent(_) => word(self),
        }
    }
}

impl Display for Growth {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(size) => write!(formatter, "{} bytes", size.0),
            Self::Percent(hundredths) => match (hundredths / 100, hundredths % 100) {
                (whole, 0) => write!(formatter, "{whole}%"),
                (whole, rest) => write!(formatter, "{whole}.{rest:02}%"),
            },
        }
    }
}

/// Something that is attached to an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attestation {
    /// A list of the software in it.
    Sbom,
    /// A record of how it was made.
    Provenance,
}

keywords!(Attestation, "an attestation", { "sbom" => Sbom, "provenance" => Provenance });

impl Attestation {
    /// Its name in a spec, which is that of the client's flag too.
    pub fn name(self) -> &'static str {
        Self::WORDS.get(self as usize).copied().unwrap_or_default()
    }
}

record! {
    "command to verify";
    /// A command that is run in the image: with its user, environment and working directory. What it changes is thrown away.
    pub struct VerifyRun {
        /// The command: a list that is run as it is, or a text for the image's shell.
        pub command: Command,
        /// The exit code that it must have. Default: 0.
        pub exit_code: Option<Spanned<u32>>,
        /// What it must write to its output.
        pub stdout: Option<VerifyText>,
        /// What it must write to its error output.
        pub stderr: Option<VerifyText>,
        /// Variables that it has besides the image's.
        pub env: Map<Template>,
        /// The user that it runs as. Default: that of the image.
        pub run_as: Option<Template>,
        /// The network that it has. Default: `none`.
        pub network: Option<Network>,
        /// The time that it may take. Default: 1m.
        pub timeout: Option<Spanned<Duration>>,
    }
}

record! {
    "text to verify";
    /// What an output must be. All that is written here must hold; line ends at the end do not count, and of an output above a megabyte only
    /// its start and its end do.
    pub struct VerifyText {
        /// Texts that must be in it.
        pub contains: Option<OneOrMany<Template>>,
        /// All of it.
        pub equals: Option<Template>,
        /// A regular expression that must match a part of it; taken as written, so that `$` is the end of the text. `(?m)` makes `^` and `$`
        /// those of a line.
        pub matches: Option<Text>,
    }
}

/// An address at which an image must come to serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyServe {
    /// The settings, of which `http` or `tcp` is one.
    pub settings: Box<VerifyServeSettings>,
}

record! {
    "serve";
    /// The image's entrypoint and command are started, as its user and with its environment, until an address answers; then they are stopped
    /// by the image's stop signal.
    pub struct VerifyServeSettings {
        /// A URL to ask for, such as `http://localhost:8080/healthz`, or `:8080/healthz` for short. This or `tcp`.
        pub http: Option<Template>,
        /// The status that the answer to `http` must have, such as `204` or `200-299`. Default: 200-399.
        pub status: Option<Spanned<Statuses>>,
        /// An address that must accept connections, such as `localhost:5432`, or `:5432` for short.
        pub tcp: Option<Template>,
        /// The time in which that must be so. Default: 30s.
        pub within: Option<Spanned<Duration>>,
        /// Variables besides the image's, as somebody who starts the image sets them.
        pub env: Map<Template>,
        /// The network besides the container's own addresses. Default: `none`.
        pub network: Option<Network>,
    }
}

impl Verify {
    /// Whether anything in it needs more than the image config and the files that name users.
    pub fn looks_inside(&self) -> bool {
        let Self { max_size, max_growth, user: _, forbid, require, run, serve, attestations: _, span: _ } =
            self;
        let measures = max_size.is_some() || max_growth.is_some();
        measures || !forbid.is_empty() || !require.is_empty() || !run.is_empty() || serve.is_some()
    }
}

impl VerifyServeSettings {
    fn check(&self, faults: &mut Faults) {
        match (&self.http, &self.tcp) {
            (None, None) => faults.push(
                Diagnostic::new(self.span, "a serve needs one of the keys `http` and `tcp`")
                    .help("`http` is a URL such as `http://localhost:8080/healthz`, `tcp` an address such as `localhost:5432`"),
            ),
            (Some(_), Some(tcp)) => {
                faults.push(Diagnostic::new(tcp.span, "`http` and `tcp` do not stand beside each other"));
            }
            _ => {}
        }
        if let (Some(status), None) = (&self.status, &self.http) {
            faults.push(Diagnostic::new(status.span, "`status` is for the answer to `http`"));
        }
    }
}

impl Decode for VerifyServe {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let known = faults.len();
        let settings = VerifyServeSettings::decode(node, faults)?;
        if faults.len() == known {
            settings.check(faults);
        }
        Some(Self { settings: Box::new(settings) })
    }
}

impl Encode for VerifyServe {
    fn encode(&self) -> Node {
        self.settings.encode()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::Value;

    #[test]
    fn growth_is_a_size_or_a_part() {
        for (text, growth) in [
            ("5MB", Growth::Bytes(Size(5_000_000))),
            ("0", Growth::Bytes(Size(0))),
            ("10%", Growth::Percent(1_000)),
            ("0.50%", Growth::Percent(50)),
            ("250%", Growth::Percent(25_000)),
        ] {
            assert_eq!(Growth::parse(text), Some(growth));
            let Value::Scalar(written) = growth.encode().value else { panic!("{growth:?}") };
            assert_eq!(written.text, text);
        }
        for text in ["", "%", "x%", "-1%", "5MB%", "10 percent"] {
            assert_eq!(Growth::parse(text), None, "{text}");
        }
    }
}
