//! What a `run` step has mounted while it runs: caches, secrets, ssh agents, other files.

use crate::decode::text::{Template, Text};
use crate::decode::{
    Decode, Id, Permissions, Size, keywords, mapping, mount_in_full, record, scalar, wrong_kind_help,
};
use crate::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use crate::encode::{Encode, short, word};
use crate::node::{Node, Value};
use crate::span::{Span, Spanned};
use crate::tools::{TOOLS, Tool};

/// A cache that outlives the build: the name of a tool, a path, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheMount {
    /// The directories where a tool keeps what it downloads and builds.
    WellKnown(Text),
    /// A directory.
    Path(Template),
    /// A directory and how it is shared.
    Settings(Box<CacheSettings>),
}

record! {
    "cache mount";
    /// A directory that outlives the build.
    pub struct CacheSettings {
        /// The directory.
        pub target: Template,
        /// What tells this cache from others. Default: the target.
        pub id: Option<Template>,
        /// What builds that use it at the same time do. Default: `shared`.
        pub sharing: Option<Sharing>,
        /// A stage or image whose files the cache starts with. Default: it starts empty.
        pub from: Option<Template>,
        /// The directory of `from`. Default: its root.
        pub source: Option<Template>,
        /// Permissions of a new cache directory. Default: 0755.
        pub mode: Option<Permissions>,
        /// User that owns a new cache directory. Default: 0.
        pub uid: Option<Id>,
        /// Group that owns a new cache directory. Default: 0.
        pub gid: Option<Id>,
        /// Whether the step may only read what is there. Default: false.
        pub readonly: Option<Spanned<bool>>,
    }
}

impl CacheMount {
    /// The names of the tools whose caches are known.
    pub fn tools() -> impl Iterator<Item = &'static str> {
        TOOLS.iter().map(|tool| tool.name)
    }
}

impl Decode for CacheMount {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        if let Value::Mapping(_) = node.value {
            return CacheSettings::decode(node, faults).map(Box::new).map(Self::Settings);
        }
        let text = &scalar(node, "the name of a tool, a path or a mapping", faults)?.text;
        if text.starts_with(['/', '$', '.']) {
            return Template::decode(node, faults).map(Self::Path);
        }
        if Tool::named(text).is_some() {
            return Some(Self::WellKnown(Text::new(text.clone(), node.span)));
        }
        let help = tool_of(text)
            .map(|tool| format!("did you mean `{tool}`?"))
            .or_else(|| did_you_mean(text, Self::tools()))
            .unwrap_or_else(|| format!("known tools: {}; a path starts with `/`", one_of(Self::tools())));
        faults.push(Diagnostic::new(node.span, format!("no cache is known for `{text}`")).help(help));
        None
    }
}

/// The tool that has the cache which a language or another name of it stands for.
fn tool_of(word: &str) -> Option<&'static str> {
    Some(match word {
        "golang" | "go-build" | "go-mod" => "go",
        "node" | "nodejs" | "javascript" => "npm",
        "python" | "python3" | "pip3" => "pip",
        "rust" | "rustc" => "cargo",
        "mvn" | "java" => "maven",
        "apt-get" | "debian" | "ubuntu" => "apt",
        "alpine" => "apk",
        "yum" | "microdnf" | "fedora" => "dnf",
        "ruby" | "bundle" | "gem" => "bundler",
        "php" => "composer",
        "dotnet" => "nuget",
        _ => return None,
    })
}

impl Encode for CacheMount {
    fn encode(&self) -> Node {
        match self {
            Self::WellKnown(tool) => tool.encode(),
            Self::Path(path) => path.encode(),
            Self::Settings(settings) => settings.encode(),
        }
    }
}

/// What builds do that use one cache at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// All write to it.
    Shared,
    /// Each has its own.
    Private,
    /// One waits for the other.
    Locked,
}

keywords!(Sharing, "a way of sharing", { "shared" => Shared, "private" => Private, "locked" => Locked });

/// A secret in a step: its id, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretMount {
    /// The settings; only `id` where it was written in short.
    pub settings: SecretSettings,
}

record! {
    "secret of a step";
    /// Where a step finds a secret: a file, a variable, or both.
    pub struct SecretSettings {
        /// The secret's name in the spec's `secrets`.
        pub id: Text,
        /// The file. Default: `/run/secrets/ID`, unless `env` is given.
        pub target: Option<Template>,
        /// The environment variable that holds the value while the step runs.
        pub env: Option<Text>,
        /// Permissions of the file. Default: 0400.
        pub mode: Option<Permissions>,
        /// User that owns the file. Default: 0.
        pub uid: Option<Id>,
        /// Group that owns the file. Default: 0.
        pub gid: Option<Id>,
        /// Whether the step fails without it. Default: as declared in `secrets`.
        pub required: Option<Spanned<bool>>,
    }
}

impl Decode for SecretMount {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        let settings = match node.value {
            Value::Mapping(_) => SecretSettings::decode(node, faults)?,
            _ => SecretSettings {
                id: Text::decode(node, faults)?,
                target: None,
                env: None,
                mode: None,
                uid: None,
                gid: None,
                required: None,
                span: node.span,
            },
        };
        Some(Self { settings })
    }
}

impl Encode for SecretMount {
    fn encode(&self) -> Node {
        short(self.settings.encode(), "id")
    }
}

/// The client's ssh agent in a step: `true`, the agent's id, or a mapping.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SshMount {
    /// `false`: none, where a stage has one for its other steps.
    Off(Span),
    /// An agent.
    Agent(SshSettings),
}

