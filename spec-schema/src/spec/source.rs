//! Sources: files from elsewhere, by a name.

use crate::decode::text::{Template, Text};
use crate::decode::{Decode, List, Permissions, record, wrong_kind_help};
use crate::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use crate::encode::Encode;
use crate::node::{Node, Value};
use crate::span::Spanned;

/// Files from elsewhere: an image, a git repository, a download, or what the client gives under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// An image.
    Image(ImageSource),
    /// A git repository.
    Git(Box<GitSource>),
    /// A download.
    Http(Box<HttpSource>),
    /// A named context.
    Context(ContextSource),
}

record! {
    "image source";
    /// An image under a name.
    pub struct ImageSource {
        /// The image.
        pub image: Template,
    }
}

record! {
    "git source";
    /// A git repository at a commit.
    pub struct GitSource {
        /// Its URL, as git takes it: `https://host/path.git`, `git@host:path.git`. Over ssh it needs the client's agent, `--ssh default`;
        /// BuildKit then takes any host key, so that `checksum` alone says whose files these are. Where a server wants to know who asks, it gets
        /// the client's secret `GIT_AUTH_TOKEN`, or the header `GIT_AUTH_HEADER`.
        pub git: Template,
        /// A branch, a tag or a commit. Default: the repository's default branch.
        pub r#ref: Option<Template>,
        /// The directory of the repository that becomes the root. Default: its root.
        pub subdir: Option<Template>,
        /// Whether `.git` comes along. Default: false.
        pub keep_git_dir: Option<Spanned<bool>>,
        /// The commit that the ref must be at; its first digits will do.
        pub checksum: Option<Template>,
        /// Whether submodules come along. Default: true.
        pub submodules: Option<Spanned<bool>>,
    }
}

record! {
    "http source";
    /// A file behind a URL.
    pub struct HttpSource {
        /// The URL. Its server gets the client's secret `HTTP_AUTH_TOKEN_HOST` as a token, or `HTTP_AUTH_HEADER_HOST` as the header `Authorization`,
        /// with the server's name for `HOST`, where the client has one (BuildKit 0.23).
        pub http: Template,
        /// The digest that the file must have: `sha256:…`. Default: any.
        pub checksum: Option<Template>,
        /// The name of the file. Default: the last part of the URL's path.
        pub filename: Option<Template>,
        /// Its permissions. Default: 0600.
        pub chmod: Option<Permissions>,
    }
}

record! {
    "context source";
    /// What the client gives with `--build-context NAME=…`: a directory, an image, a git repository, a download.
    pub struct ContextSource {
        /// The name.
        pub context: Text,
        /// Patterns of the files that are taken, as in an ignore file. Default: all. Not for an image.
        pub include: List<Template>,
        /// Patterns of files that are left out. Not for an image.
        pub exclude: List<Template>,
    }
}

/// The keys that tell the kinds of sources apart.
const KINDS: [&str; 4] = ["image", "git", "http", "context"];

/// How a source is written of which only the address is there.
fn in_full(address: &str) -> String {
    let repository = address.split('#').next().unwrap_or_default();
    let is_git = repository.strip_suffix(".git").is_some() || address.starts_with("git@");
    let kind = match address {
        _ if is_git => "git",
        _ if address.contains("://") => "http",
        _ if address.starts_with(['.', '/']) => {
            return format!(
                "write `{{context: NAME}}`, and have the client say where that is: `--build-context NAME={address}`"
            );
        }
        _ => "image",
    };
    format!("write `{{{kind}: {address}}}`")
}

impl Decode for Source {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let Value::Mapping(entries) = &node.value else {
            let help = match &node.value {
                Value::Scalar(scalar) if !node.is_missing() => in_full(&scalar.text),
                _ => "such as `{image: NAME}`, `{git: URL}`, `{http: URL}` or `{context: NAME}`".to_owned(),
            };
            wrong_kind_help(node, "a mapping that describes a source", help, faults);
            return None;
        };
        let found: Vec<_> =
            entries.iter().filter(|(key, _)| KINDS.contains(&key.as_str())).map(|(key, _)| key).collect();
        match found.as_slice() {
            [kind] => match kind.as_str() {
                "image" => ImageSource::decode(node, faults).map(Self::Image),
                "git" => GitSource::decode(node, faults).map(|source| Self::Git(Box::new(source))),
                "http" => HttpSource::decode(node, faults).map(|source| Self::Http(Box::new(source))),
                _ => ContextSource::decode(node, faults).map(Self::Context),
            },
            [first, second, ..] => {
                let message = format!(
                    "a source is one thing, but this one has `{}` and `{}`",
                    first.value, second.value
                );
                faults.push(Diagnostic::new(second.span, message).help("make it two sources"));
                None
            }
            [] => {
                let near = entries.iter().find_map(|(key, value)| match (key.as_str(), &value.value) {
                    ("url" | "uri" | "path" | "repo" | "repository", Value::Scalar(scalar)) => {
                        Some(in_full(&scalar.text))
                    }
                    _ => did_you_mean(key, KINDS),
                });
                let help = near.unwrap_or_else(|| format!("a source has one of {}", one_of(KINDS)));
                faults.push(Diagnostic::new(node.span, "this source does not say what it is").help(help));
                None
            }
        }
    }
}

impl Encode for Source {
    fn encode(&self) -> Node {
        match self {
            Self::Image(source) => source.encode(),
            Self::Git(source) => source.encode(),
            Self::Http(source) => source.encode(),
            Self::Context(source) => source.encode(),
        }
    }
}
