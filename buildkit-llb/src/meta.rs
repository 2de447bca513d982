//! What is said about an op and is no part of its digest.

use std::collections::BTreeMap;

use buildkit_proto::pb;

use crate::platform::Platform;
use crate::source_map::Location;

/// The key of [`OpMeta::name`] among the descriptions.
pub(crate) const NAME_KEY: &str = "llb.customname";

/// What is said about an op: `OpMetadata`, the platform, the lines that it came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpMeta {
    /// The vertex name that the client shows. Default: one that the daemon makes up.
    pub name: Option<String>,
    /// Further descriptions; the daemon reads none of them.
    pub description: BTreeMap<String, String>,
    /// Run even if the result is cached, and with empty cache mounts.
    pub ignore_cache: bool,
    /// Shown as one entry with the other ops of the group.
    pub progress_group: Option<ProgressGroup>,
    /// Forces or forbids the export of the op's cache. Default: the exporter decides.
    pub export_cache: Option<bool>,
    /// What a process runs on, and which image of an index is meant. Only exec, image and OCI layout sources have one.
    /// Default: the daemon's.
    pub platform: Option<Platform>,
    /// The lines that the op came from, which the client shows when it fails.
    pub location: Option<Location>,
}

impl OpMeta {
    /// Nothing but a name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    pub(crate) fn to_pb(&self, caps: &[&str]) -> pb::OpMetadata {
        let mut description = self.description.clone();
        if let Some(name) = &self.name {
            description.insert(NAME_KEY.to_owned(), name.clone());
        }
        pb::OpMetadata {
            ignore_cache: self.ignore_cache,
            description,
            export_cache: self.export_cache.map(|value| pb::ExportCache { value }),
            caps: caps.iter().map(|cap| ((*cap).to_owned(), true)).collect(),
            progress_group: self.progress_group.as_ref().map(ProgressGroup::to_pb),
        }
    }
}

/// Vertices that are shown as one entry. Since `BuildKit` 0.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressGroup {
    /// What the vertices of a group have in common.
    pub id: String,
    /// What is shown.
    pub name: String,
    /// True for a vertex that does not start the group's display by itself.
    pub weak: bool,
}

impl ProgressGroup {
    fn to_pb(&self) -> pb::ProgressGroup {
        pb::ProgressGroup { id: self.id.clone(), name: self.name.clone(), weak: self.weak }
    }
}
