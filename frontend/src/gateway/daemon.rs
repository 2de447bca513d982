//! What the daemon is and what it can do: its answer to `Ping`.

use std::collections::BTreeMap;

use buildkit_llb::Platform;
use buildkit_proto::moby::buildkit::v1::apicaps::ApiCap;
use buildkit_proto::moby::buildkit::v1::frontend::PongResponse;
use buildkit_proto::pb;

/// Bytes a daemon takes in one request, since 0.14.
pub(crate) const MAX_REQUEST: usize = 16 << 20;

/// Bytes a daemon before 0.14 takes in one request.
pub(super) const MAX_REQUEST_BEFORE_0_14: usize = 4 << 20;

/// Ids of the gateway's own capabilities that decide how we talk to it.
///
/// They stand in `frontend/gateway/pb/caps.go` of `BuildKit`; the capabilities of build steps are not
/// among them.
pub mod caps {
    /// Results may be `Ref` messages; before it they are plain ids. Since 0.7.
    pub const REF_MESSAGES: &str = "proto.refarray";
    /// `SolveRequest.evaluate` is understood. Since 0.8.
    pub const SOLVE_EVALUATE: &str = "gateway.solve.evaluate";
    /// `Evaluate` exists. Since 0.11.
    pub const EVALUATE: &str = "gateway.evaluate";
    /// `Warn` exists. Since 0.10.
    pub const WARN: &str = "gateway.warnings";
    /// `Inputs` exists. Since 0.7.
    pub const INPUTS: &str = "frontend.inputs";
    /// `ResolveSourceMeta` exists. Since 0.13.
    pub const RESOLVE_SOURCE_META: &str = "source.metaresolver";
    /// `Result.attestations` is understood. Since 0.11.
    pub const ATTESTATIONS: &str = "reference.attestations";
    /// A container may have secrets in its environment. Since 0.12; marks the release for us.
    pub(super) const EXEC_SECRET_ENV: &str = "gateway.exec.secretenv";
    /// Patterns of file copies. Since 0.9; marks the release for us.
    pub(super) const COPY_PATTERNS: &str = "file.copy.includeexcludepatterns";
    /// An option of file copies. Since 0.14; marks the release for us.
    pub(super) const COPY_ALWAYS_REPLACE: &str = "file.copy.alwaysreplaceexistingdestpaths";
}

/// A capability that the daemon does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CapabilityError {
    /// The daemon does not know it: it is too old.
    #[error("this BuildKit has no {id:?}; a newer release is needed")]
    Unknown {
        /// The capability.
        id: String,
    },
    /// The daemon knows it and has it switched off.
    #[error("this BuildKit has {id:?} switched off{}", because(.reason))]
    Disabled {
        /// The capability.
        id: String,
        /// The daemon's own words, or nothing.
        reason: String,
    },
}

fn because(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}

impl CapabilityError {
    /// The capability that is missing.
    pub fn id(&self) -> &str {
        match self {
            Self::Unknown { id } | Self::Disabled { id, .. } => id,
        }
    }

    /// Why the daemon has it switched off, in its own words.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Disabled { reason, .. } if !reason.is_empty() => Some(reason.clone()),
            _ => None,
        }
    }
}

/// The daemon at the other end of the connection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DaemonInfo {
    gateway: Capabilities,
    llb: Capabilities,
    workers: Vec<Worker>,
}

/// Where steps run. The first worker of a daemon runs them all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Worker {
    /// The daemon's name for it.
    pub id: String,
    /// What it runs, the native one first, the others by emulation.
    pub platforms: Vec<Platform>,
}

/// Capabilities by id. One that is switched off has its reason.
#[derive(Debug, Clone, Default, PartialEq)]
struct Capabilities(BTreeMap<String, Result<(), String>>);

impl Capabilities {
    fn new(list: Vec<ApiCap>) -> Self {
        let state = |cap: &ApiCap| match (cap.enabled, &cap.disabled_reason_msg) {
            (true, _) => Ok(()),
            (false, message) if message.is_empty() => Err(cap.disabled_reason.clone()),
            (false, message) => Err(message.clone()),
        };
        Self(list.into_iter().map(|cap| (cap.id.clone(), state(&cap))).collect())
    }

    fn require(&self, id: &str) -> Result<(), CapabilityError> {
        match self.0.get(id) {
            Some(Ok(())) => Ok(()),
            Some(Err(reason)) => Err(CapabilityError::Disabled { id: id.to_owned(), reason: reason.clone() }),
            None => Err(CapabilityError::Unknown { id: id.to_owned() }),
        }
    }
}

impl DaemonInfo {
    pub(super) fn new(pong: PongResponse) -> Self {
        let workers = pong.workers.into_iter().map(|worker| Worker {
            id: worker.id,
            platforms: worker.platforms.iter().map(Platform::from_pb).collect(),
        });
        Self {
            gateway: Capabilities::new(pong.frontend_api_caps),
            llb: Capabilities::new(pong.llb_caps),
            workers: workers.collect(),
        }
    }

    /// Whether the daemon has the capability, of build steps (`mergeop`) or of the gateway
    /// (`gateway.warnings`). One that is listed but switched off is missing too.
    pub fn supports(&self, id: &str) -> Result<(), CapabilityError> {
        match self.llb.require(id) {
            Err(CapabilityError::Unknown { .. }) => self.gateway.require(id),
            known => known,
        }
    }

