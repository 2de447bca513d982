//! Instructions of Dockerfiles, as far as images and specs carry them along: triggers (`ONBUILD`).
//!
//! [`mod@file`] reads whole Dockerfiles, and what a trigger holds too. Texts are as written: variables and quotes in them are for [`words`], once it
//! is known what the variables stand for.

pub mod file;
mod parse;
pub mod values;
pub mod words;

pub use parse::{joined, parse};
use values::fields;

/// One instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instruction {
    /// `RUN`
    Run(Run),
    /// `COPY`
    Copy(Transfer),
    /// `ADD`
    Add(Transfer),
    /// `ENV`: names and values.
    Env(Vec<(String, String)>),
    /// `ARG`: names, with a default or without.
    Arg(Vec<(String, Option<String>)>),
    /// `WORKDIR`
    Workdir(String),
    /// `USER`
    User(String),
    /// `LABEL`: names and values.
    Label(Vec<(String, String)>),
    /// `EXPOSE`
    Expose(Vec<String>),
    /// `VOLUME`
    Volume(Vec<String>),
    /// `CMD`
    Cmd(Command),
    /// `ENTRYPOINT`
    Entrypoint(Command),
    /// `HEALTHCHECK`; `None` for `NONE`.
    Healthcheck(Option<Check>),
    /// `STOPSIGNAL`
    StopSignal(String),
    /// `SHELL`
    Shell(Vec<String>),
}

/// A command: a text for the shell, or a list that is run as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A text for the shell.
    Shell(String),
    /// Program and arguments.
    Exec(Vec<String>),
}

/// `--name`, or `--name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// The value.
    pub value: Option<String>,
}

/// A `RUN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What is run.
    pub command: Command,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// A `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// What is copied.
    pub sources: Vec<String>,
    /// Files whose content stands in the instruction.
    pub files: Vec<InlineFile>,
    /// Where to.
    pub dest: String,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// A file whose content stands in an instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineFile {
    /// Its name, where a directory is the destination.
    pub name: String,
    /// What it holds.
    pub content: String,
    /// Whether variables in it are replaced.
    pub expand: bool,
}

/// A health check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command.
    pub command: Command,
    /// Its flags.
    pub flags: Vec<Flag>,
}

impl Instruction {
    /// The names of stages and images whose files it uses.
    pub fn sources(&self) -> Vec<String> {
        let flags = match self {
            Self::Run(run) => &run.flags,
            Self::Copy(transfer) => &transfer.flags,
            _ => return Vec::new(),
        };
        let names = flags.iter().filter_map(|flag| match (flag.name.as_str(), &flag.value) {
            ("from", Some(value)) => Some(value.clone()),
            ("mount", Some(value)) => fields(value).into_iter().find(|(name, _)| name == "from")?.1,
            _ => None,
        });
        names.collect()
    }

    /// Whether it declares a build arg of that name.
    pub fn declares(&self, name: &str) -> bool {
        matches!(self, Self::Arg(args) if args.iter().any(|(arg, _)| arg == name))
    }

    /// Whether it reads the build context.
    pub fn reads_context(&self) -> bool {
        match self {
            Self::Add(transfer) => !transfer.sources.is_empty(),
            Self::Copy(transfer) => {
                !transfer.sources.is_empty() && !transfer.flags.iter().any(|flag| flag.name == "from")
            }
            Self::Run(run) => run.flags.iter().filter(|flag| flag.name == "mount").any(|flag| {
                let fields = fields(flag.value.as_deref().unwrap_or_default());
                let of = |name: &str| fields.iter().find(|(field, _)| field == name);
                let kind = of("type").and_then(|(_, kind)| kind.as_deref());
                matches!(kind, None | Some("bind")) && of("from").is_none()
            }),
            _ => false,
        }
    }
}
