//! A process with a time limit that may be tried again.
//!
//! Each try has a process group of its own, so that whatever it started ends with it. In a build step this process is
//! the first one of its namespace: it takes over orphans, reaps them, and ends those that left the group too.

use std::io::{self, ErrorKind};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::iterator::Signals;

use crate::child::{end_the_rest, wait_for};
use crate::command_line::Run;
use crate::say;

/// The exit code for a process that took too long. No program is known to use it, so the frontend can tell.
const TIMED_OUT: u8 = 198;

/// As shells answer for a program that is not there, and for one that cannot be run.
const NOT_FOUND: u8 = 127;
const NOT_RUN: u8 = 126;

/// The time that a process has to end when it is asked to.
const GRACE: Duration = Duration::from_secs(5);

/// The time before the second try; each one after it waits twice as long.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Signals that are for the process.
const FORWARDED: [Signal; 6] =
    [Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGUSR1, Signal::SIGUSR2];

/// What happens while a process runs.
enum Event {
    /// It has ended.
    Ended(u8),
    /// Somebody has sent a signal.
    Signal(Signal),
}

/// How a try has ended.
struct End {
    code: u8,
    timed_out: bool,
    /// Somebody wants it to stop.
    stopped: bool,
}

/// Runs the process until it succeeds or there are no more tries; returns the exit code of the last one.
pub(crate) fn run(run: &Run) -> u8 {
    let (sender, events) = channel();
    forward(sender.clone());
    let mut pause = PAUSE;
    for attempt in 0.. {
        let end = match once(run, &sender, &events) {
            Ok(end) => end,
            Err(error) => {
                say(&format!("{}: {error}", run.program.display()));
                return if error.kind() == ErrorKind::NotFound { NOT_FOUND } else { NOT_RUN };
            }
        };
        let is_last = attempt == run.retries || end.stopped;
        if end.timed_out || end.code != 0 && !is_last {
            say(&outcome(run, attempt, &end, (!is_last).then_some(pause)));
        }
        if end.code == 0 || is_last || matches!(events.recv_timeout(pause), Ok(Event::Signal(_))) {
            return end.code;
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    0
}

/// What became of a try, and what comes next.
fn outcome(run: &Run, attempt: u32, end: &End, next: Option<Duration>) -> String {
    let mut line = match run.timeout {
        Some(timeout) if end.timed_out => format!("not done within {timeout:?}, ended"),
        _ => format!("exit code {}", end.code),
    };
    if run.retries > 0 {
        line += &format!(" (try {} of {})", attempt + 1, run.retries.saturating_add(1));
    }
    if let Some(pause) = next {
        line += &format!("; the next one starts in {pause:?}");
    }
    line
}

/// Sends signals that come in to the one who waits. They are handled rather than blocked: the process would inherit that.
fn forward(events: Sender<Event>) {
    // Without this, signals do what they do anyway.
    let Ok(mut signals) = Signals::new(FORWARDED.map(|signal| signal as i32)) else { return };
    thread::spawn(move || {
        let known = signals.forever().filter_map(|number| Signal::try_from(number).ok());
        for signal in known {
            if events.send(Event::Signal(signal)).is_err() {
                break;
            }
        }
    });
}

/// One try.
fn once(run: &Run, sender: &Sender<Event>, events: &Receiver<Event>) -> io::Result<End> {
    let child = Command::new(&run.program).args(&run.arguments).process_group(0).spawn()?;
    // A process id is positive and fits.
    let group = Pid::from_raw(child.id().cast_signed());
    let sender = sender.clone();
    thread::spawn(move || sender.send(Event::Ended(wait_for(group).code())));
    let mut end = End { code: 0, timed_out: false, stopped: false };
    let mut deadline = run.timeout.map(|timeout| Instant::now() + timeout);
    loop {
        match next(events, deadline) {
            Some(Event::Ended(code)) => {
                end.code = if end.timed_out { TIMED_OUT } else { code };
                break;
            }
            Some(Event::Signal(signal)) => {
                end.stopped |= signal != Signal::SIGUSR1 && signal != Signal::SIGUSR2;
                // The process may have ended just now.
                let _ = killpg(group, signal);
            }
            None => {
                let signal = if end.timed_out { Signal::SIGKILL } else { Signal::SIGTERM };
                let _ = killpg(group, signal);
                deadline = (!end.timed_out).then(|| Instant::now() + GRACE);
                end.timed_out = true;
            }
        }
    }
    if end.code != 0 {
        // The next try is to be alone.
        end_the_rest(group);
    }
    Ok(end)
}

/// The next event; `None` at the deadline.
fn next(events: &Receiver<Event>, deadline: Option<Instant>) -> Option<Event> {
    match deadline {
        // There is a sender as long as there is this one's caller.
        None => events.recv().ok(),
        Some(deadline) => events.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok(),
    }
}