    /// The capabilities that steps of `definition` need and the daemon lacks, sorted by id, each once.
    ///
    /// The daemon would refuse the definition as a whole, naming one of them and no step.
    pub fn missing(&self, definition: &pb::Definition) -> Vec<CapabilityError> {
        let needed = definition.metadata.values().flat_map(|op| &op.caps);
        let mut missing: BTreeMap<&str, CapabilityError> = BTreeMap::new();
        for (id, _) in needed.filter(|(_, needed)| **needed) {
            if let Err(error) = self.llb.require(id) {
                missing.insert(id, error);
            }
        }
        missing.into_values().collect()
    }

    /// Where steps run, the default one first.
    pub fn workers(&self) -> &[Worker] {
        &self.workers
    }

    /// The platform that steps run on when none is asked for.
    pub fn default_platform(&self) -> Option<&Platform> {
        self.workers.first()?.platforms.first()
    }

    /// Bytes the daemon takes in one request.
    pub fn max_request(&self) -> usize {
        match self.llb.0.get(caps::COPY_ALWAYS_REPLACE) {
            Some(_) => MAX_REQUEST,
            None => MAX_REQUEST_BEFORE_0_14,
        }
    }

    /// Whether a reference can be evaluated by itself, behind its `Solve`. Since 0.11.
    pub fn evaluates_refs(&self) -> bool {
        self.supports(caps::EVALUATE).is_ok()
    }

    /// Whether the places of errors do not reach the client: Docker 20.10, with 0.8, drops all details.
    pub fn loses_places(&self) -> bool {
        self.llb.require(caps::COPY_PATTERNS).is_err()
    }

    /// Whether a build fails in the end when a reference was solved and never evaluated.
    ///
    /// So it is with 0.11 (`missing provenance for ...`). There, [`evaluate`](super::Gateway::evaluate)
    /// each reference that the build did not come to need.
    pub fn fails_on_unevaluated_refs(&self) -> bool {
        self.gateway.require(caps::ATTESTATIONS).is_ok()
            && self.gateway.require(caps::EXEC_SECRET_ENV).is_err()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cap(id: &str, enabled: bool, message: &str) -> ApiCap {
        ApiCap { id: id.to_owned(), enabled, disabled_reason_msg: message.to_owned(), ..ApiCap::default() }
    }

    fn daemon(gateway: &[&str], llb: Vec<ApiCap>) -> DaemonInfo {
        DaemonInfo::new(PongResponse {
            frontend_api_caps: gateway.iter().map(|id| cap(id, true, "")).collect(),
            llb_caps: llb,
            workers: Vec::new(),
        })
    }

    #[test]
    fn a_capability_must_be_listed_and_enabled() {
        let daemon = daemon(
            &["gateway.warnings"],
            vec![
                cap("file.base", true, ""),
                cap("mergeop", false, "only with containerd image store backend"),
                cap("diffop", false, ""),
            ],
        );
        let wrong = |id| daemon.supports(id).map_err(|error| error.to_string());
        assert_eq!(wrong("file.base"), Ok(()));
        assert_eq!(wrong("gateway.warnings"), Ok(()));
        assert_eq!(
            wrong("mergeop").unwrap_err(),
            "this BuildKit has \"mergeop\" switched off: only with containerd image store backend"
        );
        assert_eq!(wrong("diffop").unwrap_err(), "this BuildKit has \"diffop\" switched off");
        assert_eq!(
            wrong("exec.secretenv").unwrap_err(),
            "this BuildKit has no \"exec.secretenv\"; a newer release is needed"
        );
    }

    #[test]
    fn a_definition_names_each_missing_capability_once() {
        let op = |caps: &[&str]| pb::OpMetadata {
            caps: caps.iter().map(|id| ((*id).to_owned(), true)).collect(),
            ..pb::OpMetadata::default()
        };
        let definition = pb::Definition {
            metadata: [("a", op(&["mergeop", "file.base"])), ("b", op(&["diffop", "mergeop"]))]
                .into_iter()
                .map(|(digest, op)| (digest.to_owned(), op))
                .collect(),
            ..pb::Definition::default()
        };
        let missing = daemon(&[], vec![cap("file.base", true, "")]).missing(&definition);
        let ids: Vec<_> = missing.iter().map(CapabilityError::id).collect();
        assert_eq!(ids, ["diffop", "mergeop"]);
    }

    #[test]
    fn releases_with_their_own_rules_are_recognised() {
        let patterns = cap(caps::COPY_PATTERNS, true, "");
        let v0_8 = daemon(&[], vec![]);
        let v0_11 = daemon(&[caps::ATTESTATIONS], vec![patterns.clone()]);
        let v0_14 = daemon(
            &[caps::ATTESTATIONS, caps::EXEC_SECRET_ENV],
            vec![patterns, cap(caps::COPY_ALWAYS_REPLACE, true, "")],
        );
        assert_eq!([&v0_8, &v0_11, &v0_14].map(DaemonInfo::max_request), [4 << 20, 4 << 20, 16 << 20]);
        assert_eq!([&v0_8, &v0_11, &v0_14].map(DaemonInfo::fails_on_unevaluated_refs), [false, true, false]);
        assert_eq!([&v0_8, &v0_11, &v0_14].map(DaemonInfo::loses_places), [true, false, false]);
    }
}
