//! The client of the gateway against a daemon in memory.

mod faults;
mod files;
mod outcome;
mod solve;

use buildkit_llb::{Graph, LocalSource, OpMeta};
use buildkit_proto::google::protobuf::Any;
use buildkit_proto::google::rpc::Status;
use buildkit_proto::pb;
use frontend::gateway::{Gateway, ImageRequest, Ref, SolveOptions};
use optfrontend_tests::fake_gateway::{FakeGateway, FakeSession};

/// The graph of one local source.
fn local(name: &str) -> pb::Definition {
    let mut graph = Graph::new();
    let output = graph.source(LocalSource::new(name), OpMeta::named("load"));
    graph.marshal(Some(output)).into_pb()
}

async fn solve(gateway: &Gateway, name: &str) -> Ref {
    gateway.solve(local(name), SolveOptions::default()).await.unwrap_or_else(|error| panic!("{error}"))
}

/// A file system with the one file `build.yaml`.
async fn with_spec(fake: FakeGateway, spec: &str) -> (FakeSession, Gateway, Ref) {
    let session = fake.file("dockerfile", "build.yaml", spec).start();
    let gateway = session.connect().await;
    let reference = solve(&gateway, "dockerfile").await;
    (session, gateway, reference)
}

fn status(message: &str) -> Status {
    let detail = |kind: &str, json: &str| Any {
        type_url: format!("github.com/moby/buildkit/{kind}+json"),
        value: json.as_bytes().to_vec(),
    };
    Status {
        code: 2,
        message: message.to_owned(),
        details: vec![
            detail("errdefs.Vertex", r#"{"digest":"sha256:ab"}"#),
            detail("gatewayapi.ExitMessage", r#"{"Code":7}"#),
            detail("stack.Stack", "not even JSON"),
            detail("errdefs.OfNextYear", r#"{"a":1}"#),
        ],
    }
}

#[tokio::test]
async fn ping_tells_what_the_daemon_is() {
    let session = FakeGateway::new()
        .platforms(&["linux/arm64", "linux/arm/v7"])
        .disabled("mergeop", "only with containerd image store backend")
        .start();
    let gateway = session.connect().await;
    let daemon = gateway.ping().await.unwrap();
    assert_eq!(daemon.default_platform().unwrap().to_string(), "linux/arm64");
    assert_eq!(daemon.workers()[0].platforms.len(), 2);
    assert!(daemon.supports("file.base").is_ok() && daemon.supports("gateway.warnings").is_ok());
    assert_eq!(
        gateway.supports("mergeop").await.unwrap_err().to_string(),
        "this BuildKit has \"mergeop\" switched off: only with containerd image store backend"
    );
    assert!(gateway.supports("exec.meta.linux.resources").await.is_err());
    assert_eq!(session.methods(), ["Ping"], "the daemon is asked once");
}

#[tokio::test(start_paused = true)]
async fn calls_sent_together_take_one_round_trip() {
    let session = FakeGateway::new().file("dockerfile", "build.yaml", "x").start();
    let gateway = session.connect().await;
    let (daemon, spec, context) =
        tokio::join!(gateway.ping(), solve(&gateway, "dockerfile"), solve(&gateway, "context"));
    daemon.unwrap();
    let (spec, ignore) = tokio::join!(
        gateway.read_file(&spec, "build.yaml", 10),
        gateway.read_file(&context, ".dockerignore", 10)
    );
    assert_eq!((spec.unwrap().as_deref(), ignore.unwrap()), (Some(b"x".as_slice()), None));
    assert_eq!(session.methods(), ["Ping", "Solve", "Solve", "ReadFile", "ReadFile"]);
    assert_eq!(session.longest_chain().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_needs_to_know_the_daemon_asks_by_itself_and_once() {
    let session = FakeGateway::new().image("a:1", "{}").image("b:1", "{}").start();
    let gateway = session.connect().await;
    let image = |reference: &str| ImageRequest { reference: reference.to_owned(), ..ImageRequest::default() };
    let (a, b) = tokio::join!(gateway.resolve_image(image("a:1")), gateway.resolve_image(image("b:1")));
    assert!(a.is_ok() && b.is_ok());
    assert_eq!(session.methods(), ["Ping", "ResolveSourceMeta", "ResolveSourceMeta"]);
    assert_eq!(session.longest_chain().len(), 2);
}
