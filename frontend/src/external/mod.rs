//! What a build takes files from besides its stages and images: directories of the client, git repositories, downloads,
//! results of other builds.
//!
//! Everything here is pure: it reads what somebody wrote down about a place, and asks nobody whether it is there.

mod context;
pub mod git;

use std::collections::BTreeMap;

use buildkit_llb::{GitSource, HttpSource};

pub use context::{FORMS, NamedContext, NamedContexts, given_as};

use crate::image_config::ImageConfig;

/// The name of the file that a download is where the client gave its URL as a context.
pub const CONTEXT_FILE: &str = "context";

/// Files from outside of the spec that are no image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct External {
    /// Where they are.
    pub origin: Origin,
    /// Patterns of the files that are taken; empty for all.
    pub include: Vec<String>,
    /// Patterns of files that are left out.
    pub exclude: Vec<String>,
}

/// Where files from outside are.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// In a directory of the client.
    Local(LocalDirectory),
    /// In a git repository.
    Git(GitSource),
    /// Behind a URL: one file.
    Http(HttpSource),
    /// In the result of another build, which the client hands over as a graph of that name.
    Input(String),
    /// In the frontend's own image.
    Frontend,
}

/// A directory of the client that is not the build context.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalDirectory {
    /// The named context, as the client's option has it: with a platform where it is for one.
    pub context: String,
    /// The client's name for the directory.
    pub local: String,
    /// What tells it from the directories that the daemon knows by the same name, or nothing.
    pub shared_key: String,
}

/// Whether a text is a URL, of git or not.
pub fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://") || git::parse(text).is_some()
}

/// Checks a digest of a download; the error says what is wrong with it.
pub fn check_digest(text: &str) -> Result<(), &'static str> {
    let hex = text.strip_prefix("sha256:").ok_or("a checksum of a file starts with `sha256:`")?;
    let good = hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    if good { Ok(()) } else { Err("a sha256 checksum has 64 hexadecimal digits in lower case") }
}

/// Checks the checksum of a repository: a commit, or its first digits.
pub fn check_commit(text: &str) -> Result<(), &'static str> {
    let good = (4..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit());
    if good { Ok(()) } else { Err("the checksum of a repository is a commit, or its first digits") }
}

/// The name that a downloaded file gets from its URL, as Dockerfile `ADD` gives it.
pub fn file_name(url: &str) -> String {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    let path = path.split_once('/').map_or("", |(_, path)| path).trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    match git::decode(name) {
        Ok(name) if !name.is_empty() && name != "." && name != ".." && !name.contains('/') => name,
        _ => "__unnamed__".to_owned(),
    }
}

impl From<Origin> for External {
    fn from(origin: Origin) -> Self {
        Self { origin, include: Vec::new(), exclude: Vec::new() }
    }
}

impl External {
    /// How messages name them.
    pub fn shown(&self) -> String {
        match &self.origin {
            Origin::Local(directory) => format!("the named context `{}`", directory.context),
            Origin::Git(source) => match &source.reference {
                Some(reference) => format!("the git repository {} at `{reference}`", source.url),
                None => format!("the git repository {}", source.url),
            },
            Origin::Http(source) => source.url.clone(),
            Origin::Input(name) => format!("the named context `{name}`"),
            Origin::Frontend => "the frontend's image".to_owned(),
        }
    }

    /// The directory of the client, if it is one.
    pub fn local(&self) -> Option<&LocalDirectory> {
        match &self.origin {
            Origin::Local(directory) => Some(directory),
            _ => None,
        }
    }
}

/// What the client handed over for a named context: a graph, and the image config that goes with it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// The graph.
    pub definition: buildkit_llb::Definition,
    /// The image config, where the graph makes an image.
    pub config: Option<ImageConfig>,
}

/// The graphs that the client handed over, by name.
pub type Inputs = BTreeMap<String, Input>;
