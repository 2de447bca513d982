//! What the daemon is: its release, and what that can do.

use std::collections::{BTreeMap, BTreeSet};

use buildkit_llb::Platform;
use buildkit_proto::moby::buildkit::v1::apicaps::ApiCap;
use buildkit_proto::moby::buildkit::v1::frontend::PongResponse;
use buildkit_proto::moby::buildkit::v1::types::WorkerRecord;

/// A release of the daemon, 0.`n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release(pub u32);

impl Release {
    /// That of Docker 20.10, the oldest we support.
    pub const V0_8: Self = Self(8);
    /// That of Docker 24.
    pub const V0_11: Self = Self(11);
    /// That of Docker 26.1.
    pub const V0_13: Self = Self(13);
    /// That of Docker 28.5.
    pub const V0_25: Self = Self(25);
}

/// The daemon's properties.
#[derive(Debug, Clone)]
pub(super) struct Daemon {
    pub(super) release: Release,
    pub(super) disabled: BTreeMap<String, String>,
    pub(super) missing: BTreeSet<String>,
    pub(super) platforms: Vec<String>,
}

impl Default for Daemon {
    fn default() -> Self {
        Self {
            release: Release::V0_25,
            disabled: BTreeMap::new(),
            missing: BTreeSet::new(),
            platforms: vec!["linux/amd64".to_owned()],
        }
    }
}

/// Capabilities of the gateway with the release that brought them.
const GATEWAY: &[(u32, &[&str])] = &[
    (
        3,
        &[
            "solve.base",
            "solve.inlinereturn",
            "resolveimage",
            "resolveimage.resolvemode",
            "readfile",
            "readdir",
            "statfile",
            "return",
            "returnmap",
        ],
    ),
    (4, &["importcaches"]),
    (7, &["proto.refarray", "reference.output", "frontend.inputs", "gateway.solve.metadata"]),
    (8, &["frontend.caps", "gateway.solve.evaluate", "gateway.exec"]),
    (10, &["gateway.exec.extrahosts", "gateway.exec.signals", "gateway.warnings"]),
    (11, &["gateway.evaluate", "reference.attestations"]),
    (12, &["gateway.exec.secretenv"]),
    (13, &["source.metaresolver"]),
    (27, &["gateway.exec.filesystem"]),
    (28, &["source.metaresolver.image.attestations", "source.metaresolver.http.checksumrequest"]),
];

/// Capabilities of build steps with the release that brought them.
const LLB: &[(u32, &[&str])] = &[
    (
        3,
        &[
            "source.image",
            "source.image.resolvemode",
            "source.local",
            "source.local.unique",
            "source.local.sessionid",
            "source.local.includepatterns",
            "source.local.followpaths",
            "source.local.excludepatterns",
            "source.local.sharedkeyhint",
            "source.git",
            "source.git.keepgitdir",
            "source.git.fullurl",
            "source.http",
            "source.http.checksum",
            "source.http.perm",
            "soruce.http.uidgid",
            "source.buildop.llbfilename",
            "exec.meta.base",
            "exec.meta.proxyenv",
            "exec.meta.network",
            "exec.meta.setsdefaultpath",
            "exec.cgroup",
            "exec.mount.bind",
            "exec.mount.cache",
            "exec.mount.cache.sharing",
            "exec.mount.selector",
            "exec.mount.tmpfs",
            "exec.mount.secret",
            "exec.mount.ssh",
            "constraints",
            "platform",
            "meta.ignorecache",
            "meta.description",
            "meta.exportcache",
        ],
    ),
    (5, &["exec.meta.security", "file.base"]),
    (6, &["exec.mount.bind.readwrite-nooutput"]),
    (7, &["exec.meta.security.devices.v1", "file.rm.wildcard"]),
    (8, &["source.git.httpauth", "source.git.knownsshhosts", "source.git.mountsshsock"]),
    (9, &["source.local.differ", "source.git.subdir", "file.copy.includeexcludepatterns", "cache.gha"]),
    (
        10,
        &[
            "exec.meta.cgroup.parent",
            "exec.meta.ulimit",
            "exec.mount.tmpfs.size",
            "exec.secretenv",
            "file.rm.nofollowsymlink",
            "mergeop",
            "diffop",
        ],
    ),
    (
        11,
        &[
            "source.image.layerlimit",
            "source.ocilayout",
            "exec.meta.removemountstubs.recursive",
            "cache.s3",
            "cache.azblob",
            "exporter.image.annotations",
            "exporter.image.attestations",
            "exporter.sourcedateepoch",
            "source.policy",
        ],
    ),
    (13, &["exec.mount.cache.content", "exporter.multiple"]),
    (14, &["file.copy.alwaysreplaceexistingdestpaths"]),
    (17, &["exec.validexitcode", "file.copy.modestring", "gc.freespacefilter"]),
    (19, &["file.symlink.create"]),
    (20, &["exec.meta.cdi", "history.filter"]),
    (21, &["source.local.metadatatransfer", "source.http.auth", "source.http.header", "exporter.session"]),
    (22, &["source.git.checksum"]),
    (24, &["source.git.skipsubmodules"]),
    (25, &["source.image.checksum"]),
    (26, &["source.git.signatureverify", "file.copy.requiredpaths", "source.policy.session"]),
    (28, &["source.http.signatureverify", "source.imageblob"]),
    (29, &["source.git.mtime"]),
    (30, &["source.git.fetchbycommit", "source.git.bundle", "source.git.checkoutbundle"]),
    (31, &["exec.meta.linux.resources", "exec.meta.network.proxy", "passthroughop"]),
];

impl Daemon {
    /// Whether the daemon has a capability of the gateway.
    pub(super) fn has(&self, cap: &str) -> bool {
        self.caps(GATEWAY).iter().any(|found| found.id == cap && found.enabled)
    }

    /// The answer to a ping.
    pub(super) fn pong(&self) -> PongResponse {
        let platform = |text: &String| Platform::parse(text).unwrap_or_default().to_pb();
        let worker = WorkerRecord {
            id: "worker".to_owned(),
            platforms: self.platforms.iter().map(platform).collect(),
            ..WorkerRecord::default()
        };
        PongResponse {
            frontend_api_caps: self.caps(GATEWAY),
            llb_caps: self.caps(LLB),
            workers: vec![worker],
        }
    }

    fn caps(&self, table: &[(u32, &[&str])]) -> Vec<ApiCap> {
        let known = table.iter().filter(|(release, _)| *release <= self.release.0);
        let ids = known.flat_map(|(_, ids)| ids.iter()).filter(|id| !self.missing.contains(**id));
        ids.map(|id| self.cap(id)).collect()
    }

    fn cap(&self, id: &str) -> ApiCap {
        let reason = self.disabled.get(id);
        ApiCap {
            id: id.to_owned(),
            enabled: reason.is_none(),
            disabled_reason_msg: reason.cloned().unwrap_or_default(),
            ..ApiCap::default()
        }
    }

    /// Bytes that the daemon takes in one request.
    pub(super) fn max_request(&self) -> usize {
        if self.release < Release(14) { 4 << 20 } else { 16 << 20 }
    }

    /// The daemon's words for a missing file. Before 0.13 they have the path of the daemon's own mount.
    pub(super) fn no_such_file(&self, call: &str, path: &str) -> String {
        let mount = if self.release < Release::V0_13 { "/tmp/buildkit-mount1234/" } else { "" };
        format!("{call} {mount}{path}: no such file or directory")
    }
}
