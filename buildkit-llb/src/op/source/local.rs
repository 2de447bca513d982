//! Files of the client.

use super::Attrs;
use crate::caps;

/// What tells the daemon that a file has changed since it last got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differ {
    /// Nothing: all is sent again.
    None,
    /// The metadata: size, time, mode.
    Metadata,
}

/// `local://`: files of the client, by the name that the client gave a folder.
///
/// They never come from a cache; what reads them is cached by their content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalSource {
    /// The name: `context`, `dockerfile`.
    pub name: String,
    /// The client's session. Either this or [`LocalSource::unique`] must be there.
    pub session: Option<String>,
    /// Keeps the op apart from others where no session does.
    pub unique: Option<String>,
    /// Patterns of what is sent; parents of a match come along. Default: all.
    pub include_patterns: Vec<String>,
    /// Paths of what is sent, through symbolic links. Default: all.
    pub follow_paths: Vec<String>,
    /// Patterns of what is not sent, as in `.dockerignore`.
    pub exclude_patterns: Vec<String>,
    /// The name under which the daemon keeps what it got. Sources with other filters need other names.
    pub shared_key_hint: Option<String>,
    /// What counts as a change. Default: the metadata. Daemons before 0.9 do not know it, which does no harm.
    pub differ: Option<Differ>,
    /// Whether the build must not run where [`LocalSource::differ`] is not known. Needs `source.local.differ`.
    pub differ_required: bool,
    /// Names and metadata are sent, but no contents. Needs `source.local.metadatatransfer`.
    pub metadata_transfer: bool,
    /// Patterns of files whose contents are sent all the same.
    pub metadata_transfer_except: Vec<String>,
}

impl LocalSource {
    /// A folder by its name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            session: None,
            unique: None,
            include_patterns: Vec::new(),
            follow_paths: Vec::new(),
            exclude_patterns: Vec::new(),
            shared_key_hint: None,
            differ: None,
            differ_required: false,
            metadata_transfer: false,
            metadata_transfer_except: Vec::new(),
        }
    }

    pub(super) fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("local://{}", self.name), caps::SOURCE_LOCAL);
        attrs.set_with(caps::SOURCE_LOCAL_SESSION_ID, "local.session", self.session.as_deref());
        attrs.set_with(caps::SOURCE_LOCAL_UNIQUE, "local.unique", self.unique.as_deref());
        attrs.set_list(caps::SOURCE_LOCAL_INCLUDE_PATTERNS, "local.includepattern", &self.include_patterns);
        attrs.set_list(caps::SOURCE_LOCAL_FOLLOW_PATHS, "local.followpaths", &self.follow_paths);
        attrs.set_list(caps::SOURCE_LOCAL_EXCLUDE_PATTERNS, "local.excludepatterns", &self.exclude_patterns);
        attrs.set_with(
            caps::SOURCE_LOCAL_SHARED_KEY_HINT,
            "local.sharedkeyhint",
            self.shared_key_hint.as_deref(),
        );
        let differ = self.differ.map(|differ| match differ {
            Differ::None => "none",
            Differ::Metadata => "metadata",
        });
        let has_differ = attrs.set("local.differ", differ);
        attrs.caps.need(has_differ && self.differ_required, caps::SOURCE_LOCAL_DIFFER);
        if self.metadata_transfer {
            let cap = caps::SOURCE_LOCAL_METADATA_TRANSFER;
            attrs.set_flag(cap, "local.metadatatransfer", true);
            attrs.set_list(cap, "local.metadatatransferexclude", &self.metadata_transfer_except);
        }
        attrs
    }
}
