//! `helper check`: a command, told to whoever asked for it. `helper serve`: a server that is started until it answers.
//!
//! Both end well whatever becomes of the process: what it has come to stands in files, for somebody else to judge.

use std::ffi::OsString;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};

use crate::child::{Child, End, left, wait_for};
use crate::command_line::Probe;
use crate::probe;
use crate::report::Report;

/// A command to run once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// The directory for what it comes to.
    pub(crate) report: PathBuf,
    /// The time that it may take.
    pub(crate) timeout: Duration,
    pub(crate) command: Vec<OsString>,
}

/// A server to start.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Serve {
    /// The directory for what it comes to.
    pub(crate) report: PathBuf,
    /// The time in which it must answer.
    pub(crate) within: Duration,
    /// What stops it.
    pub(crate) stop: Signal,
    pub(crate) probe: Probe,
    pub(crate) command: Vec<OsString>,
}

/// What a process has come to: a word, and what belongs to it.
enum Outcome {
    Ended(End),
    /// It took too long; for a server, with what was wrong at last.
    TooLate(String),
    Ready,
    NotStarted(io::Error),
}

impl Display for Outcome {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(End::Exit(code)) => write!(formatter, "exit {code}"),
            Self::Ended(End::Signal(number)) => write!(formatter, "signal {number}"),
            Self::TooLate(why) => write!(formatter, "late {why}"),
            Self::Ready => write!(formatter, "ready"),
            Self::NotStarted(error) => write!(formatter, "error {error}"),
        }
    }
}

/// The time that a server has to end when it is asked to, and the times between two questions whether it serves.
const GRACE: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The time that one answer of a server may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn check(check: &Check) -> io::Result<()> {
    let report = Report::open(&check.report)?;
    let child = match Child::start(&check.command, false) {
        Ok(child) => child,
        Err(error) => return tell(&report, &Outcome::NotStarted(error), &[("stdout", b""), ("stderr", b"")]),
    };
    let (sender, ended) = channel();
    let pid = child.pid();
    thread::spawn(move || sender.send(wait_for(pid)));
    let outcome = match ended.recv_timeout(check.timeout) {
        Ok(end) => Outcome::Ended(end),
        Err(_) => Outcome::TooLate(String::new()),
    };
    child.end()?;
    tell(&report, &outcome, &[("stdout", &child.stdout()), ("stderr", &child.stderr())])
}

/// What happens to a server.
enum Event {
    Ended(End),
    Ready,
}

pub(crate) fn serve(serve: &Serve) -> io::Result<()> {
    let report = Report::open(&serve.report)?;
    let child = match Child::start(&serve.command, true) {
        Ok(child) => child,
        Err(error) => return tell(&report, &Outcome::NotStarted(error), &[("output", b"")]),
    };
    let (sender, events) = channel();
    let pid = child.pid();
    let (ends, last) = (sender.clone(), Arc::new(Mutex::new(String::new())));
    thread::spawn(move || ends.send(Event::Ended(wait_for(pid))));
    ask(serve.probe.clone(), sender, Arc::clone(&last));
    let outcome = match events.recv_timeout(serve.within) {
        Ok(Event::Ready) => Outcome::Ready,
        Ok(Event::Ended(end)) => Outcome::Ended(end),
        Err(_) => Outcome::TooLate(last.lock().unwrap_or_else(PoisonError::into_inner).clone()),
    };
    if !matches!(outcome, Outcome::Ended(_)) {
        let _ = kill(pid, serve.stop);
        await_end(&events);
    }
    child.end()?;
    tell(&report, &outcome, &[("output", &child.stdout())])
}

fn await_end(events: &Receiver<Event>) {
    let deadline = Instant::now() + GRACE;
    loop {
        match events.recv_timeout(left(deadline)) {
            Ok(Event::Ready) => {}
            Ok(Event::Ended(_)) | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Asks until there is an answer, and keeps what was wrong at last. It is left alone when nobody waits any more.
fn ask(probe: Probe, events: Sender<Event>, last: Arc<Mutex<String>>) {
    thread::spawn(move || {
        let mut pause = FIRST_PAUSE;
        while let Err(why) = probe::attempt(&probe, PATIENCE) {
            *last.lock().unwrap_or_else(PoisonError::into_inner) = why;
            thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        events.send(Event::Ready)
    });
}

fn tell(report: &Report, outcome: &Outcome, outputs: &[(&str, &[u8])]) -> io::Result<()> {
    let outcome = outcome.to_string();
    let files: Vec<(&str, &[u8])> =
        std::iter::once(("outcome", outcome.as_bytes())).chain(outputs.iter().copied()).collect();
    report.write(&files)
}
