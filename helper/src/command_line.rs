//! What the frontend writes in front of a step's command, and into the health check of an image.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::check::{Check, Serve};
use crate::look::{Look, Wanted};
use crate::target::{Address, Url};
use crate::weigh::{Kind, Part, Weigh};

const USAGE: &str = "\
helper run [--timeout MILLISECONDS] [--retries NUMBER] -- COMMAND [ARGUMENT...] | \
helper probe http URL [--status FIRST-LAST] | helper probe tcp HOST:PORT | \
helper look --report DIRECTORY --root DIRECTORY [--search PATH] [--size] [--path PATH|--glob PATTERN|--command NAME]... | \
helper weigh --report DIRECTORY [--sum|--layer|--tree|--growth BEFORE|- AFTER|-]... | \
helper check --report DIRECTORY --timeout MILLISECONDS -- COMMAND [ARGUMENT...] | \
helper serve --report DIRECTORY --within MILLISECONDS --stop NUMBER http|tcp ... -- COMMAND [ARGUMENT...]";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Run),
    Probe(Probe),
    Look(Look),
    Weigh(Weigh),
    Check(Check),
    Serve(Serve),
}

/// A process, and what holds for it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    /// The time that one try may take.
    pub(crate) timeout: Option<Duration>,
    /// How often it is tried again.
    pub(crate) retries: u32,
    pub(crate) program: OsString,
    pub(crate) arguments: Vec<OsString>,
}

/// An address to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Healthy if the answer has one of these statuses.
    Http { url: Url, statuses: RangeInclusive<u16> },
    /// Healthy if something listens there.
    Tcp(Address),
}

impl Command {
    pub(crate) fn parse(args: Vec<OsString>) -> Result<Self, String> {
        let mut args = args.into_iter();
        match args.next().as_ref().and_then(|word| word.to_str()) {
            Some("run") => run(args).map(Self::Run),
            Some("probe") => probe(args).map(Self::Probe),
            Some("look") => look(args).map(Self::Look),
            Some("weigh") => weigh(args).map(Self::Weigh),
            Some("check") => check(args).map(Self::Check),
            Some("serve") => serve(args).map(Self::Serve),
            _ => Err(USAGE.to_owned()),
        }
    }
}

