//! How a build ends: its result, or its failure.

use std::collections::BTreeMap;

use buildkit_proto::google::protobuf::Any;
use buildkit_proto::google::rpc::Status;
use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::pb;
use serde::Serialize;

use super::error::{DETAIL_PREFIX, GatewayError};
use super::grpc;
use super::solve::Ref;
use super::source::SourceExcerpt;

/// What a build returns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BuildResult {
    /// The file systems.
    pub refs: ResultRefs,
    /// What exporters and clients read beside them: the image config, the list of platforms, the answer
    /// of a subrequest.
    pub metadata: BTreeMap<String, Vec<u8>>,
    /// What is attached to the file systems, by platform id.
    pub attestations: BTreeMap<String, Vec<Attestation>>,
}

/// Statements about a file system, in the files of a folder: one complete in-toto statement in each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The folder.
    pub reference: Ref,
    /// The type that each of them must have.
    pub predicate_type: String,
    /// What the daemon is to know of them.
    pub metadata: BTreeMap<String, Vec<u8>>,
}

impl Attestation {
    fn into_proto(self) -> proto::Attestation {
        proto::Attestation {
            kind: proto::AttestationKind::Bundle.into(),
            metadata: self.metadata.into_iter().collect(),
            r#ref: Some(proto::Ref { id: self.reference.into_id(), def: None }),
            path: String::new(),
            in_toto_predicate_type: self.predicate_type,
            in_toto_subjects: Vec::new(),
        }
    }
}

/// The file systems of a result.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultRefs {
    /// One, or none ([`Ref::scratch`]) for a result of metadata only.
    Single(Ref),
    /// One for each platform id, as it stands in `refs.platforms`.
    PerPlatform(BTreeMap<String, Ref>),
}

impl Default for ResultRefs {
    fn default() -> Self {
        Self::Single(Ref::scratch())
    }
}

impl ResultRefs {
    /// The form of the wire. Daemons before 0.7 know plain ids only.
    fn into_proto(self, messages: bool) -> proto::result::Result {
        use proto::result::Result as Wire;
        let message = |reference: Ref| proto::Ref { id: reference.into_id(), def: None };
        // An entry of a map without a value, as an empty message is written, crashes daemons before 0.17.
        let entry = |reference: Ref| {
            let def = reference.is_scratch().then(pb::Definition::default);
            proto::Ref { def, ..message(reference) }
        };
        match (self, messages) {
            (Self::Single(reference), true) => Wire::Ref(message(reference)),
            (Self::Single(reference), false) => Wire::RefDeprecated(reference.into_id()),
            (Self::PerPlatform(refs), true) => Wire::Refs(proto::RefMap {
                refs: refs.into_iter().map(|(platform, r)| (platform, entry(r))).collect(),
            }),
            (Self::PerPlatform(refs), false) => Wire::RefsDeprecated(proto::RefMapDeprecated {
                refs: refs.into_iter().map(|(platform, r)| (platform, r.into_id())).collect(),
            }),
        }
    }
}

impl BuildResult {
    pub(super) fn into_request(self, ref_messages: bool) -> proto::ReturnRequest {
        proto::ReturnRequest {
            result: Some(proto::Result {
                metadata: self.metadata.into_iter().collect(),
                attestations: self.attestations.into_iter().map(attestations).collect(),
                result: Some(self.refs.into_proto(ref_messages)),
            }),
            error: None,
        }
    }
}

fn attestations((platform, list): (String, Vec<Attestation>)) -> (String, proto::Attestations) {
    (platform, proto::Attestations { attestation: list.into_iter().map(Attestation::into_proto).collect() })
}

/// Why a build failed, for the user.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Failure {
    /// One sentence, with hints behind it. The client shows it last.
    pub message: String,
    /// A gRPC status code; 0 stands for the ordinary one. Any other is shown in front of the message.
    pub code: i32,
    /// Places in source files. The client shows an excerpt of each, in no particular order.
    pub sources: Vec<SourceExcerpt>,
    /// More typed details, for example those of an error of the daemon.
    pub details: Vec<Any>,
}

