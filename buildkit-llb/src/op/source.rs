//! Sources: where files come into a build.

use std::collections::BTreeMap;

use buildkit_proto::pb;

use crate::caps;

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

    pub(crate) fn to_pb(&self) -> (pb::SourceOp, Vec<&'static str>) {
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

/// Attributes under construction. An empty value is as good as none, and the daemon's encoder writes it differently from
/// ours: it is left out.
struct Attrs {
    identifier: String,
    values: BTreeMap<String, String>,
    caps: Vec<&'static str>,
}

impl Attrs {
    fn new(identifier: String, cap: &'static str) -> Self {
        Self { identifier, values: BTreeMap::new(), caps: vec![cap] }
    }

    fn set(&mut self, key: &str, value: Option<impl Into<String>>) -> bool {
        let value = value.map(Into::into).filter(|value: &String| !value.is_empty());
        let is_set = value.is_some();
        self.values.extend(value.map(|value| (key.to_owned(), value)));
        is_set
    }

    /// Sets an attribute that needs a capability of its own.
    fn set_with(&mut self, cap: &'static str, key: &str, value: Option<impl Into<String>>) {
        if self.set(key, value) {
            self.caps.push(cap);
        }
    }

    fn set_list(&mut self, key: &str, list: &[String]) {
        self.set(key, (!list.is_empty()).then(|| serde_json::Value::from(list).to_string()));
    }

    fn finish(self) -> (pb::SourceOp, Vec<&'static str>) {
        (pb::SourceOp { identifier: self.identifier, attrs: self.values }, self.caps)
    }
}

fn flag(value: bool) -> Option<&'static str> {
    value.then_some("true")
}

/// Where an image is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResolveMode {
    /// As the daemon is set up.
    Default,
    /// In the registry, even when the daemon has the image.
    ForcePull,
    /// In the daemon's own store first.
    PreferLocal,
}

/// `docker-image://`: an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSource {
    /// The reference in normal form: `docker.io/library/alpine:3.20@sha256:…`.
    pub reference: String,
    /// Where it is looked up. Default: as the daemon is set up.
    pub resolve_mode: Option<ResolveMode>,
    /// Only so many of the lowest layers. Default: all.
    pub layer_limit: Option<u32>,
    /// The digest that the reference must have. Default: any.
    pub checksum: Option<String>,
}

impl ImageSource {
    /// An image by its reference.
    pub fn new(reference: impl Into<String>) -> Self {
        Self { reference: reference.into(), resolve_mode: None, layer_limit: None, checksum: None }
    }

    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("docker-image://{}", self.reference), caps::SOURCE_IMAGE);
        let mode = self.resolve_mode.map(|mode| match mode {
            ResolveMode::Default => "default",
            ResolveMode::ForcePull => "pull",
            ResolveMode::PreferLocal => "local",
        });
        attrs.set_with(caps::SOURCE_IMAGE_RESOLVE_MODE, "image.resolvemode", mode);
        let limit = self.layer_limit.map(|limit| limit.to_string());
        attrs.set_with(caps::SOURCE_IMAGE_LAYER_LIMIT, "image.layerlimit", limit);
        attrs.set_with(caps::SOURCE_IMAGE_CHECKSUM, "image.checksum", self.checksum.clone());
        attrs
    }
}

/// What tells the daemon that a file has changed since it last got it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differ {
    /// Nothing: all is sent again.
    None,
    /// The metadata: size, time, mode.
    Metadata,
}

/// `local://`: files of the client, by the name that the client gave a folder.
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
    /// Patterns of what is not sent.
    pub exclude_patterns: Vec<String>,
    /// The name under which the daemon keeps what it got. Sources with other filters need other names.
    pub shared_key_hint: Option<String>,
    /// What counts as a change. Default: the metadata. Daemons before 0.9 do not know it, which does no harm.
    pub differ: Option<Differ>,
    /// Names and metadata are sent, but no contents.
    pub metadata_transfer: bool,
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
            metadata_transfer: false,
        }
    }

    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("local://{}", self.name), caps::SOURCE_LOCAL);
        attrs.set("local.session", self.session.clone());
        attrs.set("local.unique", self.unique.clone());
        attrs.set_list("local.includepattern", &self.include_patterns);
        attrs.set_list("local.followpaths", &self.follow_paths);
        attrs.set_list("local.excludepatterns", &self.exclude_patterns);
        attrs.set("local.sharedkeyhint", self.shared_key_hint.clone());
        let differ = self.differ.map(|differ| match differ {
            Differ::None => "none",
            Differ::Metadata => "metadata",
        });
        attrs.set("local.differ", differ);
        attrs.set_with(
            caps::SOURCE_LOCAL_METADATA_TRANSFER,
            "local.metadatatransfer",
            flag(self.metadata_transfer),
        );
        attrs
    }
}

