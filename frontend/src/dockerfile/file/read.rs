//! From lines to instructions.

use spec_schema::decode::Duration;
use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean};
use spec_schema::span::{FileId, Span};

use super::arguments::Part;
use super::lines::{Line, lines, position};
use super::{
    Body, Check, Command, Dockerfile, Flag, From, HereDocument, Run, Script, Statement, Transfer, documents,
    flags, mounts, process, triggers,
};

/// All instructions.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

pub(super) fn read(text: &str, faults: &mut Faults) -> Dockerfile {
    let lines = lines(text, faults);
    let escape = lines.directives.escape();
    let statements: Vec<Statement> =
        lines.instructions.into_iter().filter_map(|line| statement(line, escape, faults)).collect();
    check_order(&statements, text, faults);
    Dockerfile { escape, directives: lines.directives.found, statements, rest: lines.rest }
}

/// Nothing but `ARG` comes before the first `FROM`.
fn check_order(statements: &[Statement], text: &str, faults: &mut Faults) {
    let first = statements.iter().find(|statement| !matches!(statement.body, Body::Arg(_)));
    match first {
        Some(statement) if matches!(statement.body, Body::From(_)) => {}
        Some(statement) => {
            let message = format!("`{}` stands before the first `FROM`", statement.keyword.to_uppercase());
            let fault = Diagnostic::new(statement.keyword.span, message);
            faults.push(fault.help("a stage starts with `FROM`; only `ARG` may stand above the first one"));
        }
        // What could not be read is told already.
        None if !faults.is_empty() => {}
        None => {
            let end = position(text.len());
            let span = Span { file: FileId(0), start: 0, end: end.min(1) };
            let what = if statements.is_empty() { "no instruction" } else { "no `FROM`" };
            let fault = Diagnostic::new(span, format!("there is {what} in this Dockerfile"));
            faults.push(fault.help("a Dockerfile has at least a line such as `FROM debian:12-slim`"));
        }
    }
}

pub(super) fn statement(line: Line, escape: char, faults: &mut Faults) -> Option<Statement> {
    let (keyword, arguments) = Part::whole(&line).split_first();
    let name = keyword.str().to_ascii_uppercase();
    let keyword = keyword.text();
    if !KEYWORDS.contains(&name.as_str()) {
        let fault = Diagnostic::new(keyword.span, format!("there is no instruction `{}`", keyword.value));
        let help = did_you_mean(&name, KEYWORDS).unwrap_or_else(|| {
            "a line that goes on with the one above it needs a `\\` at the end of that".to_owned()
        });
        faults.push(fault.help(help));
        return None;
    }
    let (written, arguments) = flags::take(arguments, escape);
    let reader = Reader { name: &name, keyword: keyword.span, arguments, escape, line: &line };
    let mut broken = Faults::new();
    let body = reader.body(written, faults, &mut broken)?;
    let (span, broken) = (line.span, broken.into_sorted());
    Some(Statement { span, keyword, comments: line.comments, inside: line.inside, body, broken })
}

struct Reader<'l> {
    name: &'l str,
    keyword: Span,
    arguments: Part<'l>,
    escape: char,
    line: &'l Line,
}

