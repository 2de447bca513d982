//! What has become of a process in the image, against what should.

use std::time::Duration;

use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::{Found, last_lines};
use crate::gateway::GatewayError;
use crate::plan::{ImageProcess, RunCheck, ServeCheck, TextCheck, TextKind};
use crate::signals;

/// What has become of a process.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome<'a> {
    Exit(u32),
    Signal(&'a str),
    /// It took too long; of a server, with what was wrong at last.
    Late(&'a str),
    Ready,
    /// It could not be started.
    Error(&'a str),
}

impl<'a> Outcome<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        match word {
            "exit" => rest.parse().map_or(Self::Error(text), Self::Exit),
            "signal" => Self::Signal(rest),
            "late" => Self::Late(rest),
            "ready" => Self::Ready,
            "error" => Self::Error(rest),
            _ => Self::Error("nothing is known of it"),
        }
    }

    /// How it ended, where it did.
    pub(super) fn end(&self) -> Option<String> {
        match self {
            Self::Exit(code) => Some(format!("ended with exit code {code}")),
            Self::Signal(number) => {
                let name = signals::name(number).map_or_else(String::new, |name| format!(" ({name})"));
                Some(format!("was ended by signal {number}{name}"))
            }
            Self::Late(_) | Self::Ready | Self::Error(_) => None,
        }
    }
}

/// What does not hold of a command.
pub(super) fn judge_run(run: &RunCheck, found: &Found) -> Vec<Diagnostic> {
    let process = &run.process;
    let outcome = String::from_utf8_lossy(&found.main);
    let outcome = Outcome::parse(&outcome);
    let said = || last_lines(if found.stderr.is_empty() { &found.stdout } else { &found.stderr });
    let display = &process.display;
    let fault = match &outcome {
        Outcome::Exit(code) if *code == run.exit_code.value => {
            return run
                .texts
                .iter()
                .filter_map(|(name, text)| judge_text(display, name, text, found))
                .collect();
        }
        Outcome::Error(why) => not_started(process.span, display, process, why),
        Outcome::Late(_) => {
            let message = format!("`{display}` was not done within {}", time(process));
            Diagnostic::new(process.time.span, message).quoting(said()).help("give it a longer `timeout`")
        }
        outcome => {
            let end = outcome.end().unwrap_or_default();
            let message = format!("`{display}` {end}, not {}", run.exit_code.value);
            let message =
                if matches!(outcome, Outcome::Signal(_)) { format!("`{display}` {end}") } else { message };
            Diagnostic::new(run.exit_code.span, message).quoting(said())
        }
    };
    vec![fault]
}

fn judge_text(display: &str, name: &str, text: &TextCheck, found: &Found) -> Option<Diagnostic> {
    let output = if name == "stdout" { &found.stdout } else { &found.stderr };
    let output = String::from_utf8_lossy(output);
    let output = output.trim_end_matches(['\n', '\r']);
    let wanted = text.wanted.value.as_str();
    let (holds, what) = match text.kind {
        TextKind::Contains => (output.contains(wanted), "does not contain"),
        TextKind::Equals => (output == wanted.trim_end_matches(['\n', '\r']), "is not"),
        TextKind::Matches => {
            (regex_lite::Regex::new(wanted).is_ok_and(|regex| regex.is_match(output)), "does not match")
        }
    };
    if holds {
        return None;
    }
    let said = last_lines(output.as_bytes());
    let nothing = if said.is_empty() { ", but is empty" } else { "" };
    let message = format!("the {name} of `{display}` {what} `{wanted}`{nothing}");
    Some(Diagnostic::new(text.wanted.span, message).quoting(said))
}

/// What does not hold of a server.
pub(super) fn judge_serve(serve: &ServeCheck, found: &Found) -> Option<Diagnostic> {
    let process = &serve.process;
    let outcome = String::from_utf8_lossy(&found.main);
    let outcome = Outcome::parse(&outcome);
    let (span, address) = (serve.address.span, &serve.address.value);
    let command = process.args.join(" ");
    Some(match &outcome {
        Outcome::Ready => return None,
        Outcome::Error(why) => not_started(process.span, &command, process, why),
        Outcome::Late(why) => {
            // What is asked for is named already.
            let why = why.strip_prefix(&format!("{address}: ")).unwrap_or(why);
            let why = why.split(" (os error").next().unwrap_or(why);
            let time = time(process);
            let message = match why {
                "" => format!("{address} took the connection and gave no answer within {time}"),
                why if why.starts_with("status") => format!("{address} answered with {why} within {time}"),
                why => format!("{address} did not answer within {time}: {why}"),
            };
            let fault = Diagnostic::new(span, message).quoting(last_lines(&found.stdout));
            fault.help("see what it says; `within` gives it more time")
        }
        outcome => {
            let end = outcome.end().unwrap_or_default();
            let message = format!("`{command}` {end} before {address} answered");
            Diagnostic::new(span, message).quoting(last_lines(&found.stdout))
        }
    })
}

/// A process as messages name it.
pub(super) struct Shown<'a> {
    pub(super) display: &'a str,
    pub(super) user: &'a str,
    pub(super) span: Span,
    /// Whether it runs in the files of a scanner, and not in those of the image.
    pub(super) scans: bool,
}

/// What the daemon says of a process whose user is not known where it runs.
pub(super) fn not_there(process: &Shown<'_>, error: &GatewayError) -> Option<Diagnostic> {
    let message = error.message();
    let (what, file) = match () {
        () if message.contains("unable to find user") => ("user", "/etc/passwd"),
        () if message.contains("unable to find group") => ("group", "/etc/group"),
        () => return None,
    };
    let Shown { display, user, span, scans } = process;
    let (whose, help) = if *scans {
        ("scanner", "name the user by its number, which needs no line")
    } else {
        ("image", "`users` of the stage makes one, and numbers need none")
    };
    let message =
        format!("`{display}` cannot be run as `{user}`: no line of the {whose}'s {file} is for that {what}");
    Some(Diagnostic::new(*span, message).help(help))
}

fn not_started(span: Span, display: &str, process: &ImageProcess, why: &str) -> Diagnostic {
    let program = process.args.first().map_or("", String::as_str);
    let why = why.split(" (os error").next().unwrap_or(why);
    let help = match why {
        "No such file or directory" => Some(format!(
            "`{program}` is not in the image, or what it is run by is not: its interpreter, or the loader of its libraries"
        )),
        "Permission denied" => Some(format!(
            "`{program}` is not executable for the user `{}`",
            if process.user.is_empty() { "root" } else { &process.user }
        )),
        "Exec format error" => Some(format!("`{program}` is a program for another platform, or none")),
        _ => None,
    };
    Diagnostic::new(span, format!("`{display}` cannot be run in the image: {why}")).help_opt(help)
}

fn time(process: &ImageProcess) -> String {
    duration(process.time.value)
}

/// Milliseconds in words.
pub(super) fn duration(milliseconds: u64) -> String {
    humantime::format_duration(Duration::from_millis(milliseconds)).to_string()
}
