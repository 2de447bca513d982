//! What is said about an op and is no part of its digest.

use std::collections::BTreeMap;

use buildkit_proto::pb;

use crate::caps::{Cap, CapSet};
use crate::platform::Platform;
use crate::source_map::{Location, Place};

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

    fn to_pb(&self, caps: &CapSet) -> pb::OpMetadata {
        let mut description = self.description.clone();
        description.extend(self.name.clone().map(|name| (NAME_KEY.to_owned(), name)));
        let caps = caps.iter().map(Cap::evidence).filter(|cap| !cap.is_given());
        let caps = caps.map(|cap| (cap.id().to_owned(), true));
        pb::OpMetadata {
            ignore_cache: self.ignore_cache,
            description,
            export_cache: self.export_cache.map(|value| pb::ExportCache { value }),
            caps: caps.collect(),
            progress_group: self.progress_group.as_ref().map(ProgressGroup::to_pb),
        }
    }
}

/// What is said about an op of a graph. The wire form of ours, with maps of its own for each, is left to `marshal`.
#[derive(Debug, Clone)]
pub(crate) enum Record {
    Ours(Box<OpMeta>),
    Imported(Box<pb::OpMetadata>, Vec<Place>),
}

impl Record {
    pub(crate) fn to_pb(&self, caps: &CapSet) -> pb::OpMetadata {
        match self {
            Self::Ours(meta) => meta.to_pb(caps),
            Self::Imported(metadata, _) => (**metadata).clone(),
        }
    }

    /// What is shown for the op.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Ours(meta) => meta.name.as_deref(),
            Self::Imported(metadata, _) => metadata.description.get(NAME_KEY).map(String::as_str),
        }
    }

    pub(crate) fn ignore_cache(&self) -> bool {
        match self {
            Self::Ours(meta) => meta.ignore_cache,
            Self::Imported(metadata, _) => metadata.ignore_cache,
        }
    }

    /// The lines that the op came from.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let (ours, imported) = match self {
            Self::Ours(meta) => (meta.location, [].as_slice()),
            Self::Imported(_, places) => (None, places.as_slice()),
        };
        ours.map(Place::from).into_iter().chain(imported.iter().cloned())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::caps;

    #[test]
    fn an_op_without_wishes_has_an_empty_record() {
        let caps = CapSet::of(caps::FILE_BASE);
        assert_eq!(OpMeta::default().to_pb(&caps), pb::OpMetadata::default());
    }

    #[test]
    fn every_wish_is_recorded() {
        let meta = OpMeta {
            description: BTreeMap::from([("note".into(), "text".into())]),
            ignore_cache: true,
            export_cache: Some(false),
            progress_group: Some(ProgressGroup { id: "g".into(), name: "all".into(), weak: true }),
            ..OpMeta::named("make")
        };
        let mut caps = CapSet::of(caps::EXEC_META_BASE);
        caps.need(true, caps::EXEC_ULIMIT);
        let record = meta.to_pb(&caps);
        assert!(record.ignore_cache);
        assert_eq!(record.description.get(NAME_KEY).map(String::as_str), Some("make"));
        assert_eq!(record.description.get("note").map(String::as_str), Some("text"));
        assert_eq!(record.export_cache, Some(pb::ExportCache { value: false }));
        assert_eq!(
            record.progress_group,
            Some(pb::ProgressGroup { id: "g".into(), name: "all".into(), weak: true })
        );
        assert_eq!(record.caps, BTreeMap::from([("exec.meta.ulimit".into(), true)]));
    }
}
