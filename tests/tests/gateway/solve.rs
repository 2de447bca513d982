//! Handing over graphs, and looking up images.

use std::collections::BTreeMap;

use buildkit_proto::pb;
use frontend::gateway::{ImageRequest, SolveOptions};
use frontend::opts::{CacheImport, ResolveMode};
use optfrontend_tests::fake_gateway::{FakeGateway, Release, Request, SolveForm};

use crate::{local, solve, status, with_spec};

#[tokio::test]
async fn a_solve_carries_the_graph_and_where_to_import_from() {
    let session = FakeGateway::new().start();
    let gateway = session.connect().await;
    let attrs: BTreeMap<_, _> = [("ref".to_owned(), "example.org/cache".to_owned())].into();
    let cache_imports = vec![CacheImport { kind: "registry".to_owned(), attrs }];
    let options = SolveOptions { evaluate: true, cache_imports };
    assert!(!gateway.solve(local("context"), options).await.unwrap().is_scratch());
    let calls = session.calls();
    let Request::Solve(request) = &calls[1].request else { panic!("{:?}", calls[1]) };
    assert_eq!(request.definition, Some(local("context")));
    assert_eq!(request.cache_imports[0].r#type, "registry");
    assert_eq!(request.cache_imports[0].attrs["ref"], "example.org/cache");
    assert!(request.evaluate && request.allow_result_return && request.allow_result_array_ref);
}

#[tokio::test]
async fn an_empty_graph_is_the_empty_file_system_and_needs_no_calls() {
    let session = FakeGateway::new().start();
    let gateway = session.connect().await;
    let scratch = gateway.solve(pb::Definition::default(), SolveOptions::default()).await.unwrap();
    assert!(scratch.is_scratch());
    assert_eq!(gateway.read_file(&scratch, "a", 1).await.unwrap(), None);
    assert_eq!(gateway.stat_file(&scratch, "a").await.unwrap(), None);
    assert!(gateway.read_dir(&scratch, "/", "").await.unwrap().is_empty());
    gateway.evaluate(&scratch).await.unwrap();
    assert_eq!(session.methods(), ["Solve"]);
}

#[tokio::test]
async fn every_form_of_a_reference_is_understood() {
    for form in [SolveForm::Message, SolveForm::Id, SolveForm::TopLevel] {
        let (_session, gateway, reference) = with_spec(FakeGateway::new().solve_form(form), "x").await;
        let data = gateway.read_file(&reference, "build.yaml", 10).await.unwrap();
        assert_eq!(data.as_deref(), Some(b"x".as_slice()), "{form:?}");
    }
}

#[tokio::test]
async fn a_reply_that_is_no_single_reference_is_refused() {
    let solve = async |form| {
        let gateway = FakeGateway::new().solve_form(form).start().connect().await;
        gateway.solve(local("a"), SolveOptions::default()).await.unwrap_err().to_string()
    };
    assert_eq!(
        solve(SolveForm::Map).await,
        "BuildKit's reply to Solve has a result for each platform, where one was asked for"
    );
    assert_eq!(solve(SolveForm::Nothing).await, "BuildKit's reply to Solve has no result");
}

#[tokio::test]
async fn old_daemons_evaluate_by_looking_at_a_file() {
    let fail = |release| FakeGateway::new().release(release).fail_source("local://a", status("exit code: 7"));
    let session = fail(Release::V0_8).start();
    let gateway = session.connect().await;
    let reference = solve(&gateway, "a").await;
    assert!(gateway.evaluate(&reference).await.unwrap_err().is_step_failure());
    assert_eq!(session.methods(), ["Solve", "Ping", "StatFile"]);

    let session = fail(Release::V0_8).without("gateway.solve.evaluate").start();
    let gateway = session.connect().await;
    let options = SolveOptions { evaluate: true, ..SolveOptions::default() };
    assert!(gateway.solve(local("a"), options).await.unwrap_err().is_step_failure());
    assert_eq!(session.methods(), ["Ping", "Solve", "StatFile"]);

    let session = fail(Release::V0_25).start();
    let gateway = session.connect().await;
    let reference = solve(&gateway, "a").await;
    assert!(gateway.evaluate(&reference).await.unwrap_err().is_step_failure());
    assert_eq!(session.methods(), ["Solve", "Ping", "Evaluate"]);
}

#[tokio::test]
async fn an_image_is_looked_up_as_the_release_has_it() {
    for (release, method) in [(Release::V0_8, "ResolveImageConfig"), (Release::V0_25, "ResolveSourceMeta")] {
        let session = FakeGateway::new().release(release).image_for("a:1", "linux/arm64", "{}").start();
        let gateway = session.connect().await;
        let request = ImageRequest {
            reference: "a:1".to_owned(),
            platform: Some(buildkit_llb::Platform::parse("arm64").unwrap().to_pb()),
            resolve_mode: ResolveMode::Pull,
            log_name: "[internal] load metadata for a:1".to_owned(),
            ..ImageRequest::default()
        };
        let image = gateway.resolve_image(request.clone()).await.unwrap();
        assert_eq!((image.reference.as_str(), image.config.as_slice()), ("a:1", b"{}".as_slice()));
        assert_eq!(image.pinned(), format!("a:1@{}", image.digest.unwrap()));
        let calls = session.calls();
        assert_eq!(calls[1].method, method);
        let (mode, name) = match &calls[1].request {
            Request::ResolveImageConfig(request) => (&request.resolve_mode, &request.log_name),
            Request::ResolveSourceMeta(request) => (&request.resolve_mode, &request.log_name),
            other => panic!("{other:?}"),
        };
        assert_eq!((mode.as_str(), name.as_str()), ("pull", "[internal] load metadata for a:1"));
        let missing = ImageRequest { reference: "b:1".to_owned(), ..request };
        assert_eq!(gateway.resolve_image(missing).await.unwrap_err().to_string(), "b:1: not found");
    }
}

#[tokio::test]
async fn an_image_of_the_local_store_has_no_digest() {
    let session = FakeGateway::new().local_image("a:1", "{}").start();
    let gateway = session.connect().await;
    let image =
        gateway.resolve_image(ImageRequest { reference: "a:1".to_owned(), ..ImageRequest::default() }).await;
    let image = image.unwrap();
    assert_eq!((image.digest.as_deref(), image.pinned().as_str()), (None, "a:1"));
}

#[tokio::test]
async fn a_policy_may_turn_an_image_into_something_else() {
    let session = FakeGateway::new().replaced_image("a:1", "git://example.org/a").start();
    let gateway = session.connect().await;
    let request = ImageRequest { reference: "a:1".to_owned(), ..ImageRequest::default() };
    assert_eq!(
        gateway.resolve_image(request).await.unwrap_err().to_string(),
        "a source policy replaces the image a:1 by git://example.org/a, which is not an image"
    );
}

#[tokio::test]
async fn inputs_are_handed_over() {
    let session = FakeGateway::new().input("context", local("a")).start();
    let inputs = session.connect().await.inputs().await.unwrap();
    assert_eq!(inputs, BTreeMap::from([("context".to_owned(), local("a"))]));
    let session = FakeGateway::new().without("frontend.inputs").start();
    assert!(session.connect().await.inputs().await.unwrap().is_empty());
    assert_eq!(session.methods(), ["Ping"]);
}