impl Reader<'_> {
    fn body(&self, written: Vec<Text>, faults: &mut Faults, broken: &mut Faults) -> Option<Body> {
        // What these have in front of them is not looked at.
        let flags = match self.name {
            "ARG" | "STOPSIGNAL" => Vec::new(),
            "HEALTHCHECK" if self.arguments.str().eq_ignore_ascii_case("none") => Vec::new(),
            name => flags::check(name, written, faults),
        };
        match self.name {
            "FROM" => self.from(&flags, faults).map(Body::From),
            "ARG" => self.args(faults).map(Body::Arg),
            "ENV" => self.pairs(faults).map(Body::Env),
            "LABEL" => self.pairs(faults).map(Body::Label),
            "RUN" => {
                for mount in flags.iter().filter(|flag| flag.name == "mount") {
                    mounts::check(&Text::new(mount.value.value.clone(), mount.span), faults, broken);
                }
                for flag in &flags {
                    process::check(flag, faults);
                }
                // One without a command is run as well, and does nothing.
                let command = self.command_of(self.arguments, faults)?;
                Some(Body::Run(Run { command, flags, documents: self.line.documents.clone() }))
            }
            "COPY" => self.transfer(flags, faults).map(Body::Copy),
            "ADD" => self.transfer(flags, faults).map(Body::Add),
            "WORKDIR" => self.text(faults).map(Body::Workdir),
            "USER" => self.text(faults).map(Body::User),
            "STOPSIGNAL" => self.text(faults).map(Body::StopSignal),
            "MAINTAINER" => self.text(faults).map(Body::Maintainer),
            "EXPOSE" => self.some(self.arguments.blank_separated(), faults).map(Body::Expose),
            "VOLUME" => {
                let list = list(self.arguments, faults)?;
                self.some(list, faults).map(Body::Volume)
            }
            "CMD" => self.command_of(self.arguments, faults).map(Body::Cmd),
            "ENTRYPOINT" => self.command_of(self.arguments, faults).map(Body::Entrypoint),
            "HEALTHCHECK" => self.check(flags, faults),
            "SHELL" => self.shell(faults).map(Body::Shell),
            _ if self.arguments.str().is_empty() => {
                faults.push(self.nothing());
                None
            }
            _ => triggers::read(self.arguments, self.line, self.escape, faults).map(Body::Onbuild),
        }
    }

    fn fault(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.keyword, message)
    }

    fn text(&self, faults: &mut Faults) -> Option<Text> {
        if self.arguments.str().is_empty() {
            faults.push(self.nothing());
            return None;
        }
        Some(self.arguments.text())
    }

    fn nothing(&self) -> Diagnostic {
        let example = match self.name {
            "WORKDIR" => "WORKDIR /app",
            "USER" => "USER nobody",
            "STOPSIGNAL" => "STOPSIGNAL SIGTERM",
            "MAINTAINER" => "LABEL org.opencontainers.image.authors=\"…\"",
            "EXPOSE" => "EXPOSE 8080",
            "VOLUME" => "VOLUME /data",
            "ARG" => "ARG VERSION=1.0",
            "ENV" => "ENV NAME=value",
            "LABEL" => "LABEL name=value",
            "RUN" => "RUN make",
            "CMD" => "CMD [\"program\", \"argument\"]",
            "ENTRYPOINT" => "ENTRYPOINT [\"program\"]",
            "HEALTHCHECK" => "HEALTHCHECK CMD curl -f http://localhost/",
            "SHELL" => "SHELL [\"/bin/bash\", \"-c\"]",
            "ONBUILD" => "ONBUILD COPY . .",
            _ => "FROM debian:12-slim",
        };
        self.fault(format!("`{}` says nothing", self.name)).help(format!("write such as `{example}`"))
    }

    fn some(&self, list: Vec<Text>, faults: &mut Faults) -> Option<Vec<Text>> {
        if list.is_empty() || list.iter().any(|text| text.trim().is_empty()) {
            faults.push(self.nothing());
            return None;
        }
        Some(list)
    }

    fn from(&self, flags: &[Flag], faults: &mut Faults) -> Option<From> {
        let words = self.arguments.blank_separated();
        let (base, name) = match words.as_slice() {
            [base] => (base.clone(), None),
            [base, r#as, name] if r#as.eq_ignore_ascii_case("as") => (base.clone(), Some(name.clone())),
            [] => {
                faults.push(self.nothing());
                return None;
            }
            _ => {
                let fault = self.fault("`FROM` takes an image, and perhaps `AS` and a name");
                faults.push(fault.help("write `FROM image` or `FROM image AS name`"));
                return None;
            }
        };
        let name = name.map(|name| Text::new(name.to_lowercase(), name.span));
        if let Some(name) = &name
            && !is_stage_name(name)
        {
            let fault = Diagnostic::new(name.span, format!("`{}` cannot be the name of a stage", name.value));
            faults.push(fault.help("a name starts with a letter, and has letters, digits, `-`, `_` and `.`"));
            return None;
        }
        Some(From { base, name, platform: super::flag(flags, "platform").cloned() })
    }

    fn args(&self, faults: &mut Faults) -> Option<Vec<(Text, Option<Text>)>> {
        let words = self.arguments.words(self.escape);
        if words.is_empty() {
            faults.push(self.nothing());
            return None;
        }
        let pairs: Vec<_> = words.into_iter().map(Part::pair).collect();
        self.names(pairs.iter().map(|(name, _)| name), faults).then_some(pairs)
    }

    fn names<'p>(&self, mut names: impl Iterator<Item = &'p Text>, faults: &mut Faults) -> bool {
        let blank = names.find(|name| name.is_empty());
        if let Some(blank) = blank {
            let fault = Diagnostic::new(blank.span, "there is no name before the `=`");
            faults.push(fault.help(format!("write `{} NAME=value`", self.name)));
        }
        blank.is_none()
    }

    /// `NAME=VALUE …`, or the old form `NAME VALUE`.
    fn pairs(&self, faults: &mut Faults) -> Option<Vec<(Text, Text)>> {
        let words = self.arguments.words(self.escape);
        let Some(first) = words.first() else {
            faults.push(self.nothing());
            return None;
        };
        if !first.str().contains('=') {
            let (name, value) = self.arguments.split_first();
            if value.str().is_empty() {
                let fault = Diagnostic::new(name.text().span, format!("`{}` has no value", name.str()));
                faults.push(fault.help(format!("write `{} {}=value`", self.name, name.str())));
                return None;
            }
            return Some(vec![(name.text(), value.text())]);
        }
        let mut pairs = Vec::new();
        for word in words {
            match word.pair() {
                (name, Some(value)) => pairs.push((name, value)),
                (name, None) => {
                    let fault = Diagnostic::new(name.span, format!("`{}` has no `=`", name.value));
                    let help = "write `NAME=value`; a value with blanks stands in quotes";
                    faults.push(fault.help(help));
                    return None;
                }
            }
        }
        self.names(pairs.iter().map(|(name, _)| name), faults).then_some(pairs)
    }

    fn command_of(&self, arguments: Part<'_>, faults: &mut Faults) -> Option<Command> {
        let text = arguments.text();
        if let Some(list) = exec(arguments, faults).ok()? {
            return Some(Command::Exec(list, text.span));
        }
        let inner = arguments.start + 1..arguments.end;
        let joints = self.line.joints.iter().map(|(joint, _)| *joint).filter(|joint| inner.contains(joint));
        let joints = joints.map(|joint| joint - arguments.start).collect();
        Some(Command::Shell(Script { text, joints }))
    }

    fn transfer(&self, flags: Vec<Flag>, faults: &mut Faults) -> Option<Transfer> {
        let mut sources = list(self.arguments, faults)?;
        let dest = sources.pop().filter(|_| !sources.is_empty());
        let Some(dest) = dest else {
            let fault = self.fault(format!("`{}` needs what is copied, and where to", self.name));
            faults.push(fault.help(format!("write `{} FROM TO`", self.name)));
            return None;
        };
        if documents::of_word(&dest).is_some() {
            let fault = Diagnostic::new(dest.span, "a here-document cannot be where files go");
            faults.push(fault.help("the last word is the path that the file is to have"));
            return None;
        }
        let mut documents = Vec::new();
        sources.retain(|source| match documents::of_word(source) {
            None => true,
            Some(document) => {
                let full = self.line.documents.iter().find(|full| full.name == document.name);
                documents.push(HereDocument {
                    content: full.map(|full| full.content.clone()).unwrap_or_default(),
                    ..document
                });
                false
            }
        });
        Some(Transfer { sources, documents, dest, flags })
    }

    fn check(&self, flags: Vec<Flag>, faults: &mut Faults) -> Option<Body> {
        let (kind, rest) = self.arguments.split_first();
        match kind.str().to_ascii_uppercase().as_str() {
            "NONE" if rest.str().is_empty() => return Some(Body::Healthcheck(None)),
            "NONE" => {
                let fault = Diagnostic::new(rest.text().span, "nothing follows `HEALTHCHECK NONE`");
                faults.push(fault.help("`HEALTHCHECK NONE` drops the check of the base image"));
            }
            "CMD" if rest.str().is_empty() => {
                let fault = self.fault("`HEALTHCHECK CMD` has no command");
                faults.push(fault.help("write such as `HEALTHCHECK CMD curl -f http://localhost/`"));
            }
            "CMD" => {
                numbers(&flags, faults);
                return self
                    .command_of(rest, faults)
                    .map(|command| Body::Healthcheck(Some(Check { command, flags })));
            }
            "" => faults.push(self.nothing()),
            _ => {
                let fault =
                    Diagnostic::new(kind.text().span, format!("`{}` is no kind of health check", kind.str()));
                faults.push(
                    fault.help("write `HEALTHCHECK CMD …` or `HEALTHCHECK NONE`; flags come before `CMD`"),
                );
            }
        }
        None
    }

    fn shell(&self, faults: &mut Faults) -> Option<Vec<Text>> {
        match exec(self.arguments, faults).ok()? {
            Some(list) if !list.is_empty() => Some(list),
            Some(_) => {
                faults.push(self.nothing());
                None
            }
            None => {
                let fault = self.fault("`SHELL` takes a list in brackets");
                faults.push(fault.help("write `SHELL [\"/bin/bash\", \"-c\"]`"));
                None
            }
        }
    }
}

