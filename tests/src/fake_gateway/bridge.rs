//! The service: the answers to the client's calls.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use buildkit_proto::google::rpc::Status as RpcStatus;
use buildkit_proto::moby::buildkit::v1::frontend as proto;
use buildkit_proto::moby::buildkit::v1::frontend::llb_bridge_server::LlbBridge;
use buildkit_proto::pb;
use prost::Message as _;
use tokio_stream::Stream;
use tonic::{Code, Request as Asked, Response, Status, Streaming, async_trait};

use super::record::{FileSystem, Outcome, Record, Request};
use super::{FakeGateway, Image, SolveForm};

/// How long every call takes. Not nothing, or a call sent together with another may end before that one arrives, and the two
/// would count as one after the other.
const LATENCY: Duration = Duration::from_millis(2);

pub(super) type Answer<T> = Result<T, Status>;

/// The service, as the script has it.
#[derive(Debug)]
pub(super) struct Bridge {
    pub(super) script: FakeGateway,
    pub(super) record: Arc<Record>,
}

impl Bridge {
    pub(super) fn new(script: FakeGateway, record: Arc<Record>) -> Self {
        Self { script, record }
    }

    pub(super) fn max_request(&self) -> usize {
        self.script.daemon.max_request()
    }

    /// Notes a call and answers it after the usual while.
    async fn answer<T>(
        &self,
        method: &'static str,
        request: Request,
        reply: impl FnOnce(&Self) -> Answer<T>,
    ) -> Answer<Response<T>> {
        let index = self.record.state().start(method, request);
        if self.script.hang_up_at.as_deref() == Some(method) {
            self.record.hang_up.notify_one();
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(LATENCY).await;
        let reply = match self.script.call_failures.get(method) {
            Some(status) => Err(failed(status)),
            None => reply(self),
        };
        self.record.state().finish(index);
        reply.map(Response::new)
    }

    fn require(&self, cap: &str) -> Answer<()> {
        if self.script.daemon.has(cap) { Ok(()) } else { Err(Status::unimplemented(format!("no {cap}"))) }
    }

    fn solve_now(&self, request: &proto::SolveRequest) -> Answer<proto::SolveResponse> {
        let definition = request.definition.clone().unwrap_or_default();
        let id = if definition.def.is_empty() {
            String::new()
        } else {
            let files = self.file_system(&definition);
            if let Some(failure) = files.failure.as_ref().filter(|_| request.evaluate) {
                return Err(failed(failure));
            }
            self.record.state().keep(files)
        };
        Ok(self.solved(id, definition, request))
    }

    /// What a graph makes: the files of the source that it ends in, and the failure of any source in it.
    fn file_system(&self, definition: &pb::Definition) -> FileSystem {
        let ops: Vec<pb::Op> =
            definition.def.iter().filter_map(|op| pb::Op::decode(op.as_slice()).ok()).collect();
        let identifier = |op: &pb::Op| match &op.op {
            Some(pb::op::Op::Source(source)) => Some(source.identifier.clone()),
            _ => None,
        };
        // Behind the last op there is only the one that names it as the result.
        let last = ops.len().checked_sub(2).and_then(|index| identifier(&ops[index]));
        let files = last.and_then(|identifier| self.script.sources.get(&identifier));
        let failures = &self.script.source_failures;
        let failure = ops.iter().filter_map(identifier).find_map(|source| failures.get(&source).cloned());
        FileSystem { files: files.cloned().unwrap_or_default(), failure }
    }

    fn solved(
        &self,
        id: String,
        definition: pb::Definition,
        request: &proto::SolveRequest,
    ) -> proto::SolveResponse {
        use proto::result::Result as Wire;
        let by_release = match (request.allow_result_return, request.allow_result_array_ref) {
            (false, _) => SolveForm::TopLevel,
            (true, true) if self.script.daemon.has("proto.refarray") => SolveForm::Message,
            (true, _) => SolveForm::Id,
        };
        let message = proto::Ref { id: id.clone(), def: Some(definition) };
        let result = match self.script.solve_form.unwrap_or(by_release) {
            SolveForm::TopLevel => return proto::SolveResponse { r#ref: id, result: None },
            SolveForm::Message => Some(Wire::Ref(message)),
            SolveForm::Id => Some(Wire::RefDeprecated(id)),
            SolveForm::Map => Some(Wire::Refs(proto::RefMap {
                refs: [("linux/amd64".to_owned(), message)].into_iter().collect(),
            })),
            SolveForm::Nothing => None,
        };
        let result = Some(proto::Result { result, ..proto::Result::default() });
        proto::SolveResponse { r#ref: String::new(), result }
    }

    fn image(&self, reference: &str, platform: Option<&pb::Platform>) -> Answer<&Image> {
        let platform = platform
            .map(|platform| buildkit_llb::Platform::from_pb(platform).to_string())
            .unwrap_or_default();
        let images = &self.script.images;
        let key = |platform: String| (reference.to_owned(), platform);
        let found = images.get(&key(platform)).or_else(|| images.get(&key(String::new())));
        found.ok_or_else(|| Status::unknown(format!("{reference}: not found")))
    }

    fn source_meta(
        &self,
        request: &proto::ResolveSourceMetaRequest,
    ) -> Answer<proto::ResolveSourceMetaResponse> {
        self.require("source.metaresolver")?;
        let source = request.source.clone().ok_or_else(|| Status::invalid_argument("source is required"))?;
        let reference = source.identifier.strip_prefix("docker-image://").unwrap_or_default();
        let mut reply = proto::ResolveSourceMetaResponse::default();
        if let Some(identifier) = self.script.replaced.get(reference) {
            reply.source = Some(pb::SourceOp { identifier: identifier.clone(), ..source });
            return Ok(reply);
        }
        let image = self.image(reference, request.platform.as_ref())?.clone();
        reply.image = Some(proto::ResolveSourceImageResponse {
            digest: image.digest,
            config: image.config,
            ..proto::ResolveSourceImageResponse::default()
        });
        reply.source = Some(source);
        Ok(reply)
    }

    fn image_config(
        &self,
        request: &proto::ResolveImageConfigRequest,
    ) -> Answer<proto::ResolveImageConfigResponse> {
        let image = self.image(&request.r#ref, request.platform.as_ref())?.clone();
        let reference = if self.script.daemon.release.0 < 12 { String::new() } else { request.r#ref.clone() };
        Ok(proto::ResolveImageConfigResponse { digest: image.digest, config: image.config, r#ref: reference })
    }

    fn finish(&self, request: proto::ReturnRequest) -> Answer<proto::ReturnResponse> {
        let outcome = match (request.result, request.error) {
            (Some(result), None) => Outcome::Result(Box::new(result)),
            (None, Some(status)) if status.code != 0 => Outcome::Error(status),
            _ => return Err(Status::unknown("gateway return must be either result or err")),
        };
        let mut state = self.record.state();
        if let Outcome::Result(result) = &outcome {
            let unknown =
                ref_ids(result).into_iter().find(|id| !id.is_empty() && !state.refs.contains_key(*id));
            if let Some(id) = unknown {
                return Err(Status::unknown(format!("return reference {id} not found")));
            }
        }
        if state.outcome.is_some() {
            return Err(Status::unknown("gateway result is already set"));
        }
        state.outcome = Some(outcome);
        Ok(proto::ReturnResponse {})
    }
}

/// An error with the details that the test has given it.
pub(super) fn failed(status: &RpcStatus) -> Status {
    Status::with_details(Code::from(status.code), status.message.clone(), status.encode_to_vec().into())
}

fn ref_ids(result: &proto::Result) -> Vec<&str> {
    use proto::result::Result as Wire;
    match &result.result {
        None => Vec::new(),
        Some(Wire::Ref(reference)) => vec![&reference.id],
        Some(Wire::RefDeprecated(id)) => vec![id],
        Some(Wire::Refs(map)) => map.refs.values().map(|reference| reference.id.as_str()).collect(),
        Some(Wire::RefsDeprecated(map)) => map.refs.values().map(String::as_str).collect(),
    }
}

#[async_trait]
impl LlbBridge for Bridge {
    async fn ping(&self, _: Asked<proto::PingRequest>) -> Answer<Response<proto::PongResponse>> {
        self.answer("Ping", Request::Ping, |bridge| Ok(bridge.script.daemon.pong())).await
    }

    async fn inputs(&self, _: Asked<proto::InputsRequest>) -> Answer<Response<proto::InputsResponse>> {
        self.answer("Inputs", Request::Inputs, |bridge| {
            bridge.require("frontend.inputs")?;
            Ok(proto::InputsResponse { definitions: bridge.script.inputs.clone().into_iter().collect() })
        })
        .await
    }

    async fn solve(&self, asked: Asked<proto::SolveRequest>) -> Answer<Response<proto::SolveResponse>> {
        let request = asked.into_inner();
        let noted = Request::Solve(Box::new(request.clone()));
        self.answer("Solve", noted, |bridge| bridge.solve_now(&request)).await
    }

    async fn evaluate(
        &self,
        asked: Asked<proto::EvaluateRequest>,
    ) -> Answer<Response<proto::EvaluateResponse>> {
        let request = asked.into_inner();
        self.answer("Evaluate", Request::Evaluate(request.clone()), |bridge| {
            bridge.require("gateway.evaluate")?;
            bridge.look(&request.r#ref, |_| Ok(proto::EvaluateResponse {}))
        })
        .await
    }

    async fn read_file(
        &self,
        asked: Asked<proto::ReadFileRequest>,
    ) -> Answer<Response<proto::ReadFileResponse>> {
        let request = asked.into_inner();
        self.answer("ReadFile", Request::ReadFile(request.clone()), |bridge| bridge.read(&request)).await
    }

    async fn read_dir(
        &self,
        asked: Asked<proto::ReadDirRequest>,
    ) -> Answer<Response<proto::ReadDirResponse>> {
        let request = asked.into_inner();
        self.answer("ReadDir", Request::ReadDir(request.clone()), |bridge| bridge.list(&request)).await
    }

    async fn stat_file(
        &self,
        asked: Asked<proto::StatFileRequest>,
    ) -> Answer<Response<proto::StatFileResponse>> {
        let request = asked.into_inner();
        self.answer("StatFile", Request::StatFile(request.clone()), |bridge| bridge.stat(&request)).await
    }

    async fn resolve_source_meta(
        &self,
        asked: Asked<proto::ResolveSourceMetaRequest>,
    ) -> Answer<Response<proto::ResolveSourceMetaResponse>> {
        let request = asked.into_inner();
        let noted = Request::ResolveSourceMeta(Box::new(request.clone()));
        self.answer("ResolveSourceMeta", noted, |bridge| bridge.source_meta(&request)).await
    }

    async fn resolve_image_config(
        &self,
        asked: Asked<proto::ResolveImageConfigRequest>,
    ) -> Answer<Response<proto::ResolveImageConfigResponse>> {
        let request = asked.into_inner();
        let noted = Request::ResolveImageConfig(Box::new(request.clone()));
        self.answer("ResolveImageConfig", noted, |bridge| bridge.image_config(&request)).await
    }

    async fn warn(&self, asked: Asked<proto::WarnRequest>) -> Answer<Response<proto::WarnResponse>> {
        let request = Box::new(asked.into_inner());
        self.answer("Warn", Request::Warn(request), |bridge| {
            bridge.require("gateway.warnings")?;
            Ok(proto::WarnResponse {})
        })
        .await
    }

    async fn r#return(&self, asked: Asked<proto::ReturnRequest>) -> Answer<Response<proto::ReturnResponse>> {
        let request = asked.into_inner();
        let noted = Request::Return(Box::new(request.clone()));
        self.answer("Return", noted, |bridge| bridge.finish(request)).await
    }

    async fn new_container(
        &self,
        _: Asked<proto::NewContainerRequest>,
    ) -> Answer<Response<proto::NewContainerResponse>> {
        Err(no_containers())
    }

    async fn release_container(
        &self,
        _: Asked<proto::ReleaseContainerRequest>,
    ) -> Answer<Response<proto::ReleaseContainerResponse>> {
        Err(no_containers())
    }

    async fn read_file_container(
        &self,
        _: Asked<proto::ReadFileRequest>,
    ) -> Answer<Response<proto::ReadFileResponse>> {
        Err(no_containers())
    }

    async fn read_dir_container(
        &self,
        _: Asked<proto::ReadDirRequest>,
    ) -> Answer<Response<proto::ReadDirResponse>> {
        Err(no_containers())
    }

    async fn stat_file_container(
        &self,
        _: Asked<proto::StatFileRequest>,
    ) -> Answer<Response<proto::StatFileResponse>> {
        Err(no_containers())
    }

    type ExecProcessStream = Pin<Box<dyn Stream<Item = Answer<proto::ExecMessage>> + Send>>;

    async fn exec_process(
        &self,
        _: Asked<Streaming<proto::ExecMessage>>,
    ) -> Answer<Response<Self::ExecProcessStream>> {
        Err(no_containers())
    }
}

fn no_containers() -> Status {
    Status::unimplemented("the fake daemon runs no containers")
}
