//! The program on a desk: `optfrontend check build.yaml` tells what can be told without a daemon, in the words of `--check` and `--call`.

mod args;
mod audit;
mod check;
mod compile;
mod files;
mod folder;
mod report;

use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use spec_schema::diagnostic::Diagnostic;

use self::args::{Asked, Command, Format, HELP, Question};
use self::compile::{Desk, Planned, Spoken};
use crate::convert;
use crate::explain::{Explanation, Surroundings, explain};
use crate::source::SpecFiles;
use crate::subrequest::convert::written;
use crate::subrequest::{Answer, expand, explain as explained, graph};
use crate::terminal::{self, Style};

/// Why nothing can be told of a spec, where that is not the spec's fault.
type Trouble = String;

/// What the user reads, and how it went.
struct Told {
    out: String,
    err: String,
    code: u8,
}

/// The spec is right, or there was no question about one.
const GOOD: u8 = 0;
/// The spec has faults.
const FAULTS: u8 = 1;
/// Nothing could be told.
const TROUBLE: u8 = 2;

/// Answers a command line, the name of the program left out.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let told = tell(words, Style::of(&out), Style::of(&err));
    let written = err.write_all(told.err.as_bytes()).and_then(|()| out.write_all(told.out.as_bytes()));
    match written.and_then(|()| out.flush()) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != ErrorKind::BrokenPipe => ExitCode::from(TROUBLE),
        _ => ExitCode::from(told.code),
    }
}

fn tell(words: impl IntoIterator<Item = OsString>, out: Style, err: Style) -> Told {
    let plain = |text: &str| Told { out: text.to_owned(), err: String::new(), code: GOOD };
    match args::parse(words) {
        Ok(Asked::Help) => plain(HELP),
        Ok(Asked::Version) => plain(concat!("optfrontend ", env!("CARGO_PKG_VERSION"), "\n")),
        Ok(Asked::Schema) => plain(spec_schema::SCHEMA),
        Ok(Asked::Question(question)) => {
            answer(&question, out, err).unwrap_or_else(|why| trouble(&why, err, ""))
        }
        Ok(Asked::Report(images)) => report::report(&images).unwrap_or_else(|why| trouble(&why, err, "")),
        Err(why) => trouble(&why, err, "`optfrontend --help` shows how it is used\n"),
    }
}

fn trouble(why: &str, style: Style, help: &str) -> Told {
    let err = format!("{} {}\n{help}", style.bad("optfrontend:"), terminal::lines(why));
    Told { out: String::new(), err, code: TROUBLE }
}

fn answer(question: &Question, out: Style, err: Style) -> Result<Told, Trouble> {
    let desk = Desk::new(question)?;
    if question.command == Command::Convert {
        return converted(&desk, question.format, err);
    }
    if question.command == Command::Audit {
        return audit::audit(&desk, question.format, out, err);
    }
    let mut spoken = desk.read()?;
    let mut notes = std::mem::take(&mut spoken.notes);
    let answered = match question.command {
        Command::Expand => expanded(spoken),
        command => {
            let planned = desk.plan(&mut spoken)?;
            notes.extend_from_slice(&planned.notes);
            if spoken.faults.is_empty() || command == Command::Check {
                notes.extend(planned.open(command));
            }
            if command == Command::Check {
                Answered::Told(check::check(&desk, spoken, &planned, question.format, out)?)
            } else {
                planned.told(spoken, question)
            }
        }
    };
    let told = match answered {
        Answered::Good(answer) => {
            let text = match question.format {
                Format::Json => format!("{}\n", answer.json.trim_end()),
                Format::Text | Format::Sarif | Format::Drawn(_) => answer.text,
            };
            Told { out: text, err: String::new(), code: GOOD }
        }
        Answered::Told(told) => told,
        Answered::Faults(files, faults) => {
            Told { out: String::new(), err: terminal::faults(&files, &faults, "faults", err), code: FAULTS }
        }
    };
    let notes = notes.iter().map(|note| format!("{} {}\n", err.quiet("note:"), terminal::lines(note)));
    Ok(Told { err: told.err + &notes.collect::<String>(), ..told })
}

/// A Dockerfile as a spec; its notes stand beside.
fn converted(desk: &Desk<'_>, format: Format, err: Style) -> Result<Told, Trouble> {
    let (name, text) = desk.dockerfile()?;
    let conversion = match convert::convert(&name, &text) {
        Ok(conversion) => conversion,
        Err((files, faults)) => {
            let err = terminal::faults(&files, &faults.into_sorted(), "faults", err);
            return Ok(Told { out: String::new(), err, code: FAULTS });
        }
    };
    let answer = written(&conversion, convert::SYNTAX);
    let out = if format == Format::Json { format!("{}\n", answer.json) } else { answer.text };
    let note = |note: &convert::Note| {
        let text = format!("{}: {}", conversion.files.locate(note.span), note.text);
        format!("{} {}\n", err.quiet("note:"), terminal::lines(&text))
    };
    Ok(Told { out, err: conversion.notes.iter().map(note).collect(), code: GOOD })
}

/// What came of a question.
enum Answered {
    Good(Answer),
    Told(Told),
    Faults(SpecFiles, Vec<Diagnostic>),
}

fn expanded(spoken: Spoken) -> Answered {
    let Spoken { files, core, mut faults, request, .. } = spoken;
    core.iter().flat_map(|core| core.faults()).for_each(|fault| faults.push(fault.clone()));
    match core {
        Some(core) if faults.is_empty() => {
            Answered::Good(expand::written(core, request.lock.as_deref(), &files))
        }
        _ => Answered::Faults(files, faults.into_sorted()),
    }
}

impl Planned {
    fn told(&self, spoken: Spoken, question: &Question) -> Answered {
        let Spoken { files, faults, .. } = spoken;
        if !faults.is_empty() {
            return Answered::Faults(files, faults.into_sorted());
        }
        Answered::Good(match (question.command, question.format) {
            (Command::Graph, Format::Drawn(format)) => graph::drawn(&self.explanations(&files), format),
            (Command::Graph, _) => graph::drawn(&self.explanations(&files), crate::graph::Format::Mermaid),
            (Command::Check | Command::Explain | Command::Expand | Command::Convert | Command::Audit, _) => {
                explained::told(&self.explanations(&files))
            }
        })
    }

    fn explanations(&self, files: &SpecFiles) -> Vec<Explanation> {
        let planned = self.plans.iter().zip(&self.selections);
        let explained = planned.map(|(plan, selection)| {
            let (resolved, globals) = (&self.assumed.resolved, &selection.globals);
            explain(plan, Surroundings { files, resolved, globals, merges: true })
        });
        explained.collect()
    }

    /// What nobody can know without looking images up; nothing where there are none.
    fn open(&self, command: Command) -> Option<String> {
        if self.assumed.resolved.images.is_empty() {
            return None;
        }
        let variables = self.assumed.variables();
        let are = variables.map(|are| format!(", nor whether {are}")).unwrap_or_default();
        Some(match command {
            Command::Check => {
                format!("images were not looked up: it is not known whether they are there{are}")
            }
            _ => format!(
                "images were not looked up: their digests, users, working directories, triggers and files are not known, so neither is which layers are linked{are}"
            ),
        })
    }
}
