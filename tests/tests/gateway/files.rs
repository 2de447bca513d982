//! Looking into file systems.

use frontend::gateway::GatewayError;
use optfrontend_tests::fake_gateway::{Call, FakeGateway, Release, Request};

use crate::{solve, with_spec};

#[tokio::test]
async fn a_file_is_read_up_to_its_limit() {
    let (session, gateway, reference) = with_spec(FakeGateway::new(), "12345").await;
    let read = async |limit| gateway.read_file(&reference, "build.yaml", limit).await;
    assert_eq!(read(5).await.unwrap().unwrap(), b"12345");
    assert_eq!(read(100).await.unwrap().unwrap(), b"12345");
    assert_eq!(read(4).await.unwrap_err().to_string(), "build.yaml has more than 4 bytes");
    let lengths: Vec<_> = session.calls().iter().filter_map(length).collect();
    assert_eq!(lengths, [6, 101, 5], "one byte above the limit tells that there is more");
}

/// The number of bytes that a call asks for.
fn length(call: &Call) -> Option<i64> {
    match &call.request {
        Request::ReadFile(request) => Some(request.range?.length),
        _ => None,
    }
}

#[tokio::test]
async fn a_large_file_is_read_in_parts() {
    let large = "0123456789".repeat(1 << 20);
    for release in [Release::V0_8, Release::V0_25] {
        let (session, gateway, reference) = with_spec(FakeGateway::new().release(release), &large).await;
        let read = gateway.read_file(&reference, "build.yaml", 64 << 20).await.unwrap();
        assert_eq!(read.unwrap(), large.as_bytes());
        assert_eq!(session.methods(), ["Solve", "ReadFile", "ReadFile", "ReadFile"]);
        let refused = gateway.read_file(&reference, "build.yaml", 5 << 20).await.unwrap_err();
        assert!(matches!(refused, GatewayError::FileTooLarge { limit, .. } if limit == 5 << 20));
    }
}

#[tokio::test]
async fn a_missing_file_is_no_error_on_any_release() {
    for release in [Release::V0_8, Release::V0_11, Release::V0_13, Release::V0_25] {
        let (_session, gateway, reference) = with_spec(FakeGateway::new().release(release), "x").await;
        assert_eq!(gateway.read_file(&reference, ".dockerignore", 10).await.unwrap(), None, "{release:?}");
        assert_eq!(gateway.stat_file(&reference, "d/e").await.unwrap(), None, "{release:?}");
    }
}

#[tokio::test]
async fn a_directory_is_no_file() {
    let session = FakeGateway::new().file("dockerfile", "d/a", "1").start();
    let gateway = session.connect().await;
    let reference = solve(&gateway, "dockerfile").await;
    let error = gateway.read_file(&reference, "d", 10).await.unwrap_err();
    assert_eq!(error.to_string(), "d is not a regular file");
}

#[tokio::test]
async fn files_are_looked_at_and_listed() {
    let session = FakeGateway::new()
        .file("context", "a.txt", "123")
        .file("context", "d/b", "1")
        .file("context", "d/e/f", "1")
        .start();
    let gateway = session.connect().await;
    let reference = solve(&gateway, "context").await;
    let file = gateway.stat_file(&reference, "a.txt").await.unwrap().unwrap();
    assert_eq!((file.size, file.is_dir(), file.is_symlink(), file.mode & 0o777), (3, false, false, 0o644));
    assert!(gateway.stat_file(&reference, ".").await.unwrap().unwrap().is_dir());
    let names = async |path| {
        let entries = gateway.read_dir(&reference, path, "").await.unwrap();
        entries.into_iter().map(|entry| (entry.is_dir(), entry.path)).collect::<Vec<_>>()
    };
    assert_eq!(names("/").await, [(false, "a.txt".to_owned()), (true, "d".to_owned())]);
    assert_eq!(names("d").await, [(false, "b".to_owned()), (true, "e".to_owned())]);
}