fn run(mut args: impl Iterator<Item = OsString>) -> Result<Run, String> {
    let (mut timeout, mut retries) = (None, 0);
    loop {
        let option = args.next();
        match option.as_ref().and_then(|word| word.to_str()) {
            Some("--timeout") => timeout = Some(Duration::from_millis(number(args.next())?)),
            Some("--retries") => retries = number(args.next())?,
            Some("--") => break,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let program = args.next().ok_or(USAGE)?;
    Ok(Run { timeout, retries, program, arguments: args.collect() })
}

fn probe(args: impl Iterator<Item = OsString>) -> Result<Probe, String> {
    let words: Option<Vec<String>> = args.map(|word| word.into_string().ok()).collect();
    let words = words.ok_or(USAGE)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["http", url] => Ok(Probe::Http { url: Url::parse(url)?, statuses: 200..=399 }),
        ["http", url, "--status", statuses] => {
            Ok(Probe::Http { url: Url::parse(url)?, statuses: range(statuses).ok_or(USAGE)? })
        }
        ["tcp", address] => Ok(Probe::Tcp(Address::parse(address, None)?)),
        _ => Err(USAGE.to_owned()),
    }
}

fn look(mut args: impl Iterator<Item = OsString>) -> Result<Look, String> {
    let mut look = Look::default();
    while let Some(option) = args.next() {
        let mut value = || args.next().ok_or(USAGE);
        match option.to_str() {
            Some("--report") => look.report = value()?.into(),
            Some("--root") => look.root = value()?.into(),
            Some("--search") => look.search = value()?,
            Some("--size") => look.size = true,
            Some("--path") => look.wanted.push(Wanted::Path(value()?)),
            Some("--glob") => look.wanted.push(Wanted::Glob(value()?)),
            Some("--command") => look.wanted.push(Wanted::Command(value()?)),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let is_whole = !look.report.as_os_str().is_empty() && !look.root.as_os_str().is_empty();
    is_whole.then_some(look).ok_or_else(|| USAGE.to_owned())
}

fn weigh(mut args: impl Iterator<Item = OsString>) -> Result<Weigh, String> {
    let mut weigh = Weigh::default();
    while let Some(option) = args.next() {
        let mut value = || args.next().ok_or(USAGE);
        let kind = match option.to_str() {
            Some("--report") => {
                weigh.report = value()?.into();
                continue;
            }
            Some("--sum") => Kind::Sum,
            Some("--layer") => Kind::Layer,
            Some("--tree") => Kind::Tree,
            Some("--growth") => Kind::Growth,
            _ => return Err(USAGE.to_owned()),
        };
        let mut folder = || value().map(|word| Some(word.into()).filter(|word| word != "-"));
        weigh.parts.push(Part { kind, before: folder()?, after: folder()? });
    }
    if weigh.report.as_os_str().is_empty() { Err(USAGE.to_owned()) } else { Ok(weigh) }
}

fn check(mut args: impl Iterator<Item = OsString>) -> Result<Check, String> {
    let (mut report, mut timeout) = (None, None);
    loop {
        let option = args.next();
        match option.as_ref().and_then(|word| word.to_str()) {
            Some("--report") => report = args.next(),
            Some("--timeout") => timeout = Some(Duration::from_millis(number(args.next())?)),
            Some("--") => break,
            _ => return Err(USAGE.to_owned()),
        }
    }
    let (report, timeout) = (report.ok_or(USAGE)?.into(), timeout.ok_or(USAGE)?);
    Ok(Check { report, timeout, command: command(args)? })
}

fn serve(mut args: impl Iterator<Item = OsString>) -> Result<Serve, String> {
    let (mut report, mut within, mut stop) = (None, None, None);
    let mut words = Vec::new();
    loop {
        let option = args.next().ok_or(USAGE)?;
        match option.to_str() {
            Some("--report") => report = args.next(),
            Some("--within") => within = Some(Duration::from_millis(number(args.next())?)),
            Some("--stop") => stop = Signal::try_from(number::<i32>(args.next())?).ok(),
            Some("--") => break,
            _ => words.push(option),
        }
    }
    let (report, within, stop) = (report.ok_or(USAGE)?.into(), within.ok_or(USAGE)?, stop.ok_or(USAGE)?);
    Ok(Serve { report, within, stop, probe: probe(words.into_iter())?, command: command(args)? })
}

/// A program, and its arguments.
fn command(args: impl Iterator<Item = OsString>) -> Result<Vec<OsString>, String> {
    let command: Vec<OsString> = args.collect();
    if command.is_empty() { Err(USAGE.to_owned()) } else { Ok(command) }
}

fn number<T: std::str::FromStr>(word: Option<OsString>) -> Result<T, String> {
    word.and_then(|word| word.to_str()?.parse().ok()).ok_or_else(|| USAGE.to_owned())
}

/// `200-399`, or `204` alone.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &str) -> Result<Command, String> {
        Command::parse(words.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn a_command_stands_behind_two_dashes() {
        let run = Run {
            timeout: Some(Duration::from_millis(1500)),
            retries: 2,
            program: "sh".into(),
            arguments: vec!["-c".into(), "--".into()],
        };
        assert_eq!(parse("run --timeout 1500 --retries 2 -- sh -c --"), Ok(Command::Run(run)));
    }

    #[test]
    fn statuses_are_those_of_success_unless_others_are_given() {
        let Ok(Command::Probe(Probe::Http { statuses, .. })) = parse("probe http http://a/") else {
            panic!()
        };
        assert_eq!(statuses, 200..=399);
        let Ok(Command::Probe(Probe::Http { statuses, .. })) = parse("probe http http://a/ --status 401")
        else {
            panic!()
        };
        assert_eq!(statuses, 401..=401);
    }

    #[test]
    fn a_server_is_probed_in_the_words_of_probe() {
        let line = "serve --report /r --within 500 --stop 15 http http://a/ --status 204 -- /server --stop 9";
        let Ok(Command::Serve(serve)) = parse(line) else { panic!() };
        assert_eq!((serve.report.to_str(), serve.stop), (Some("/r"), Signal::SIGTERM));
        assert!(matches!(serve.probe, Probe::Http { statuses, .. } if statuses == (204..=204)));
        assert_eq!(serve.command, ["/server", "--stop", "9"]);
    }

    #[test]
    fn anything_else_is_answered_with_the_usage() {
        for words in [
            "",
            "run",
            "run sh",
            "run --timeout x -- a",
            "run --",
            "probe",
            "probe http",
            "probe tcp a b",
            "look",
            "look --report /r",
            "look --report /r --root / --path",
            "weigh --tree - /",
            "weigh --report /r --tree /",
            "check --report /r --timeout 1 --",
            "check -- sh",
            "serve --report /r --within 1 --stop 15 http://a/ -- sh",
            "serve --report /r --within 1 --stop 0 tcp :1 -- sh",
        ] {
            assert_eq!(parse(words), Err(USAGE.to_owned()), "{words}");
        }
    }
}