/// `git://`: a repository at a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitSource {
    /// The URL as git takes it: `https://github.com/moby/buildkit.git`, `git@github.com:moby/buildkit.git`.
    pub url: String,
    /// A branch, a tag, a commit. Default: the repository's default branch.
    pub reference: Option<String>,
    /// The directory of the repository that becomes the root. Default: its root.
    pub subdir: Option<String>,
    /// Whether `.git` comes along.
    pub keep_git_dir: bool,
    /// The commit that the ref must be at; the first digits of it will do.
    pub checksum: Option<String>,
    /// Whether submodules are left out.
    pub skip_submodules: bool,
    /// Whether files get the time of the commit instead of that of the checkout.
    pub commit_time: bool,
    /// Id of the secret that holds a token. Default: `GIT_AUTH_TOKEN`.
    pub auth_token_secret: Option<String>,
    /// Id of the secret that holds an authorization header. Default: `GIT_AUTH_HEADER`.
    pub auth_header_secret: Option<String>,
    /// Host keys for ssh, as in a `known_hosts` file.
    pub known_ssh_hosts: Option<String>,
    /// Id of the client's ssh agent.
    pub ssh_socket: Option<String>,
}

impl GitSource {
    /// A repository by its URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    /// `git://HOST/PATH#REF:SUBDIR`, without user and protocol.
    fn identifier(&self) -> String {
        let rest = self.url.split_once("://").map_or(self.url.as_str(), |(_, rest)| rest);
        let rest = match rest.split_once('@') {
            Some((user, rest)) if !user.contains('/') => rest,
            _ => rest,
        };
        let path = if self.url.contains("://") { rest.to_owned() } else { rest.replacen(':', "/", 1) };
        let reference = self.reference.as_deref().unwrap_or_default();
        match &self.subdir {
            Some(subdir) => format!("git://{path}#{reference}:{subdir}"),
            None if reference.is_empty() => format!("git://{path}"),
            None => format!("git://{path}#{reference}"),
        }
    }

    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(self.identifier(), caps::SOURCE_GIT);
        attrs.set("git.fullurl", Some(self.url.clone()));
        attrs.set("git.keepgitdir", flag(self.keep_git_dir));
        if self.subdir.is_some() {
            attrs.caps.push(caps::SOURCE_GIT_SUBDIR);
        }
        attrs.set_with(caps::SOURCE_GIT_CHECKSUM, "git.checksum", self.checksum.clone());
        attrs.set_with(caps::SOURCE_GIT_SKIP_SUBMODULES, "git.skipsubmodules", flag(self.skip_submodules));
        attrs.set_with(caps::SOURCE_GIT_MTIME, "git.mtime", self.commit_time.then_some("commit"));
        attrs.set_with(caps::SOURCE_GIT_HTTP_AUTH, "git.authtokensecret", self.auth_token_secret.clone());
        attrs.set_with(caps::SOURCE_GIT_HTTP_AUTH, "git.authheadersecret", self.auth_header_secret.clone());
        attrs.set_with(caps::SOURCE_GIT_KNOWN_HOSTS, "git.knownsshhosts", self.known_ssh_hosts.clone());
        attrs.set_with(caps::SOURCE_GIT_SSH_SOCKET, "git.mountsshsock", self.ssh_socket.clone());
        attrs
    }
}

/// `http://` and `https://`: one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpSource {
    /// The URL.
    pub url: String,
    /// The digest of the content: `sha256:…`. Default: any content.
    pub checksum: Option<String>,
    /// The name of the file. Default: that of the answer or the URL.
    pub filename: Option<String>,
    /// Permissions of the file. Default: 0600.
    pub permissions: Option<u32>,
    /// User and group that own the file. Default: 0 and 0.
    pub owner: Option<(u32, u32)>,
    /// Id of the secret that holds an authorization header.
    pub auth_header_secret: Option<String>,
    /// The `Accept` header.
    pub accept: Option<String>,
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
}

impl HttpSource {
    /// A file by its URL.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }

    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(self.url.clone(), caps::SOURCE_HTTP);
        attrs.set("http.checksum", self.checksum.clone());
        attrs.set("http.filename", self.filename.clone());
        attrs.set("http.perm", self.permissions.map(|bits| format!("0{bits:o}")));
        attrs.set("http.uid", self.owner.map(|(user, _)| user.to_string()));
        attrs.set("http.gid", self.owner.map(|(_, group)| group.to_string()));
        attrs.set_with(caps::SOURCE_HTTP_AUTH, "http.authheadersecret", self.auth_header_secret.clone());
        attrs.set_with(caps::SOURCE_HTTP_HEADER, "http.header.accept", self.accept.clone());
        attrs.set_with(caps::SOURCE_HTTP_HEADER, "http.header.user-agent", self.user_agent.clone());
        attrs
    }
}

/// `oci-layout://`: an image of a layout that the client has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OciLayoutSource {
    /// The name that is shown, and the digest: `name@sha256:…`.
    pub reference: String,
    /// The client's session.
    pub session: Option<String>,
    /// The name that the client gave the layout.
    pub store: String,
    /// Only so many of the lowest layers. Default: all.
    pub layer_limit: Option<u32>,
}

impl OciLayoutSource {
    fn attrs(&self) -> Attrs {
        let mut attrs = Attrs::new(format!("oci-layout://{}", self.reference), caps::SOURCE_OCI_LAYOUT);
        attrs.set("oci.session", self.session.clone());
        attrs.set("oci.store", Some(self.store.clone()));
        attrs.set("oci.layerlimit", self.layer_limit.map(|limit| limit.to_string()));
        attrs
    }
}
