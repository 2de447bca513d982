//! The client: one connection and what is known of the daemon behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_proto::google::rpc::Status;
use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::pb;
use prost::Message;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::OnceCell;

use super::daemon::{DaemonInfo, MAX_REQUEST_BEFORE_0_14, caps};
use super::error::GatewayError;
use super::outcome::{BuildResult, Failure};
use super::rpc::Connection;
use super::source::SourceExcerpt;
use super::stdio::Stdio;

/// The daemon, as a frontend sees it.
///
/// Cloning is cheap, and calls on clones share the connection and run at the same time: send together
/// what does not depend on each other's answers.
#[derive(Debug, Clone)]
pub struct Gateway {
    connection: Connection,
    daemon: Arc<OnceCell<DaemonInfo>>,
}

/// Something worth knowing that does not stop the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warning {
    /// The digest of the step that the warning belongs to; that which loads the spec will do.
    pub vertex: String,
    /// One line.
    pub short: String,
    /// Lines shown on request.
    pub detail: Vec<String>,
    /// A page that says more, or nothing.
    pub url: String,
    /// The place it is about.
    pub source: Option<SourceExcerpt>,
}

impl Gateway {
    /// The daemon that has started us, over stdin and stdout.
    pub async fn stdio() -> Result<Self, GatewayError> {
        Self::over(Stdio::open()?).await
    }

    /// The daemon at the other end of `io`. Must be called inside a Tokio runtime.
    pub async fn over<T>(io: T) -> Result<Self, GatewayError>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let connection = Connection::over(io).await?;
        Ok(Self { connection, daemon: Arc::default() })
    }

    /// What the daemon is and can do. It is asked once; later calls have the answer at hand.
    ///
    /// Calls that depend on it ask by themselves, so it can be sent together with others.
    pub async fn ping(&self) -> Result<&DaemonInfo, GatewayError> {
        let ask = || async {
            let pong = self.connection.call("Ping", &proto::PingRequest {}).await?;
            Ok(DaemonInfo::new(pong))
        };
        self.daemon.get_or_try_init(ask).await
    }

    /// Whether the daemon has a capability, see [`DaemonInfo::supports`].
    pub async fn supports(&self, id: &str) -> Result<(), GatewayError> {
        Ok(self.ping().await?.supports(id)?)
    }

    /// Graphs that the client handed over by name: `context`, or those of linked builds.
    pub async fn inputs(&self) -> Result<BTreeMap<String, pb::Definition>, GatewayError> {
        if self.ping().await?.supports(caps::INPUTS).is_err() {
            return Ok(BTreeMap::new());
        }
        let proto::InputsResponse { definitions } = self.call("Inputs", &proto::InputsRequest {}).await?;
        Ok(definitions.into_iter().collect())
    }

    /// Shows a warning to the user. Daemons before 0.10 cannot; there it is dropped.
    pub async fn warn(&self, warning: Warning) -> Result<(), GatewayError> {
        if self.ping().await?.supports(caps::WARN).is_err() {
            return Ok(());
        }
        let source = warning.source.as_ref();
        let request = proto::WarnRequest {
            digest: warning.vertex,
            level: 1,
            short: warning.short.into_bytes(),
            detail: warning.detail.into_iter().map(String::into_bytes).collect(),
            url: warning.url,
            info: source.map(SourceExcerpt::info),
            ranges: source.map(SourceExcerpt::pb_ranges).unwrap_or_default(),
        };
        let proto::WarnResponse {} = self.call("Warn", &request).await?;
        Ok(())
    }

    /// Ends the build with a result. The daemon takes it up once the process has ended with status 0.
    ///
    /// The process must not end before this has returned: the daemon looks for the result as soon as it
    /// is gone, and what is still on the way then is lost.
    pub async fn return_result(&self, result: BuildResult) -> Result<(), GatewayError> {
        let ref_messages = self.ping().await?.supports(caps::REF_MESSAGES).is_ok();
        self.finish(&result.into_request(ref_messages)).await
    }

    /// Ends the build with a failure; see [`Gateway::return_result`] for what to do next.
    pub async fn return_error(&self, failure: Failure) -> Result<(), GatewayError> {
        let request = |error| proto::ReturnRequest { result: None, error: Some(error) };
        let status = failure.into_status();
        let plain = Status { details: Vec::new(), ..status.clone() };
        match self.finish(&request(status)).await {
            // Better the message alone than nothing: details hold whole source files.
            Err(GatewayError::RequestTooLarge { .. }) => self.finish(&request(plain)).await,
            finished => finished,
        }
    }

    async fn finish(&self, request: &proto::ReturnRequest) -> Result<(), GatewayError> {
        let proto::ReturnResponse {} = self.call("Return", request).await?;
        Ok(())
    }

    /// Makes a call. A request that only newer daemons may take waits until it is known which one this
    /// is.
    pub(super) async fn call<Reply: Message + Default>(
        &self,
        method: &'static str,
        request: &impl Message,
    ) -> Result<Reply, GatewayError> {
        let size = request.encoded_len();
        if size > MAX_REQUEST_BEFORE_0_14 {
            let limit = self.ping().await?.max_request();
            if size > limit {
                return Err(GatewayError::RequestTooLarge { method, size, limit });
            }
        }
        self.connection.call(method, request).await
    }
}
