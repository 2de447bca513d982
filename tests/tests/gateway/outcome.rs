//! What the user gets: warnings, results, failures.

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::pb;
use frontend::gateway::{
    Attestation, BuildResult, Failure, Ref, ResultRefs, SourceExcerpt, SourceFile, SourceRange, Warning,
};
use optfrontend_tests::fake_gateway::{FakeGateway, Outcome, Release, Request};

use crate::with_spec;

fn excerpt() -> SourceExcerpt {
    let file = SourceFile {
        filename: "build.yaml".to_owned(),
        data: b"stages:\n".to_vec(),
        language: "YAML".to_owned(),
    };
    SourceExcerpt { file: Arc::new(file), ranges: vec![SourceRange::lines(1, 2)] }
}

#[tokio::test]
async fn warnings_are_shown_where_the_daemon_can() {
    let warning = Warning {
        vertex: "sha256:ab".to_owned(),
        short: "unused".to_owned(),
        detail: vec!["why".to_owned()],
        url: "https://example.org".to_owned(),
        source: Some(excerpt()),
    };
    let session = FakeGateway::new().start();
    session.connect().await.warn(warning.clone()).await.unwrap();
    let calls = session.calls();
    let Request::Warn(request) = &calls[1].request else { panic!("{:?}", calls[1]) };
    assert_eq!(
        (request.digest.as_str(), request.level, &request.short[..]),
        ("sha256:ab", 1, b"unused".as_slice())
    );
    assert_eq!(request.info.as_ref().unwrap().filename, "build.yaml");
    assert_eq!(request.ranges[0].end, Some(pb::Position { line: 2, character: 0 }));

    let session = FakeGateway::new().release(Release::V0_8).start();
    session.connect().await.warn(warning).await.unwrap();
    assert_eq!(session.methods(), ["Ping"]);
}

#[tokio::test]
async fn attestations_go_with_the_result() {
    let (session, gateway, reference) = with_spec(FakeGateway::new(), "x").await;
    let id = reference.id().to_owned();
    let metadata: BTreeMap<_, _> = [("reason".to_owned(), b"sbom".to_vec())].into();
    let attestation =
        Attestation { reference, predicate_type: "https://spdx.dev/Document".to_owned(), metadata };
    let attestations = [("linux/amd64".to_owned(), vec![attestation])].into();
    gateway.return_result(BuildResult { attestations, ..BuildResult::default() }).await.unwrap();
    let Some(Outcome::Result(result)) = session.outcome() else { panic!("{:?}", session.outcome()) };
    let [found] = result.attestations["linux/amd64"].attestation.as_slice() else { panic!("{result:?}") };
    assert_eq!(found.kind(), proto::AttestationKind::Bundle);
    assert_eq!(found.r#ref.as_ref().map(|reference| &reference.id), Some(&id));
    assert_eq!(found.in_toto_predicate_type, "https://spdx.dev/Document");
    assert_eq!(found.metadata["reason"], b"sbom");
}

#[tokio::test]
async fn a_result_is_returned_in_the_form_of_the_release() {
    use proto::result::Result as Wire;
    let metadata: BTreeMap<_, _> = [("containerimage.config".to_owned(), b"{}".to_vec())].into();
    for messages in [true, false] {
        let fake = FakeGateway::new();
        let fake = if messages { fake } else { fake.without("proto.refarray") };
        let (session, gateway, reference) = with_spec(fake, "x").await;
        let id = reference.id().to_owned();
        let refs = ResultRefs::PerPlatform([("linux/amd64".to_owned(), reference)].into());
        gateway
            .return_result(BuildResult { refs, metadata: metadata.clone(), ..BuildResult::default() })
            .await
            .unwrap();
        let Some(Outcome::Result(result)) = session.outcome() else { panic!("{:?}", session.outcome()) };
        assert_eq!(result.metadata.into_iter().collect::<BTreeMap<_, _>>(), metadata);
        let found = match result.result.unwrap() {
            Wire::Refs(map) if messages => map.refs["linux/amd64"].id.clone(),
            Wire::RefsDeprecated(map) if !messages => map.refs["linux/amd64"].clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(found, id);
    }
}

#[tokio::test]
async fn a_result_of_metadata_only_has_the_empty_file_system() {
    let session = FakeGateway::new().start();
    session.connect().await.return_result(BuildResult::default()).await.unwrap();
    let Some(Outcome::Result(result)) = session.outcome() else { panic!("{:?}", session.outcome()) };
    assert_eq!(result.result, Some(proto::result::Result::Ref(proto::Ref::default())));
}

#[tokio::test]
async fn a_build_ends_once() {
    let session = FakeGateway::new().start();
    let gateway = session.connect().await;
    gateway.return_error(Failure::new("first")).await.unwrap();
    let again = gateway.return_result(BuildResult::default()).await.unwrap_err();
    assert_eq!(again.to_string(), "gateway result is already set");
    let unknown = BuildResult { refs: ResultRefs::Single(Ref::new("lost")), ..BuildResult::default() };
    assert_eq!(
        gateway.return_result(unknown).await.unwrap_err().to_string(),
        "return reference lost not found"
    );
}

#[tokio::test]
async fn a_failure_is_returned_with_its_places() {
    let session = FakeGateway::new().start();
    let failure = Failure::new("no stage `tst`").with_source(excerpt());
    session.connect().await.return_error(failure).await.unwrap();
    let Some(Outcome::Error(status)) = session.outcome() else { panic!("{:?}", session.outcome()) };
    assert_eq!((status.code, status.message.as_str(), status.details.len()), (2, "no stage `tst`", 1));
    assert_eq!(session.methods(), ["Return"], "an error needs no question first");
}
