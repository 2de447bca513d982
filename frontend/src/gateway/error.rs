//! What can go wrong between us and the daemon.

use buildkit_proto::google::protobuf::Any;
use buildkit_proto::google::rpc::Status;
use serde::Deserialize;

use super::daemon::CapabilityError;
use super::grpc::{self, WireError};

/// In front of the name of each kind of detail.
pub(super) const DETAIL_PREFIX: &str = "github.com/moby/buildkit/";

/// The detail that names the step (the vertex) that failed.
const VERTEX: &str = "errdefs.Vertex+json";

/// The detail that holds a place in a source file.
const SOURCE: &str = "errdefs.Source+json";

/// The detail that holds the exit code of a process.
const EXIT: &str = "gatewayapi.ExitMessage+json";

/// A call to the daemon that did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    /// The daemon answered with an error. All of it is kept, so that it can be returned unchanged: the
    /// details hold the lines of the spec that failed, exit codes, and more that only the client knows.
    #[error("{}", .0.message)]
    Status(Status),
    /// The connection ended: the daemon is gone, or the build was cancelled.
    #[error("BuildKit closed the connection during {method}: {reason}")]
    Disconnected {
        /// The call under way.
        method: &'static str,
        /// What happened to the connection.
        reason: String,
    },
    /// The daemon's reply breaks the gRPC protocol.
    #[error("BuildKit's reply to {method} {error}")]
    Malformed {
        /// The call under way.
        method: &'static str,
        /// What is wrong with the reply.
        error: WireError,
    },
    /// The daemon's reply is sound, but is no answer to what was asked.
    #[error("BuildKit's reply to {method} {what}")]
    Unexpected {
        /// The call under way.
        method: &'static str,
        /// Completes "the reply ...".
        what: &'static str,
    },
    /// The request is larger than the daemon takes.
    #[error(
        "the {method} request has {size} bytes, and this BuildKit takes {limit}: put large texts into \
         files of the build context{}", newer(*.limit)
    )]
    RequestTooLarge {
        /// The call that was not made.
        method: &'static str,
        /// Bytes of the request.
        size: usize,
        /// Bytes the daemon takes.
        limit: usize,
    },
    /// A file has more bytes than the caller takes.
    #[error("{path} has more than {limit} bytes")]
    FileTooLarge {
        /// The file, as asked for.
        path: String,
        /// Bytes the caller takes.
        limit: usize,
    },
    /// A source policy replaced an image by something that is not an image.
    #[error("a source policy replaces the image {requested} by {replacement}, which is not an image")]
    NotAnImage {
        /// The reference asked for.
        requested: String,
        /// The source to take instead, with its scheme.
        replacement: String,
    },
    /// The daemon lacks something the call needs.
    #[error(transparent)]
    Unsupported(#[from] CapabilityError),
    /// Stdin and stdout cannot carry the connection.
    #[error(transparent)]
    Stdio(#[from] super::stdio::StdioError),
}

fn newer(limit: usize) -> &'static str {
    if limit < super::daemon::MAX_REQUEST { ", or use BuildKit 0.14 or newer" } else { "" }
}

#[derive(Deserialize)]
struct ExitMessage {
    #[serde(rename = "Code", default)]
    code: u32,
}

#[derive(Deserialize)]
struct SourcePlaces {
    #[serde(default)]
    info: SourceName,
    #[serde(default)]
    ranges: Vec<SourceRange>,
}

#[derive(Default, Deserialize)]
struct SourceName {
    #[serde(default)]
    filename: String,
}

#[derive(Deserialize)]
struct SourceRange {
    start: SourceLine,
    end: SourceLine,
}

#[derive(Deserialize)]
struct SourceLine {
    /// 0.8 writes `Line`.
    #[serde(default, alias = "Line")]
    line: u32,
}

impl GatewayError {
    pub(super) fn disconnected(method: &'static str, error: &h2::Error) -> Self {
        Self::Disconnected { method, reason: error.to_string() }
    }

    /// The message without its details.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// The status to answer the build with: the daemon's own, unchanged, or one made of the message.
    pub fn into_status(self) -> Status {
        match self {
            Self::Status(status) => status,
            other => Status { code: grpc::UNKNOWN, message: other.to_string(), details: Vec::new() },
        }
    }

    /// Puts `context` and a colon in front of the message and keeps all details.
    #[must_use]
    pub fn context(self, context: &str) -> Self {
        let mut status = self.into_status();
        status.message = format!("{context}: {}", status.message);
        Self::Status(status)
    }

    /// The typed details of the daemon's error, as it sent them.
    pub fn details(&self) -> &[Any] {
        match self {
            Self::Status(status) => &status.details,
            _ => &[],
        }
    }

    /// The exit code of the process that failed, if that is what the error is about.
    pub fn exit_code(&self) -> Option<u32> {
        // Before BuildKit 0.9 there are no details, and the code is the end of the message.
        let Some(detail) = self.detail(EXIT) else {
            return self.message().rsplit_once("exit code: ")?.1.parse().ok();
        };
        serde_json::from_slice(&detail.value).ok().map(|exit: ExitMessage| exit.code)
    }

    /// Whether a step of the build failed, rather than the request itself.
    pub fn is_step_failure(&self) -> bool {
        self.detail(VERTEX).is_some()
    }

    /// First and last line of each place that the error points at.
    pub fn source_lines(&self) -> Vec<(u32, u32)> {
        let ranges = self.sources().flat_map(|places| places.ranges);
        ranges.map(|range| (range.start.line, range.end.line)).collect()
    }

    /// The first place that the error points at, such as `build.yaml:6`.
    pub fn place(&self) -> Option<String> {
        let mut places = self.sources().filter(|places| !places.info.filename.is_empty());
        places.find_map(|SourcePlaces { info, ranges }| {
            Some(format!("{}:{}", info.filename, ranges.first()?.start.line))
        })
    }

