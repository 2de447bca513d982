//! The lock file of a spec: what the names in it stood for when somebody looked.

use crate::decode::text::Text;
use crate::decode::{Map, record};

/// The version of the file's form.
pub const VERSION: &str = "1";

record! {
    "lock file";
    /// A lock file: what is behind each name of a spec that somebody else may move.
    pub struct LockFile {
        /// The version of this form: `1`.
        pub version: Text,
        /// Images by their names, each with its digest: `golang:1.22: sha256:…`.
        pub images: Map<Text>,
        /// Git repositories by URL and ref, each with its commit: `https://github.com/moby/buildkit.git#v0.25.1: 5b1d…`.
        pub git: Map<Text>,
        /// Downloads by their URLs, each with its checksum: `https://example.com/tool.tar.gz: sha256:…`.
        pub http: Map<Text>,
    }
}