#[derive(Serialize)]
struct NameDetail<'a> {
    name: &'a str,
}

impl Failure {
    /// An ordinary failure.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Points at a place.
    #[must_use]
    pub fn with_source(mut self, excerpt: SourceExcerpt) -> Self {
        self.sources.push(excerpt);
        self
    }

    /// The answer to a subrequest that we do not offer, in the words that old clients look for.
    pub fn unsupported_request(name: &str) -> Self {
        Self {
            message: format!("unsupported request {name}"),
            details: vec![name_detail("errdefs.Subrequest+json", name)],
            ..Self::default()
        }
    }

    /// The answer to a frontend capability that is asked for and that we lack.
    pub fn unsupported_capability(name: &str) -> Self {
        const UNIMPLEMENTED: i32 = 12;
        Self {
            message: format!("unsupported frontend capability {name}"),
            code: UNIMPLEMENTED,
            details: vec![name_detail("errdefs.FrontendCap+json", name)],
            ..Self::default()
        }
    }

    /// What goes on the wire.
    pub fn into_status(self) -> Status {
        let sources = self.sources.iter().map(SourceExcerpt::to_detail);
        Status {
            code: if self.code == grpc::OK { grpc::UNKNOWN } else { self.code },
            details: self.details.into_iter().chain(sources).collect(),
            message: self.message,
        }
    }
}

fn name_detail(kind: &str, name: &str) -> Any {
    Any {
        type_url: format!("{DETAIL_PREFIX}{kind}"),
        // A name always becomes JSON.
        value: serde_json::to_vec(&NameDetail { name }).unwrap_or_default(),
    }
}

/// The daemon's error, unchanged; to say more about it, see [`GatewayError::context`].
impl From<GatewayError> for Failure {
    fn from(error: GatewayError) -> Self {
        let Status { code, message, details } = error.into_status();
        Self { message, code, sources: Vec::new(), details }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::source::{SourceFile, SourceRange};
    use super::*;

    #[test]
    fn the_empty_file_system_of_a_platform_has_a_value_on_the_wire() {
        use prost::Message as _;
        for (id, value) in [("", [0x12, 2, 0x12, 0]), ("ab", [0x12, 4, 0x0a, 2])] {
            let refs = ResultRefs::PerPlatform(BTreeMap::from([("linux/s390x".to_owned(), Ref::new(id))]));
            let request = BuildResult { refs, ..BuildResult::default() }.into_request(true).encode_to_vec();
            let at = request.windows(11).position(|window| window == b"linux/s390x").unwrap() + 11;
            assert_eq!(request[at..at + 4], value, "the entry's value, a reference with something in it");
        }
    }

    #[test]
    fn an_error_of_the_daemon_comes_back_as_it_was() {
        let status = Status {
            code: 8,
            message: "disk full".to_owned(),
            details: vec![Any { type_url: "x".to_owned(), value: vec![0xff, 0] }],
        };
        let failure = Failure::from(GatewayError::Status(status.clone()));
        assert_eq!(failure.into_status(), status);
    }

    #[test]
    fn sources_follow_the_details_and_code_zero_becomes_unknown() {
        let detail = Any { type_url: "x".to_owned(), value: Vec::new() };
        let excerpt =
            SourceExcerpt { file: Arc::new(SourceFile::default()), ranges: vec![SourceRange::lines(2, 2)] };
        let mut failure = Failure::new("no stage `tst`").with_source(excerpt.clone());
        failure.details.push(detail.clone());
        let status = failure.into_status();
        assert_eq!(status.code, 2);
        assert_eq!(status.details, [detail, excerpt.to_detail()]);
    }

    #[test]
    fn what_we_do_not_offer_is_named_in_a_detail() {
        let status = Failure::unsupported_request("frontend.outline").into_status();
        assert_eq!((status.code, status.message.as_str()), (2, "unsupported request frontend.outline"));
        assert_eq!(status.details[0].type_url, "github.com/moby/buildkit/errdefs.Subrequest+json");
        assert_eq!(status.details[0].value, br#"{"name":"frontend.outline"}"#);
        assert_eq!(Failure::unsupported_capability("x").into_status().code, 12);
    }
}
