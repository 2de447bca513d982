//! A daemon that runs: how the test connects and what it can ask afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use buildkit_proto::moby::buildkit::v1::frontend::llb_bridge_server::LlbBridgeServer;
use buildkit_proto::pb;
use frontend::gateway::Gateway;
use tokio::io::{DuplexStream, copy_bidirectional, duplex};
use tokio_stream::StreamExt as _;

use super::FakeGateway;
use super::bridge::Bridge;
use super::record::{Call, Outcome, Record, Request, longest_chain};

/// Bytes that fit into each of the pipes, as on Linux.
const PIPE: usize = 64 << 10;

/// A running daemon. Serves one connection.
#[derive(Debug)]
pub struct FakeSession {
    client: Mutex<Option<DuplexStream>>,
    record: Arc<Record>,
}

impl FakeSession {
    pub(super) fn start(script: FakeGateway) -> Self {
        let record = Arc::new(Record::default());
        let (client, outer) = duplex(PIPE);
        let (inner, server) = duplex(PIPE);
        tokio::spawn(carry(outer, inner, Arc::clone(&record)));
        tokio::spawn(serve(Bridge::new(script, Arc::clone(&record)), server));
        Self { client: Mutex::new(Some(client)), record }
    }

    /// The client's end of the pipes. A daemon has only one.
    ///
    /// # Panics
    ///
    /// When it has been taken before.
    pub fn pipes(&self) -> DuplexStream {
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        client.unwrap_or_else(|| panic!("the fake daemon serves one connection"))
    }

    /// The real client, connected.
    ///
    /// # Panics
    ///
    /// When there was a connection before, or the client cannot start on it.
    pub async fn connect(&self) -> Gateway {
        Gateway::over(self.pipes()).await.unwrap_or_else(|error| panic!("cannot connect: {error}"))
    }

    /// Ends the connection, as when the daemon dies.
    pub fn hang_up(&self) {
        self.record.hang_up.notify_one();
    }

    /// All calls so far, in the order of arrival.
    pub fn calls(&self) -> Vec<Call> {
        self.record.state().calls.clone()
    }

    /// The names of all calls so far, in the order of arrival.
    pub fn methods(&self) -> Vec<&'static str> {
        self.record.state().calls.iter().map(|call| call.method).collect()
    }

    /// The graphs that were solved, in the order of arrival.
    pub fn definitions(&self) -> Vec<pb::Definition> {
        let solved = |call: &Call| match &call.request {
            Request::Solve(request) => request.definition.clone(),
            _ => None,
        };
        self.record.state().calls.iter().filter_map(solved).collect()
    }

    /// The longest run of calls that waited for each other: the round trips of the build.
    pub fn longest_chain(&self) -> Vec<&'static str> {
        longest_chain(&self.record.state().calls)
    }

    /// How the build ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.record.state().outcome.clone()
    }
}

/// Carries bytes between client and server until the connection is to end.
async fn carry(mut client: DuplexStream, mut server: DuplexStream, record: Arc<Record>) {
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        () = record.hang_up.notified() => {}
    }
}

async fn serve(bridge: Bridge, io: DuplexStream) {
    let limit = bridge.max_request();
    let service =
        LlbBridgeServer::new(bridge).max_decoding_message_size(limit).max_encoding_message_size(usize::MAX);
    let connections = tokio_stream::once(Ok::<_, std::io::Error>(io)).chain(tokio_stream::pending());
    // A connection that breaks is what some tests are about; the client notices.
    let _ = tonic::transport::Server::builder().add_service(service).serve_with_incoming(connections).await;
}
