//! What the daemon was asked, and when.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use buildkit_proto::google::rpc::Status;
use buildkit_proto::moby::buildkit::v1::frontend as proto;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;

use super::Files;

/// A call, in the order of arrival.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The name of the method: `ReadFile`.
    pub method: &'static str,
    /// What was asked.
    pub request: Request,
    /// When it arrived, counted in arrivals and replies of all calls.
    pub started: usize,
    /// When the reply was sent, in the same count; nothing while it is under way.
    pub finished: Option<usize>,
}

/// What was asked.
#[expect(missing_docs)]
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Ping,
    Inputs,
    Solve(Box<proto::SolveRequest>),
    Evaluate(proto::EvaluateRequest),
    ReadFile(proto::ReadFileRequest),
    ReadDir(proto::ReadDirRequest),
    StatFile(proto::StatFileRequest),
    ResolveSourceMeta(Box<proto::ResolveSourceMetaRequest>),
    ResolveImageConfig(Box<proto::ResolveImageConfigRequest>),
    Warn(Box<proto::WarnRequest>),
    Return(Box<proto::ReturnRequest>),
}

/// How the build ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With a result.
    Result(Box<proto::Result>),
    /// With an error.
    Error(Status),
}

/// A file system that the daemon holds.
#[derive(Debug, Clone, Default)]
pub(super) struct FileSystem {
    pub(super) files: Files,
    /// What looking into it yields instead.
    pub(super) failure: Option<Status>,
}

/// What server and test share.
#[derive(Debug, Default)]
pub(super) struct Record {
    state: Mutex<State>,
    /// Told when the connection is to end.
    pub(super) hang_up: Notify,
}

#[derive(Debug, Default)]
pub(super) struct State {
    clock: usize,
    pub(super) calls: Vec<Call>,
    pub(super) refs: BTreeMap<String, FileSystem>,
    pub(super) outcome: Option<Outcome>,
}

impl Record {
    /// A test that panicked while it looked has left nothing half done here.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Notes that a call has arrived, and yields its index.
    pub(super) fn start(&mut self, method: &'static str, request: Request) -> usize {
        let started = self.tick();
        self.calls.push(Call { method, request, started, finished: None });
        self.calls.len() - 1
    }

    /// Notes that the reply to a call is on its way.
    pub(super) fn finish(&mut self, index: usize) {
        let now = self.tick();
        if let Some(call) = self.calls.get_mut(index) {
            call.finished = Some(now);
        }
    }

    fn tick(&mut self) -> usize {
        self.clock += 1;
        self.clock
    }

    /// Keeps a file system and yields its name.
    pub(super) fn keep(&mut self, files: FileSystem) -> String {
        let id = format!("ref-{}", self.refs.len() + 1);
        self.refs.insert(id.clone(), files);
        id
    }
}

/// The longest run of calls of which each arrived after the one before was answered: what a build waits for, one after
/// the other.
pub(super) fn longest_chain(calls: &[Call]) -> Vec<&'static str> {
    let end = |call: &Call| call.finished.unwrap_or(usize::MAX);
    let mut by_end: Vec<&Call> = calls.iter().collect();
    by_end.sort_by_key(|call| end(call));
    let mut chain = Vec::new();
    let mut answered = 0;
    // Whoever is answered first leaves the most time for the others, so taking it is never wrong.
    for call in by_end {
        if call.started > answered {
            chain.push(call.method);
            answered = end(call);
        }
    }
    chain
}

/// The sha256 digest of `data`, as registries write it.
pub(super) fn digest(data: &[u8]) -> String {
    Sha256::digest(data).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(method: &'static str, started: usize, finished: usize) -> Call {
        Call { method, request: Request::Ping, started, finished: Some(finished) }
    }

    #[test]
    fn calls_at_the_same_time_count_once() {
        let calls = [call("Ping", 1, 3), call("Solve", 2, 4), call("ReadFile", 5, 8), call("StatFile", 6, 7)];
        assert_eq!(longest_chain(&calls), ["Ping", "StatFile"]);
    }

    #[test]
    fn a_call_without_an_end_is_the_last() {
        let mut last = call("Return", 3, 4);
        last.finished = None;
        assert_eq!(longest_chain(&[last, call("Ping", 1, 2)]), ["Ping", "Return"]);
        assert_eq!(longest_chain(&[]), Vec::<&str>::new());
    }
}
