//! Calls over one HTTP/2 connection: no TLS, no reconnecting, no keep-alive.
//!
//! A frontend makes a handful of unary calls to one peer over one pair of pipes, so the client is built
//! right on HTTP/2. That is also what lets a large error through: a failed step arrives with the source
//! file and stack traces inside the trailers, far above the few KiB that general clients allow there.

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, HeaderValue, Method, Request, Uri, header};
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};

use super::error::GatewayError;
use super::grpc::{self, WireError};

/// The largest reply taken, in bytes. Daemons since 0.14 send at most 16 MiB; older ones send as much
/// as there is.
const MAX_REPLY: usize = 32 << 20;

/// Bytes the daemon may send ahead of our reading, a stream and in all. Nothing is allocated for it.
const WINDOW: u32 = 1 << 20;

/// Bytes allowed in headers and trailers, which carry the details of errors.
const MAX_HEADERS: u32 = 16 << 20;

/// One connection. Cloning it is cheap, and calls on clones run at the same time.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    requests: SendRequest<Bytes>,
}

impl Connection {
    /// Starts HTTP/2 on `io`. Must be called inside a Tokio runtime, which then drives the connection.
    pub(super) async fn over<T>(io: T) -> Result<Self, GatewayError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (requests, connection) = h2::client::Builder::new()
            .initial_window_size(WINDOW)
            .initial_connection_window_size(WINDOW)
            .max_header_list_size(MAX_HEADERS)
            .enable_push(false)
            .handshake(io)
            .await
            .map_err(|error| GatewayError::disconnected("connect", &error))?;
        tokio::spawn(async move {
            // What breaks the connection also fails the calls under way, and they report it.
            let _ = connection.await;
        });
        Ok(Self { requests })
    }

    /// Sends `request` to `method` of the gateway service and waits for its reply.
    pub(super) async fn call<Reply: Message + Default>(
        &self,
        method: &'static str,
        request: &impl Message,
    ) -> Result<Reply, GatewayError> {
        let body = self.exchange(method, grpc::frame(request)).await?;
        grpc::unframe(&body, MAX_REPLY).map_err(|error| GatewayError::Malformed { method, error })
    }

    /// The body of the reply to a call that went well. Apart from [`Connection::call`], so that the program
    /// holds this once and not once for each kind of message.
    async fn exchange(&self, method: &'static str, message: Bytes) -> Result<Bytes, GatewayError> {
        let (headers, mut body) = self
            .send(method, message)
            .await
            .map_err(|error| GatewayError::disconnected(method, &error))?
            .into_parts();
        let malformed = |error| GatewayError::Malformed { method, error };
        if headers.status != http::StatusCode::OK {
            return Err(malformed(WireError::Http(headers.status.as_u16())));
        }
        let received = receive(method, &mut body).await?;
        let trailers = body.trailers().await.map_err(|error| GatewayError::disconnected(method, &error))?;
        let status = outcome(&headers.headers, trailers.as_ref()).map_err(malformed)?;
        if status.code == grpc::OK { Ok(received) } else { Err(GatewayError::Status(status)) }
    }

    async fn send(&self, method: &str, message: Bytes) -> Result<http::Response<h2::RecvStream>, h2::Error> {
        let mut requests = self.requests.clone().ready().await?;
        let (reply, mut body) = requests.send_request(request(method), false)?;
        body.send_data(message, true)?;
        reply.await
    }
}

fn request(method: &str) -> Request<()> {
    let path = format!("http://localhost/moby.buildkit.v1.frontend.LLBBridge/{method}");
    let mut request = Request::new(());
    *request.method_mut() = Method::POST;
    // A path of plain letters is always a valid address.
    *request.uri_mut() = Uri::try_from(path).unwrap_or_default();
    let headers = request.headers_mut();
    headers.insert(header::TE, HeaderValue::from_static("trailers"));
    let grpc = HeaderValue::from_static("application/grpc");
    headers.insert(header::CONTENT_TYPE, grpc);
    request
}

async fn receive(method: &'static str, body: &mut h2::RecvStream) -> Result<Bytes, GatewayError> {
    let mut received = BytesMut::new();
    while let Some(chunk) = body.data().await {
        let chunk = chunk.map_err(|error| GatewayError::disconnected(method, &error))?;
        received.extend_from_slice(&chunk);
        grpc::check_prefix(&received, MAX_REPLY)
            .map_err(|error| GatewayError::Malformed { method, error })?;
        body.flow_control()
            .release_capacity(chunk.len())
            .map_err(|error| GatewayError::disconnected(method, &error))?;
    }
    Ok(received.freeze())
}

/// A reply without a body has its outcome among the headers.
fn outcome(
    headers: &HeaderMap,
    trailers: Option<&HeaderMap>,
) -> Result<buildkit_proto::google::rpc::Status, WireError> {
    match grpc::outcome(trailers.unwrap_or(headers)) {
        Err(WireError::NoStatus) => grpc::outcome(headers),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests;
