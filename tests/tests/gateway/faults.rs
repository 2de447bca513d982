//! What goes wrong.

use buildkit_proto::google::protobuf::Any;
use buildkit_proto::google::rpc::Status;
use buildkit_proto::pb;
use frontend::gateway::{Failure, Gateway, GatewayError, SolveOptions};
use optfrontend_tests::fake_gateway::{FakeGateway, Outcome, Release};

use crate::{local, status, with_spec};

#[tokio::test]
async fn a_failed_step_is_not_a_missing_file_and_keeps_its_details() {
    let failure = status("open x: no such file or directory");
    let fake = FakeGateway::new().fail_source("local://dockerfile", failure.clone());
    let (_session, gateway, reference) = with_spec(fake, "x").await;
    for error in [
        gateway.read_file(&reference, "build.yaml", 10).await.map(|_| ()).unwrap_err(),
        gateway.stat_file(&reference, "build.yaml").await.map(|_| ()).unwrap_err(),
        gateway.evaluate(&reference).await.unwrap_err(),
    ] {
        assert!(error.is_step_failure() && !error.is_missing_file());
        assert_eq!(error.exit_code(), Some(7));
        assert_eq!(error.into_status(), failure);
    }
}

#[tokio::test]
async fn details_of_a_megabyte_arrive_whole() {
    let mut failure = status("failed");
    failure.details[2].value = vec![b'x'; 1 << 20];
    let session = FakeGateway::new().fail_call("Solve", failure.clone()).start();
    let gateway = session.connect().await;
    let error = gateway.solve(local("a"), SolveOptions::default()).await.unwrap_err();
    assert_eq!(error.into_status(), failure);
}

#[tokio::test]
async fn messages_arrive_in_any_script() {
    let failure = Status { code: 9, message: "naïve 100% ✓\n\tline two".to_owned(), details: Vec::new() };
    let session = FakeGateway::new().fail_call("Ping", failure.clone()).start();
    let gateway = session.connect().await;
    assert_eq!(gateway.ping().await.unwrap_err().into_status(), failure);
}

#[tokio::test]
async fn a_request_too_large_for_the_daemon_is_not_sent() {
    let large = pb::Definition { def: vec![vec![0; 5 << 20]], ..pb::Definition::default() };
    let session = FakeGateway::new().release(Release::V0_13).start();
    let gateway = session.connect().await;
    let error = gateway.solve(large.clone(), SolveOptions::default()).await.unwrap_err().to_string();
    assert!(error.starts_with("the Solve request has 52428"), "{error}");
    assert!(
        error.contains("this BuildKit takes 4194304") && error.ends_with("BuildKit 0.14 or newer"),
        "{error}"
    );
    assert_eq!(session.methods(), ["Ping"]);

    let session = FakeGateway::new().release(Release::V0_25).start();
    session.connect().await.solve(large, SolveOptions::default()).await.unwrap();
    assert_eq!(session.methods(), ["Ping", "Solve"]);
}

#[tokio::test]
async fn a_failure_with_too_many_details_still_tells_its_message() {
    let session = FakeGateway::new().release(Release::V0_8).start();
    let mut failure = Failure::new("broken");
    failure.details.push(Any { type_url: "x".to_owned(), value: vec![0; 5 << 20] });
    session.connect().await.return_error(failure).await.unwrap();
    let message = Status { code: 2, message: "broken".to_owned(), details: Vec::new() };
    assert_eq!(session.outcome(), Some(Outcome::Error(message)));
}

#[tokio::test]
async fn a_daemon_that_goes_away_fails_all_calls_under_way() {
    let (session, gateway, reference) = with_spec(FakeGateway::new().hang_up_at("ReadFile"), "x").await;
    let (read, stat) = tokio::join!(
        gateway.read_file(&reference, "build.yaml", 10),
        gateway.stat_file(&reference, "build.yaml")
    );
    let read = read.unwrap_err();
    assert!(matches!(read, GatewayError::Disconnected { method: "ReadFile", .. }), "{read:?}");
    assert!(stat.is_err());
    let later = gateway.evaluate(&reference).await.unwrap_err().to_string();
    assert!(later.starts_with("BuildKit closed the connection during Ping: "), "{later}");
    assert!(session.outcome().is_none());
}

#[tokio::test]
async fn a_daemon_that_is_gone_from_the_start_is_reported() {
    let session = FakeGateway::new().start();
    session.hang_up();
    tokio::task::yield_now().await;
    let gateway = Gateway::over(session.pipes()).await;
    let error = match gateway {
        Ok(gateway) => gateway.ping().await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, GatewayError::Disconnected { .. }), "{error:?}");
}