    fn sources(&self) -> impl Iterator<Item = SourcePlaces> {
        let kind = format!("{DETAIL_PREFIX}{SOURCE}");
        let details = self.details().iter().filter(move |detail| detail.type_url == kind);
        details.filter_map(|detail| serde_json::from_slice(&detail.value).ok())
    }

    /// Whether the error points into a source file already.
    pub fn has_source(&self) -> bool {
        self.detail(SOURCE).is_some()
    }

    /// Whether the daemon says that a path does not exist.
    ///
    /// No detail tells so; the message of the system call does. A step of the build may fail with the
    /// same words, but then the error names the step.
    pub fn is_missing_file(&self) -> bool {
        let Self::Status(status) = self else {
            return false;
        };
        let calls = ["open ", "stat ", "lstat "];
        calls.iter().any(|call| status.message.starts_with(call))
            && status.message.ends_with(": no such file or directory")
            && !self.is_step_failure()
    }

    /// Whether what was to be read is a directory, no file of another kind, or below a file.
    pub fn is_no_file(&self) -> bool {
        let Self::Status(status) = self else { return false };
        let endings = [" is not a regular file", ": is a directory", ": not a directory"];
        endings.iter().any(|ending| status.message.ends_with(ending)) && !self.is_step_failure()
    }

    fn detail(&self, kind: &str) -> Option<&Any> {
        self.details()
            .iter()
            .find(|detail| detail.type_url.strip_prefix(DETAIL_PREFIX).is_some_and(|found| found == kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(message: &str, details: &[(&str, &str)]) -> GatewayError {
        let details = details.iter().map(|(kind, json)| Any {
            type_url: format!("{DETAIL_PREFIX}{kind}"),
            value: json.as_bytes().to_vec(),
        });
        GatewayError::Status(Status { code: 2, message: message.to_owned(), details: details.collect() })
    }

    #[test]
    fn context_extends_the_message_and_keeps_the_details() {
        let error = error("exit code: 3", &[(EXIT, r#"{"Code":3}"#), ("x.New+json", "{}")]);
        let details = error.details().to_vec();
        let error = error.context("stage test");
        assert_eq!(error.message(), "stage test: exit code: 3");
        assert_eq!(error.details(), details);
        assert_eq!(error.exit_code(), Some(3));
    }

    #[test]
    fn the_first_place_is_told_with_its_file() {
        let json = r#"{"info":{"filename":"build.yaml","data":""},"ranges":[{"start":{"line":6},"end":{"line":9}}]}"#;
        let error = error("failed", &[(SOURCE, json)]);
        assert_eq!(error.place().as_deref(), Some("build.yaml:6"));
        assert_eq!(error.source_lines(), [(6, 9)]);
        let json = r#"{"info":{"filename":"a"},"ranges":[{"start":{"Line":7},"end":{"Line":8}}]}"#;
        assert_eq!(self::error("failed", &[(SOURCE, json)]).place().as_deref(), Some("a:7"));
        assert_eq!(self::error("failed", &[(SOURCE, "{}")]).place(), None);
    }

    #[test]
    fn errors_of_our_own_become_a_plain_status() {
        let error = GatewayError::RequestTooLarge { method: "Solve", size: 5_000_000, limit: 4 << 20 };
        let status = error.into_status();
        assert_eq!(status.code, 2);
        assert_eq!(
            status.message,
            "the Solve request has 5000000 bytes, and this BuildKit takes 4194304: put large texts \
             into files of the build context, or use BuildKit 0.14 or newer"
        );
    }

    #[test]
    fn a_missing_file_is_told_from_a_step_that_misses_a_file() {
        let missing = [
            "open build.yaml: no such file or directory",
            "open /tmp/buildkit-mount123/build.yaml: no such file or directory",
            "lstat dir/x: no such file or directory",
        ];
        for message in missing {
            assert!(error(message, &[]).is_missing_file(), "{message}");
            assert!(!error(message, &[(VERTEX, r#"{"digest":"sha256:ab"}"#)]).is_missing_file());
        }
        let others = [
            "build.yaml is not a regular file",
            "open build.yaml: permission denied",
            "process \"cat x\" did not complete successfully: no such file or directory",
        ];
        for message in others {
            assert!(!error(message, &[]).is_missing_file(), "{message}");
        }
    }

    #[test]
    fn knows_what_is_no_file() {
        for message in [
            "ci is not a regular file",
            "read /tmp/mount/ci: is a directory",
            "stat /tmp/mount/ci/a: not a directory",
        ] {
            assert!(error(message, &[]).is_no_file(), "{message}");
            assert!(!error(message, &[(VERTEX, r#"{"digest":"sha256:ab"}"#)]).is_no_file());
        }
        assert!(!error("open ci: no such file or directory", &[]).is_no_file());
    }

    #[test]
    fn details_of_other_kinds_are_no_exit_code() {
        assert_eq!(error("failed", &[]).exit_code(), None);
        assert_eq!(error("failed", &[(EXIT, "rubbish")]).exit_code(), None);
        assert_eq!(error("failed", &[(EXIT, "{}")]).exit_code(), Some(0));
        assert_eq!(
            error("executor failed running [/bin/sh -c make]: exit code: 2", &[]).exit_code(),
            Some(2)
        );
        assert!(error("failed", &[(SOURCE, "{}")]).has_source());
        let places = r#"{"info":{},"ranges":[{"start":{"line":3},"end":{"line":5,"character":2}}]}"#;
        assert_eq!(error("failed", &[(SOURCE, "{}"), (SOURCE, places)]).source_lines(), [(3, 5)]);
    }
}
