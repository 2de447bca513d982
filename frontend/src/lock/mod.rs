//! The lock file: what the names of a spec stood for when somebody looked, so that a build gets the same tomorrow.
//!
//! Pure but for `look_up`. A name that is locked becomes, where names become sources, what it would be if the spec itself said the digest, the commit or
//! the checksum: nothing behind that knows of the lock. What the spec says itself, and what the client puts in the place of a name, is
//! not looked up in it.

mod census;
pub(crate) mod look_up;
mod read;
mod write;

use std::collections::BTreeMap;

use buildkit_llb::{GitSource, HttpSource};
use spec_schema::span::Span;

use crate::external::Origin;
use crate::image_ref::ImageRef;
use crate::select::Source;

pub use census::Census;
pub(crate) use census::Claim;
pub use read::read;
pub(crate) use write::{json, text};

/// What the name of a spec has behind it for its lock file.
pub(crate) const SUFFIX: &str = ".lock";

/// A name that somebody else may move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// An image by its tag.
    Image(ImageRef),
    /// A repository by its URL and a ref, or its default branch.
    Git(String, Option<String>),
    /// A download by its URL.
    Http(String),
}

/// What a name stands for, and where that is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// The digest, the commit or the checksum.
    pub value: String,
    /// Where it stands.
    pub span: Span,
    /// Where the name stands.
    pub key_span: Span,
}

/// A lock file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    pins: BTreeMap<Name, Pin>,
    /// The file's name.
    file: String,
}

impl Name {
    /// The name of a source that somebody else may move, and what the source itself says that it is; `None` for anything else.
    pub fn of(source: &Source) -> Option<(Self, Option<&str>)> {
        match source {
            Source::Image(key) if key.store.is_none() => {
                Some((Self::Image(key.reference.tagged()?), key.reference.digest()))
            }
            Source::External(external) => Self::of_origin(&external.origin),
            Source::Image(_) | Source::Scratch | Source::Stage(_) => None,
        }
    }

    /// The same of files that are no image.
    pub fn of_origin(origin: &Origin) -> Option<(Self, Option<&str>)> {
        match origin {
            Origin::Git(source) => {
                let commit = source.reference.as_deref().filter(|reference| is_commit(reference));
                let reference = source.reference.clone().filter(|reference| !is_commit(reference));
                let pinned = source.checksum.as_deref().or(commit);
                // A commit alone is no name: there is nothing that could move.
                let is_name = commit.is_none();
                is_name.then(|| (Self::Git(source.url.clone(), reference), pinned))
            }
            Origin::Http(source) => Some((Self::Http(source.url.clone()), source.checksum.as_deref())),
            Origin::Local(_) | Origin::Input(_) | Origin::Frontend => None,
        }
    }

    /// The kind, as a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Image(_) => "image",
            Self::Git(..) => "git",
            Self::Http(_) => "http",
        }
    }

    /// How messages name it.
    pub fn shown(&self) -> String {
        match self {
            Self::Image(_) => format!("the image `{}`", self.key()),
            Self::Git(..) => format!("the repository `{}`", self.key()),
            Self::Http(_) => format!("the download `{}`", self.key()),
        }
    }

    /// The key in the file.
    pub fn key(&self) -> String {
        match self {
            Self::Image(reference) => reference.familiar_tagged(),
            Self::Git(url, Some(reference)) => format!("{url}#{reference}"),
            Self::Git(url, None) | Self::Http(url) => url.clone(),
        }
    }
}

/// Whether a ref is a whole commit.
pub(crate) fn is_commit(reference: &str) -> bool {
    matches!(reference.len(), 40 | 64)
        && reference.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

impl Lock {
    /// What is locked, by name.
    pub fn pins(&self) -> impl Iterator<Item = (&Name, &Pin)> {
        self.pins.iter()
    }

    /// The file's name.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// How it is written again.
    pub fn command(&self) -> String {
        command(self.file.trim_end_matches(SUFFIX))
    }

    /// What a name is locked to.
    pub fn pin(&self, name: &Name) -> Option<&Pin> {
        self.pins.get(name)
    }

    /// The image that counts for one that the spec names.
    pub fn image(&self, reference: ImageRef) -> ImageRef {
        if reference.is_pinned() {
            return reference;
        }
        match self.pins.get(&Name::Image(reference.clone())) {
            Some(pin) => reference.locked(&pin.value),
            None => reference,
        }
    }

    /// The files that count for those that the spec names.
    pub fn origin(&self, origin: Origin) -> Origin {
        let pin = match Name::of_origin(&origin) {
            Some((name, None)) => self.pins.get(&name),
            _ => None,
        };
        let Some(Pin { value, .. }) = pin.cloned() else { return origin };
        match origin {
            // With a checksum instead, the daemon would still ask where the ref is, and fail when that has moved.
            Origin::Git(source) => Origin::Git(GitSource { reference: Some(value), ..source }),
            Origin::Http(source) => Origin::Http(HttpSource { checksum: Some(value), ..source }),
            other => other,
        }
    }

    /// What has made a source what it is, where that was the lock.
    pub fn made(&self, source: &Source) -> Option<(&Name, &Pin)> {
        let found = match source {
            Source::Image(key) => self.pins.get_key_value(&Name::Image(key.reference.tagged()?)),
            Source::External(external) => match &external.origin {
                Origin::Git(source) => self.pins.iter().find(|(name, pin)| {
                    matches!(name, Name::Git(url, _) if *url == source.url)
                        && source.reference.as_ref() == Some(&pin.value)
                }),
                Origin::Http(source) => self.pins.get_key_value(&Name::Http(source.url.clone())),
                _ => None,
            },
            Source::Scratch | Source::Stage(_) => None,
        };
        found.filter(|(_, pin)| match source {
            Source::Image(key) => key.reference.digest() == Some(&pin.value),
            Source::External(external) => match &external.origin {
                Origin::Http(source) => source.checksum.as_ref() == Some(&pin.value),
                _ => true,
            },
            Source::Scratch | Source::Stage(_) => false,
        })
    }
}

/// How a lock file is written, for messages.
pub(crate) fn command(spec: &str) -> String {
    format!("docker buildx build --call=lock -f {spec} . > {spec}{SUFFIX}")
}
