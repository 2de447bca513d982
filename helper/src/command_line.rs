//! What the frontend writes in front of a step's command, and into the health check of an image.

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::target::{Address, Url};

const USAGE: &str = "\
helper run [--timeout MILLISECONDS] [--retries NUMBER] -- COMMAND [ARGUMENT...] | \
helper probe http URL [--status FIRST-LAST] | helper probe tcp HOST:PORT";

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Run(Run),
    Probe(Probe),
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
#[derive(Debug, PartialEq, Eq)]
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
    fn anything_else_is_answered_with_the_usage() {
        for words in
            ["", "run", "run sh", "run --timeout x -- a", "run --", "probe", "probe http", "probe tcp a b"]
        {
            assert_eq!(parse(words), Err(USAGE.to_owned()), "{words}");
        }
    }
}