record! {
    "ssh mount";
    /// Where a step finds an ssh agent.
    pub struct SshSettings {
        /// The agent's id as given with `--ssh`. Default: `default`.
        pub id: Option<Text>,
        /// The socket's path. Default: `/run/buildkit/ssh_agent.N`, and `SSH_AUTH_SOCK` names it.
        pub target: Option<Template>,
        /// Permissions of the socket. Default: 0600.
        pub mode: Option<Permissions>,
        /// User that owns the socket. Default: 0.
        pub uid: Option<Id>,
        /// Group that owns the socket. Default: 0.
        pub gid: Option<Id>,
        /// Whether the step fails without it. Default: true.
        pub required: Option<Spanned<bool>>,
    }
}

impl Decode for SshMount {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        if let Value::Mapping(_) = node.value {
            return SshSettings::decode(node, faults).map(Self::Agent);
        }
        let text = &scalar(node, "`true`, the id of an agent or a mapping", faults)?.text;
        let id = match text.as_str() {
            "false" => return Some(Self::Off(node.span)),
            "true" => None,
            id => Some(Text::new(id.to_owned(), node.span)),
        };
        let span = node.span;
        Some(Self::Agent(SshSettings {
            id,
            target: None,
            mode: None,
            uid: None,
            gid: None,
            required: None,
            span,
        }))
    }
}

impl Encode for SshMount {
    fn encode(&self) -> Node {
        match self {
            Self::Off(_) => word(&false),
            Self::Agent(settings) => match settings.encode() {
                // Of these two ids, the short form means something else.
                long if settings.id.as_ref().is_some_and(|id| matches!(id.as_str(), "true" | "false")) => {
                    long
                }
                Node { value: Value::Mapping(entries), .. } if entries.is_empty() => word(&true),
                long => short(long, "id"),
            },
        }
    }
}

/// Files that a step sees while it runs, and that are not in the image afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// Files of the build context, a stage or an image.
    Bind(BindMount),
    /// An empty directory in memory.
    Tmpfs(TmpfsMount),
    /// A file that stands in the spec.
    File(FileMount),
}

record! {
    "bind mount";
    /// Files of the build context, a stage or an image.
    pub struct BindMount {
        /// `bind`.
        pub r#type: Text,
        /// A stage or an image. Default: the build context.
        pub from: Option<Template>,
        /// The path in `from`. Default: its root.
        pub source: Option<Template>,
        /// Where the step sees it.
        pub target: Template,
        /// Whether the step may write there; what it writes is thrown away. Default: false.
        pub readwrite: Option<Spanned<bool>>,
    }
}

record! {
    "tmpfs mount";
    /// An empty directory in memory.
    pub struct TmpfsMount {
        /// `tmpfs`.
        pub r#type: Text,
        /// Where the step sees it.
        pub target: Template,
        /// The most that it may hold. Default: no limit of its own.
        pub size: Option<Size>,
    }
}

record! {
    "file mount";
    /// A file that stands in the spec. It is seen in the place of one that the image has there.
    pub struct FileMount {
        /// `file`.
        pub r#type: Text,
        /// Where the step sees it.
        pub target: Template,
        /// What it holds. Variables are expanded; `$$` is a dollar.
        pub content: Template,
        /// Permissions. Default: 0644.
        pub mode: Option<Permissions>,
    }
}

impl Mount {
    /// Where the step sees it.
    pub fn target(&self) -> &Template {
        match self {
            Self::Bind(bind) => &bind.target,
            Self::Tmpfs(tmpfs) => &tmpfs.target,
            Self::File(file) => &file.target,
        }
    }
}

impl Decode for Mount {
    fn decode(node: &Node, faults: &mut Faults) -> Option<Self> {
        const KINDS: &str = "`bind`, `tmpfs` or `file`";
        if let Value::Scalar(scalar) = &node.value
            && let Some(help) = mount_in_full(&scalar.text)
        {
            wrong_kind_help(node, "a mapping with a `type`", help, faults);
            return None;
        }
        let entries = mapping(node, "a mapping with a `type`", faults)?;
        let Some((_, kind)) = entries.iter().find(|(key, _)| key.as_str() == "type") else {
            faults.push(
                Diagnostic::new(node.span, "a mount needs the key `type`")
                    .help(format!("known types: {KINDS}")),
            );
            return None;
        };
        let text = &scalar(kind, KINDS, faults)?.text;
        match text.as_str() {
            "bind" => BindMount::decode(node, faults).map(Self::Bind),
            "tmpfs" => TmpfsMount::decode(node, faults).map(Self::Tmpfs),
            "file" => FileMount::decode(node, faults).map(Self::File),
            other => {
                let elsewhere = match other {
                    "cache" => Some("use the step's `cache` key"),
                    "secret" => Some("use the step's `secrets` key"),
                    "ssh" => Some("use the step's `ssh` key"),
                    _ => None,
                };
                let help = elsewhere.map_or_else(|| format!("known types: {KINDS}"), str::to_owned);
                faults
                    .push(Diagnostic::new(kind.span, format!("`{other}` is not a type of mount")).help(help));
                None
            }
        }
    }
}

impl Encode for Mount {
    fn encode(&self) -> Node {
        match self {
            Self::Bind(bind) => bind.encode(),
            Self::Tmpfs(tmpfs) => tmpfs.encode(),
            Self::File(file) => file.encode(),
        }
    }
}
