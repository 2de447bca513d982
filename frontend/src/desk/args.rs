//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use buildkit_llb::Platform;
use lexopt::{Arg, Parser};
use spec_schema::diagnostic::{did_you_mean, one_of};

use crate::graph;

/// What `--help` shows.
pub(super) const HELP: &str = include_str!("help.txt");

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// How the program is used.
    Help,
    /// Which program this is.
    Version,
    /// The JSON Schema.
    Schema,
    /// Something about a spec.
    Question(Box<Question>),
    /// What images in files are made of.
    Report(Box<Images>),
}

/// Images in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Images {
    /// The one that is told of.
    pub(super) image: PathBuf,
    /// The one that it is compared with.
    pub(super) before: Option<PathBuf>,
    pub(super) platform: Option<Platform>,
    pub(super) form: Form,
}

/// How a report is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Html,
}

/// Something that is asked about a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) command: Command,
    pub(super) format: Format,
    /// The spec; `-` is stdin.
    pub(super) spec: PathBuf,
    /// The build context.
    pub(super) context: PathBuf,
    /// What the client would pass on, `key=value`.
    pub(super) options: Vec<String>,
}

/// What is to be told of a spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    Check,
    Expand,
    Explain,
    Graph,
    Convert,
    Audit,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Text,
    Json,
    Sarif,
    Drawn(graph::Format),
}

/// What is said to who starts the program as the daemon does.
const NO_COMMAND: &str = "BuildKit runs this program where a spec names its image in the first line: `docker buildx build -f build.yaml .`\n\
    by hand it takes a command: `optfrontend check build.yaml` tells what is wrong with a spec";

/// The names of all commands.
const COMMANDS: [&str; 8] = ["check", "expand", "explain", "graph", "convert", "audit", "report", "schema"];

/// The names of all options.
const OPTIONS: [&str; 8] =
    ["context", "target", "build-arg", "build-context", "platform", "format", "help", "version"];

/// Reads a command line; the error says what is wrong with it.
pub(super) fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Asked, String> {
    let mut parser = Parser::from_args(words);
    let command = match next(&mut parser)? {
        None => return Err(NO_COMMAND.to_owned()),
        Some(Word::Value(word)) => word.to_string_lossy().into_owned(),
        Some(Word::Option(option)) if is_help(&option) => return Ok(Asked::Help),
        Some(Word::Option(option)) if is_version(&option) => return Ok(Asked::Version),
        Some(Word::Option(option)) => return Err(format!("a command comes first, before `{option}`")),
    };
    let (command, format) = match command.as_str() {
        "check" => (Command::Check, Format::Text),
        "expand" => (Command::Expand, Format::Text),
        "explain" => (Command::Explain, Format::Text),
        "graph" => (Command::Graph, Format::Drawn(graph::Format::Mermaid)),
        "convert" => (Command::Convert, Format::Text),
        "audit" => (Command::Audit, Format::Text),
        "report" => return report(&mut parser),
        "schema" => return schema(&mut parser),
        "help" => return Ok(Asked::Help),
        online @ ("lock" | "outdated") => return Err(needs_registry(online)),
        "build" => return Err("specs are built by Docker: `docker buildx build -f build.yaml .`".to_owned()),
        other => return Err(unknown("command", other, &COMMANDS)),
    };
    question(&mut parser, command, format)
}

/// What is said where only a daemon can look things up.
fn needs_registry(command: &str) -> String {
    let redirect = if command == "lock" { " > build.yaml.lock" } else { "" };
    format!(
        "`{command}` asks registries and servers, which this program does not: \
         `docker buildx build --call={command} -f build.yaml .{redirect}`"
    )
}

/// The rest of a command that has none.
fn schema(parser: &mut Parser) -> Result<Asked, String> {
    match next(parser)? {
        None => Ok(Asked::Schema),
        Some(Word::Option(option)) if is_help(&option) => Ok(Asked::Help),
        Some(Word::Option(option)) => Err(format!("`schema` has no option `{option}`")),
        Some(Word::Value(_)) => Err("`schema` takes no file: there is one schema for all specs".to_owned()),
    }
}

/// The rest of a command about images.
fn report(parser: &mut Parser) -> Result<Asked, String> {
    const FORMS: [(&str, Form); 3] = [("text", Form::Text), ("json", Form::Json), ("html", Form::Html)];
    let (mut files, mut platform, mut form) = (Vec::new(), None, Form::Text);
    while let Some(word) = next(parser)? {
        let option = match word {
            Word::Option(option) if is_help(&option) => return Ok(Asked::Help),
            Word::Option(option) if is_version(&option) => return Ok(Asked::Version),
            Word::Option(option) => option,
            Word::Value(file) => {
                files.push(PathBuf::from(file));
                continue;
            }
        };
        let mut value = || text(&option, parser.value().map_err(|_| format!("`{option}` needs a value"))?);
        match option.as_str() {
            "--platform" => {
                let value = value()?;
                let read = Platform::parse(&value);
                platform = Some(read.map_err(|error| format!("`{value}` is not a platform: {error}"))?);
            }
            "--format" => {
                let value = value()?;
                let found = FORMS.iter().find(|(name, _)| *name == value);
                form = found
                    .map(|(_, form)| *form)
                    .ok_or_else(|| no_format(&value, FORMS.iter().map(|it| it.0)))?;
            }
            other => {
                return Err(unknown("option", other, &["--platform", "--format"]));
            }
        }
    }
    let mut files = files.into_iter();
    let (image, before) = match (files.next(), files.next(), files.next()) {
        (None, ..) => {
            return Err("the image is missing: name an archive of `docker save`, or an OCI layout".to_owned());
        }
        (Some(image), None, _) => (image, None),
        (Some(before), Some(image), None) => (image, Some(before)),
        (.., Some(third)) => {
            return Err(format!("two images are compared: `{}` is too many", third.display()));
        }
    };
    Ok(Asked::Report(Box::new(Images { image, before, platform, form })))
}

