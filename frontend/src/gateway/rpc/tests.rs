//! Replies that no gRPC server should give.

use buildkit_proto::moby::buildkit::v1::frontend::{PingRequest, PongResponse};
use http::{Response, StatusCode};
use tokio::io::duplex;

use super::*;

/// What the server answers the one call with.
#[derive(Default)]
struct Reply {
    http: StatusCode,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Vec<u8>>,
    trailers: Vec<(&'static str, &'static str)>,
}

fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &'static str)| {
        (http::HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    pairs.iter().map(pair).collect()
}

/// Serves one call, then keeps the connection going until the client leaves.
async fn serve(io: tokio::io::DuplexStream, reply: Reply) {
    let mut connection = h2::server::handshake(io).await.unwrap();
    let (request, mut respond) = connection.accept().await.unwrap().unwrap();
    assert_eq!(request.uri().path(), "/moby.buildkit.v1.frontend.LLBBridge/Ping");
    assert_eq!(request.headers()["te"], "trailers");
    assert_eq!(request.headers()["content-type"], "application/grpc");
    let mut response = Response::new(());
    *response.status_mut() = reply.http;
    *response.headers_mut() = map(&reply.headers);
    let bare = reply.body.is_none() && reply.trailers.is_empty();
    let mut stream = respond.send_response(response, bare).unwrap();
    if let Some(body) = reply.body {
        stream.send_data(body.into(), reply.trailers.is_empty()).unwrap();
    }
    if !reply.trailers.is_empty() {
        stream.send_trailers(map(&reply.trailers)).unwrap();
    }
    while connection.accept().await.is_some() {}
}

async fn call(reply: Reply) -> Result<PongResponse, GatewayError> {
    let (client, server) = duplex(1 << 16);
    tokio::spawn(serve(server, reply));
    Connection::over(client).await?.call("Ping", &PingRequest {}).await
}

async fn fault(reply: Reply) -> String {
    call(reply).await.unwrap_err().to_string()
}

const FINE: [(&str, &str); 1] = [("grpc-status", "0")];

#[tokio::test]
async fn a_proper_reply_is_read() {
    let reply = Reply { body: Some(vec![0; 5]), trailers: FINE.to_vec(), ..Reply::default() };
    assert_eq!(call(reply).await.unwrap(), PongResponse::default());
}

#[tokio::test]
async fn an_error_may_stand_among_the_headers() {
    let headers = vec![("grpc-status", "12"), ("grpc-message", "unknown service")];
    let error = call(Reply { headers, ..Reply::default() }).await.unwrap_err();
    let GatewayError::Status(status) = error else { panic!("{error:?}") };
    assert_eq!((status.code, status.message.as_str()), (12, "unknown service"));
}

#[tokio::test]
async fn replies_that_break_the_protocol_are_refused() {
    let body =
        |bytes: &[u8]| Reply { body: Some(bytes.to_vec()), trailers: FINE.to_vec(), ..Reply::default() };
    assert_eq!(fault(body(b"")).await, "BuildKit's reply to Ping ends before its message is complete");
    assert_eq!(
        fault(body(b"\0\0\0\0\x05ab")).await,
        "BuildKit's reply to Ping ends before its message is complete"
    );
    assert_eq!(fault(body(b"\x01\0\0\0\0")).await, "BuildKit's reply to Ping is compressed");
    assert_eq!(
        fault(body(b"\0\0\0\0\0ab")).await,
        "BuildKit's reply to Ping goes on behind its message, for 2 bytes"
    );
    assert!(
        fault(body(b"\0\0\0\0\x01\x0a")).await.starts_with("BuildKit's reply to Ping cannot be decoded: ")
    );
    assert_eq!(
        fault(body(b"\0\x7f\xff\xff\xff")).await,
        "BuildKit's reply to Ping has 2147483647 bytes, 33554432 are allowed"
    );
}

#[tokio::test]
async fn replies_without_an_outcome_are_refused() {
    let silent = Reply { body: Some(vec![0; 5]), ..Reply::default() };
    assert_eq!(fault(silent).await, "BuildKit's reply to Ping has no status");
    assert_eq!(fault(Reply::default()).await, "BuildKit's reply to Ping has no status");
    let http = StatusCode::NOT_FOUND;
    assert_eq!(
        fault(Reply { http, ..Reply::default() }).await,
        "BuildKit's reply to Ping has the HTTP status 404"
    );
}

#[tokio::test]
async fn bytes_that_are_not_http_end_the_connection() {
    use tokio::io::AsyncWriteExt as _;
    let (client, mut server) = duplex(1 << 16);
    server.write_all(b"BuildKit says hello\n\n\n\n\n\n\n\n\n\n\n\n").await.unwrap();
    let answer =
        async { Connection::over(client).await?.call::<PongResponse>("Ping", &PingRequest {}).await };
    let error = answer.await.unwrap_err();
    assert!(matches!(error, GatewayError::Disconnected { .. }), "{error:?}");
}
