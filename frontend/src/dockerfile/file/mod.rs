//! A whole Dockerfile: its instructions with their places, and its comments.
//!
//! It is read as `BuildKit`'s parser reads it, but goes on after a fault, so that all of them are told.

mod arguments;
mod directives;
mod documents;
mod flags;
mod lines;
mod mounts;
mod process;
mod read;
#[cfg(test)]
mod tests;
mod triggers;

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

pub use directives::Directive;
pub use documents::HereDocument;
pub use lines::Comment;
pub(crate) use mounts::STAGE_FOR_IMAGE;

/// A Dockerfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dockerfile {
    /// The character that continues lines and takes the meaning from the next one.
    pub escape: char,
    /// What its first comments say to its reader.
    pub directives: Vec<Directive>,
    /// Its instructions.
    pub statements: Vec<Statement>,
    /// Comments below the last instruction.
    pub rest: Vec<Comment>,
}

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// All of its lines.
    pub span: Span,
    /// Its first word.
    pub keyword: Text,
    /// Comments above it.
    pub comments: Vec<Comment>,
    /// Comments between its lines.
    pub inside: Vec<Comment>,
    /// What it says.
    pub body: Body,
    /// What is wrong with it where it is built: no fault in a stage that nothing needs, as Docker looks no further there.
    pub broken: Vec<Diagnostic>,
}

/// What an instruction says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// `FROM`
    From(From),
    /// `ARG`: names, with a default or without.
    Arg(Vec<(Text, Option<Text>)>),
    /// `ENV`
    Env(Vec<(Text, Text)>),
    /// `LABEL`
    Label(Vec<(Text, Text)>),
    /// `RUN`
    Run(Run),
    /// `COPY`
    Copy(Transfer),
    /// `ADD`
    Add(Transfer),
    /// `WORKDIR`
    Workdir(Text),
    /// `USER`
    User(Text),
    /// `EXPOSE`
    Expose(Vec<Text>),
    /// `VOLUME`
    Volume(Vec<Text>),
    /// `CMD`
    Cmd(Command),
    /// `ENTRYPOINT`
    Entrypoint(Command),
    /// `HEALTHCHECK`; `None` for `NONE`.
    Healthcheck(Option<Check>),
    /// `STOPSIGNAL`
    StopSignal(Text),
    /// `SHELL`
    Shell(Vec<Text>),
    /// `ONBUILD`
    Onbuild(Onbuild),
    /// `MAINTAINER`
    Maintainer(Text),
}

/// `FROM`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct From {
    /// The image or stage.
    pub base: Text,
    /// The name behind `AS`, in lower case.
    pub name: Option<Text>,
    /// `--platform`.
    pub platform: Option<Text>,
}

/// A flag of an instruction: `--name` or `--name=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// Its name without dashes.
    pub name: &'static str,
    /// Its value; `true` for a switch without one.
    pub value: Text,
    /// Where it stands.
    pub span: Span,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A text for the shell.
    Shell(Script),
    /// A list that is run as it is.
    Exec(Vec<Text>, Span),
}

/// A text for the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// It, as one line.
    pub text: Text,
    /// Where in it lines were joined.
    pub joints: Vec<usize>,
}

/// `RUN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// What is run.
    pub command: Command,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// Its here-documents.
    pub documents: Vec<HereDocument>,
}

/// `ONBUILD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Onbuild {
    /// The instruction that it holds back.
    pub text: Text,
    /// What is wrong with that: no fault here, as it is read where it is run.
    pub broken: Option<Diagnostic>,
}

/// `COPY` or `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// What is copied.
    pub sources: Vec<Text>,
    /// Files that stand in the instruction.
    pub documents: Vec<HereDocument>,
    /// Where to.
    pub dest: Text,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// `HEALTHCHECK CMD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The command.
    pub command: Command,
    /// Its flags.
    pub flags: Vec<Flag>,
}

/// The value of a flag; one that says nothing is as if it were not there.
pub fn flag<'f>(flags: &'f [Flag], name: &str) -> Option<&'f Text> {
    flags.iter().find(|flag| flag.name == name && !flag.value.is_empty()).map(|flag| &flag.value)
}

/// Whether a switch is on.
pub fn switch(flags: &[Flag], name: &str) -> Option<bool> {
    flag(flags, name).map(|value| value.value == "true")
}

impl Dockerfile {
    /// Reads a Dockerfile; what is wrong with it is a fault, and the rest is read all the same.
    pub fn parse(text: &str, faults: &mut Faults) -> Self {
        read::read(text, faults)
    }

    /// The instructions of each stage, from its `FROM` on.
    pub fn stages(&self) -> Vec<&[Statement]> {
        let is_from = |statement: &Statement| matches!(statement.body, Body::From(_));
        let first = self.statements.iter().position(is_from).unwrap_or(self.statements.len());
        let of_stages = self.statements.get(first..).unwrap_or_default();
        of_stages.chunk_by(|_, next| !is_from(next)).collect()
    }

    /// Whether a stage is called so, and not only counted.
    pub fn names_stage(&self, name: &str) -> bool {
        self.statements.iter().any(|statement| match &statement.body {
            Body::From(From { name: Some(written), .. }) => written.as_str() == name,
            _ => false,
        })
    }
}

/// What is wrong with a `RUN --mount` that has no variables left.
pub fn check_mount(flag: &Text, faults: &mut Faults) {
    let mut broken = Faults::new();
    mounts::check(flag, faults, &mut broken);
    faults.append(broken);
}

/// Whether a command is nothing but a here-document.
pub fn is_document(command: &str) -> bool {
    documents::of_word(command).is_some()
}
