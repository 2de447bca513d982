//! Sources: where files come into a build.
//!
//! BuildKit counterpart: `ops.proto` `SourceOp`, `solver/pb/attr.go`.

mod git;
mod http;
mod image;
mod local;

use std::collections::BTreeMap;

use buildkit_proto::pb;

pub use git::{GitSignature, GitSource};
pub use http::{HttpSignature, HttpSource};
pub use image::{ImageSource, OciLayoutSource, RecordType, ResolveMode};
pub use local::{Differ, LocalSource};

use crate::caps::{Cap, CapSet};

/// A source of any kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceOp {
    /// An image of a registry or of the daemon's store.
    Image(ImageSource),
    /// Files of the client.
    Local(LocalSource),
    /// A git repository.
    Git(GitSource),
    /// A download.
    Http(HttpSource),
    /// An image of a layout that the client has.
    OciLayout(OciLayoutSource),
}

macro_rules! kinds {
    ($($source:ident => $kind:ident),*) => {
        $(impl From<$source> for SourceOp {
            fn from(source: $source) -> Self {
                Self::$kind(source)
            }
        })*
    };
}

kinds!(ImageSource => Image, LocalSource => Local, GitSource => Git, HttpSource => Http, OciLayoutSource => OciLayout);

impl SourceOp {
    pub(crate) fn has_platform(&self) -> bool {
        matches!(self, Self::Image(_) | Self::OciLayout(_))
    }

    pub(crate) fn lower(&self) -> (pb::SourceOp, CapSet) {
        match self {
            Self::Image(source) => source.attrs(),
            Self::Local(source) => source.attrs(),
            Self::Git(source) => source.attrs(),
            Self::Http(source) => source.attrs(),
            Self::OciLayout(source) => source.attrs(),
        }
        .finish()
    }
}

/// Attributes under construction. An empty value is as good as none, and the daemon's encoder writes it differently
/// from ours: it is left out.
struct Attrs {
    identifier: String,
    values: BTreeMap<String, String>,
    caps: CapSet,
}

impl Attrs {
    fn new(identifier: String, cap: Cap) -> Self {
        Self { identifier, values: BTreeMap::new(), caps: CapSet::of(cap) }
    }

    fn set(&mut self, key: &str, value: Option<&str>) -> bool {
        let value = value.filter(|value| !value.is_empty());
        self.values.extend(value.map(|value| (key.to_owned(), value.to_owned())));
        value.is_some()
    }

    /// Sets an attribute that needs a capability of its own.
    fn set_with(&mut self, cap: Cap, key: &str, value: Option<&str>) {
        let is_set = self.set(key, value);
        self.caps.need(is_set, cap);
    }

    fn set_number(&mut self, cap: Cap, key: &str, value: Option<u32>) {
        self.set_with(cap, key, value.map(|value| value.to_string()).as_deref());
    }

    fn set_flag(&mut self, cap: Cap, key: &str, value: bool) {
        self.set_with(cap, key, value.then_some("true"));
    }

    /// Sets a list: as JSON, and not at all where it is empty.
    fn set_list(&mut self, cap: Cap, key: &str, list: &[String]) {
        let text = (!list.is_empty()).then(|| serde_json::Value::from(list).to_string());
        self.set_with(cap, key, text.as_deref());
    }

    fn finish(self) -> (pb::SourceOp, CapSet) {
        (pb::SourceOp { identifier: self.identifier, attrs: self.values }, self.caps)
    }
}

#[cfg(test)]
mod tests;