/// The flags of a health check that are times, all but one.
fn numbers(flags: &[Flag], faults: &mut Faults) {
    const LEAST: u64 = 1_000_000;
    for Flag { name, value, span } in flags.iter().filter(|flag| !flag.value.is_empty()) {
        let fault = if *name == "retries" {
            let is_number = value.parse::<i32>().is_ok_and(|retries| retries >= 0);
            (!is_number).then(|| {
                (format!("`--retries={}` is no number of tries", value.value), "write such as `--retries=3`")
            })
        } else {
            // Docker has no days.
            match Duration::parse(value).filter(|_| !value.contains('d')) {
                None => {
                    Some((format!("`--{name}={}` is no time", value.value), "write such as `30s` or `1m30s`"))
                }
                Some(Duration(1..LEAST)) => Some((
                    format!("`--{name}={}` is less than a millisecond", value.value),
                    "`0s` stands for what is usual",
                )),
                Some(_) => None,
            }
        };
        if let Some((message, help)) = fault {
            faults.push(Diagnostic::new(*span, message).help(help));
        }
    }
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
}

/// A list in the form of JSON, where that is what stands there; the error has been told.
fn exec(arguments: Part<'_>, faults: &mut Faults) -> Result<Option<Vec<Text>>, ()> {
    let Some(list) = arguments.json() else { return Ok(None) };
    list.map(Some).inspect_err(|()| {
        let span = arguments.text().span;
        let fault = Diagnostic::new(span, "a list in brackets holds texts in double quotes alone");
        faults.push(fault.help("write `[\"program\", \"1\"]`"));
    })
}

/// Texts in the form of JSON, or words between blanks.
fn list(arguments: Part<'_>, faults: &mut Faults) -> Option<Vec<Text>> {
    let list = exec(arguments, faults).ok()?;
    Some(list.unwrap_or_else(|| arguments.blank_separated()))
}
