//! Processes of others: how they end, and what is kept of what they say.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

/// How a process has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Exit(u8),
    Signal(u8),
}

impl End {
    /// The exit code, as shells give it for a signal.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Exit(code) => code,
            Self::Signal(number) => number.saturating_add(128),
        }
    }
}

/// Waits for the process, and takes leave of orphans meanwhile.
pub(crate) fn wait_for(process: Pid) -> End {
    let byte = |number: i32| u8::try_from(number).unwrap_or(u8::MAX);
    loop {
        match waitpid(None, None) {
            Ok(WaitStatus::Exited(pid, code)) if pid == process => return End::Exit(byte(code)),
            Ok(WaitStatus::Signaled(pid, signal, _)) if pid == process => {
                return End::Signal(byte(signal as i32));
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(_) => return End::Exit(u8::MAX),
        }
    }
}

/// The time that processes take to be gone when they are killed, and the time between two looks.
const GONE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(5);

/// Ends what a process has left behind: its group, and where this is the first process of its namespace, all others. Whether nobody is left:
/// what has become another user is not to be ended by one that is not root.
pub(crate) fn end_the_rest(group: Pid) -> bool {
    let _ = killpg(group, Signal::SIGKILL);
    if getpid() != Pid::from_raw(1) {
        return true;
    }
    let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
    let deadline = Instant::now() + GONE;
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Err(Errno::ECHILD) => return true,
            Ok(WaitStatus::StillAlive) if Instant::now() > deadline => return false,
            Ok(WaitStatus::StillAlive) => thread::sleep(LOOK),
            Ok(_) | Err(_) => {}
        }
    }
}

/// What is kept of an output: its start, and its end.
const HEAD: usize = 960 << 10;
const TAIL: usize = 64 << 10;

/// How much of an output the log of the build shows.
const SHOWN: usize = 64 << 10;

/// The time that is given to what may still be in a pipe when nobody is left to write.
const DRAIN: Duration = Duration::from_secs(1);

/// An output, or as much of it as anyone reads.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    fn add(&mut self, bytes: &[u8]) {
        let (first, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..excess);
        self.left_out += excess as u64;
    }

    /// The text, with a line in the place of what is not kept.
    fn text(&self) -> Vec<u8> {
        let mut text = self.head.clone();
        if self.left_out > 0 {
            text.extend(format!("\n… {} bytes are left out …\n", self.left_out).bytes());
        }
        text.extend(&self.tail);
        text
    }
}

/// A process whose output is kept.
pub(crate) struct Child {
    pid: Pid,
    stdout: Arc<Mutex<Kept>>,
    /// The same where both outputs are kept as one.
    stderr: Arc<Mutex<Kept>>,
    /// Nobody sends anything; it is closed when both have come to their end.
    drained: Receiver<()>,
}

impl Child {
    /// Starts it in a process group of its own; `together` keeps both outputs as one.
    pub(crate) fn start(command: &[OsString], together: bool) -> io::Result<Self> {
        let (program, arguments) = command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let stdout = Arc::new(Mutex::new(Kept::default()));
        let stderr = if together { Arc::clone(&stdout) } else { Arc::default() };
        let (sender, drained) = channel();
        if let Some(pipe) = child.stdout.take() {
            keep(pipe, io::stdout(), Arc::clone(&stdout), sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            keep(pipe, io::stderr(), Arc::clone(&stderr), sender);
        }
        // A process id is positive and fits.
        Ok(Self { pid: Pid::from_raw(child.id().cast_signed()), stdout, stderr, drained })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Ends it with all that it has started; an error where somebody is left all the same.
    pub(crate) fn end(&self) -> io::Result<()> {
        let nobody_left = end_the_rest(self.pid);
        // What has left both group and namespace may hold the pipes for ever.
        let _ = self.drained.recv_timeout(DRAIN);
        if nobody_left { Ok(()) } else { Err(io::Error::other("a process of another user cannot be ended")) }
    }

    pub(crate) fn stdout(&self) -> Vec<u8> {
        self.stdout.lock().unwrap_or_else(PoisonError::into_inner).text()
    }

    pub(crate) fn stderr(&self) -> Vec<u8> {
        self.stderr.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

/// Reads to the end, however much that is: a process that cannot write waits.
fn keep(
    mut pipe: impl Read + Send + 'static,
    mut log: impl Write + Send + 'static,
    kept: Arc<Mutex<Kept>>,
    done: Sender<()>,
) {
    thread::spawn(move || {
        let mut chunk = vec![0; 64 << 10];
        let mut shown = 0;
        loop {
            let count = match pipe.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => break,
            };
            kept.lock().unwrap_or_else(PoisonError::into_inner).add(&chunk[..count]);
            let more = count.min(SHOWN - shown);
            // Nobody has to read the log.
            let _ = log.write_all(&chunk[..more]).and_then(|()| log.flush());
            shown += more;
        }
        drop(done);
    });
}

/// The time that is left until then.
pub(crate) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_kept_from_both_ends() {
        let mut kept = Kept::default();
        kept.add(b"first\n");
        let chunk = vec![b'x'; 64 << 10];
        for _ in 0..1000 {
            kept.add(&chunk);
        }
        kept.add(b"last\n");
        let (text, all) = (kept.text(), (1000 * (64 << 10)) + 11);
        let note = format!("\n… {} bytes are left out …\n", all - HEAD - TAIL);
        assert!(text.starts_with(b"first\nxxx") && text.ends_with(b"xxx\x6cast\n"));
        assert_eq!(text.len(), HEAD + TAIL + note.len());
        assert_eq!(&text[HEAD..HEAD + note.len()], note.as_bytes());
    }
}
