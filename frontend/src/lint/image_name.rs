//! What the name of an image tells of it.

use crate::image_ref::ImageRef;

/// A reference in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ImageName {
    /// As it was written.
    pub(super) written: String,
    /// The last part of its path, such as `python`.
    pub(super) name: String,
    /// Its path with the registry, such as `gcr.io/distroless/python3-debian12`.
    pub(super) path: String,
    /// Its tag, where it has one or no digest.
    pub(super) tag: Option<String>,
    /// Whether it has a digest.
    pub(super) pinned: bool,
}

impl ImageName {
    /// The parts of a reference; `None` for what is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let full = ImageRef::parse(text).ok()?.to_string();
        let (rest, pinned) = full.split_once('@').map_or((full.as_str(), false), |(rest, _)| (rest, true));
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        Some(Self { written: text.to_owned(), name: name.to_owned(), path: path.to_owned(), tag, pinned })
    }

    /// Whether a part of the tag, as `-` divides it, is this word or starts with it and a version.
    pub(super) fn tag_has(&self, word: &str) -> bool {
        let is_word = |part: &str| {
            part.strip_prefix(word).is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
        };
        self.tag.as_deref().unwrap_or_default().split('-').any(is_word)
    }
}
