//! What an organisation asks of the specs that its people build.

use crate::decode::keywords;
use crate::decode::text::Text;
use crate::decode::{Map, OneOrMany, Size, record};
use crate::span::Spanned;
use crate::spec::{LintErrors, Network, Security};

record! {
    "policy";
    /// What must hold of a build, whatever its spec says: `policy.yaml` in what `--build-context policy=…` names, or in the image that a
    /// spec has under `policy`. Everything that is not so is an error, before anything is built.
    pub struct Policy {
        /// What the policy is for; not looked at.
        pub description: Option<Text>,
        /// The images that stages start from and copy from.
        pub images: Option<ImagePolicy>,
        /// The repositories and downloads that files come from.
        pub sources: Option<SourcePolicy>,
        /// Labels that the image must have, each with a regular expression that its whole value must match; `.+` for any value.
        pub labels: Map<Text>,
        /// `non_root`: the image must not run as root.
        pub user: Option<Text>,
        /// The most that all files of the image may have together. It is checked as `verify` does; where the spec has a `max_size` too, the
        /// smaller one counts.
        pub max_size: Option<Spanned<Size>>,
        /// The networks that `run` steps may have. `default` is what the client chooses, unless that is `none` or `host`.
        pub network: Option<OneOrMany<Network>>,
        /// The privileges that `run` steps may have.
        pub security: Option<OneOrMany<Security>>,
        /// What the stage that is built must have: `verify`, `scan`, `healthcheck`, or a list of these.
        pub require: Option<OneOrMany<Required>>,
        /// Which lint rules are errors, whatever a spec, a comment or the client says of them.
        pub lint: Option<LintPolicy>,
    }
}

record! {
    "image policy";
    /// Images are judged as they are used: with the lock file, and with what a client puts in their place.
    ///
    /// A pattern is a name as a spec has it. `*` stands for any part of a name between slashes, `**` for any text; without a tag, a pattern is for
    /// all tags.
    pub struct ImagePolicy {
        /// Patterns of images that may be used. Default: all. Where there are some, no stage may start from files that a client puts in the place
        /// of an image.
        pub allow: Option<OneOrMany<Text>>,
        /// Patterns of images that may not be used, also where `allow` has them.
        pub ban: Option<OneOrMany<Text>>,
        /// Whether every image needs a digest, in the spec or in its lock file. Default: false.
        pub pinned: Option<Spanned<bool>>,
    }
}

record! {
    "source policy";
    /// Repositories and downloads by their URLs, of `sources`, `add` and named contexts. In a pattern, `*` stands for any text without a slash and
    /// `**` for any text.
    pub struct SourcePolicy {
        /// Patterns of URLs that may be used. Default: all.
        pub allow: Option<OneOrMany<Text>>,
        /// Patterns of URLs that may not be used, also where `allow` has them.
        pub ban: Option<OneOrMany<Text>>,
        /// Whether every repository needs a commit and every download a checksum, in the spec or in its lock file. Default: false.
        pub pinned: Option<Spanned<bool>>,
    }
}

record! {
    "lint policy";
    /// Which lint rules count.
    pub struct LintPolicy {
        /// Rules whose findings are errors: `true` for all that are on, a name, or a list of names.
        pub error: LintErrors,
    }
}

/// What a stage must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// A `verify`.
    Verify,
    /// A `scan`.
    Scan,
    /// A health check, of its own or of its base.
    Healthcheck,
}

keywords!(Required, "something that a stage can have", { "verify" => Verify, "scan" => Scan, "healthcheck" => Healthcheck });