/// What is said of a format that there is not.
fn no_format<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    format!("`{name}` is no format of this command: {}", one_of(known))
}

/// The rest of a command about a spec.
fn question(parser: &mut Parser, command: Command, format: Format) -> Result<Asked, String> {
    let (mut spec, mut context, mut options) = (None, PathBuf::from("."), Vec::new());
    let mut question =
        Question { command, format, spec: PathBuf::new(), context: PathBuf::new(), options: Vec::new() };
    while let Some(word) = next(parser)? {
        let option = match word {
            Word::Option(option) if is_help(&option) => return Ok(Asked::Help),
            Word::Option(option) if is_version(&option) => return Ok(Asked::Version),
            Word::Option(option) => option,
            Word::Value(file) if spec.is_none() => {
                spec = Some(PathBuf::from(file));
                continue;
            }
            Word::Value(second) => {
                let second = second.to_string_lossy();
                return Err(format!(
                    "one spec at a time: `{second}` is too many; the build context is named by `--context`"
                ));
            }
        };
        let mut value = || parser.value().map_err(|_| format!("`{option}` needs a value"));
        match option.as_str() {
            "--context" => context = value()?.into(),
            "--target" => options.push(format!("target={}", text(&option, value()?)?)),
            "--platform" => options.push(format!("platform={}", text(&option, value()?)?)),
            "--build-arg" => options.extend(build_arg(&text(&option, value()?)?)),
            "--build-context" => options.push(build_context(&text(&option, value()?)?)?),
            "--format" => question.format = command.format(&text(&option, value()?)?)?,
            "-f" | "--file" => return Err("the file stands by itself, without `-f`".to_owned()),
            other => return Err(unknown("option", other, &OPTIONS.map(|option| format!("--{option}")))),
        }
    }
    let Some(spec) = spec else {
        let is_dockerfile = matches!(command, Command::Convert | Command::Audit);
        let what = if is_dockerfile { "Dockerfile" } else { "spec" };
        return Err(format!("the {what} is missing: name its file, or `-` for stdin"));
    };
    Ok(Asked::Question(Box::new(Question { spec, context, options, ..question })))
}

/// A word of the command line.
enum Word {
    /// With its dashes.
    Option(String),
    Value(OsString),
}

fn next(parser: &mut Parser) -> Result<Option<Word>, String> {
    Ok(match parser.next().map_err(|error| error.to_string())? {
        None => None,
        Some(Arg::Short(letter)) => Some(Word::Option(format!("-{letter}"))),
        Some(Arg::Long(name)) => Some(Word::Option(format!("--{name}"))),
        Some(Arg::Value(value)) => Some(Word::Value(value)),
    })
}

fn is_help(option: &str) -> bool {
    matches!(option, "-h" | "--help")
}

fn is_version(option: &str) -> bool {
    matches!(option, "-V" | "--version")
}

fn text(option: &str, value: OsString) -> Result<String, String> {
    value.into_string().map_err(|_| format!("the value of `{option}` is not UTF-8"))
}

/// A build arg without a value has that of the environment, and is not there where that has none: so it is with every client.
fn build_arg(text: &str) -> Option<String> {
    if text.contains('=') {
        return Some(format!("build-arg:{text}"));
    }
    std::env::var(text).ok().map(|value| format!("build-arg:{text}={value}"))
}

/// A named context as clients pass it on: a folder is a source of the session.
fn build_context(text: &str) -> Result<String, String> {
    let Some((name, value)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        return Err(format!("`{text}` is no build context: write `NAME=FOLDER`, or a URL behind the `=`"));
    };
    let value = if value.contains("://") || value.starts_with("git@") {
        value.to_owned()
    } else {
        format!("local:{name}")
    };
    Ok(format!("context:{name}={value}"))
}

fn unknown(what: &str, written: &str, known: &[impl AsRef<str>]) -> String {
    let help = did_you_mean(written, known.iter().map(AsRef::as_ref)).map(|help| format!("; {help}"));
    format!("there is no {what} `{written}`{}", help.unwrap_or_default())
}

impl Command {
    /// A format by its name.
    fn format(self, name: &str) -> Result<Format, String> {
        let formats: &[(&str, Format)] = match self {
            Self::Check | Self::Audit => {
                &[("text", Format::Text), ("json", Format::Json), ("sarif", Format::Sarif)]
            }
            Self::Expand | Self::Explain | Self::Convert => &[("text", Format::Text), ("json", Format::Json)],
            Self::Graph => &[
                ("mermaid", Format::Drawn(graph::Format::Mermaid)),
                ("dot", Format::Drawn(graph::Format::Dot)),
                ("svg", Format::Drawn(graph::Format::Svg)),
                ("json", Format::Json),
            ],
        };
        let found = formats.iter().find(|(known, _)| *known == name).map(|(_, format)| *format);
        found.ok_or_else(|| no_format(name, formats.iter().map(|(known, _)| *known)))
    }
}
