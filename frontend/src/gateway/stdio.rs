//! The connection to `BuildKit`: its end is our stdin (bytes to us) and stdout (bytes from us).
//!
//! Both are pipes when `BuildKit` starts us. They are read and written by the event loop itself: the
//! usual asynchronous stdin and stdout go through helper threads, which cost start-up time and can
//! keep a finished process from ending.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// Why stdin and stdout cannot carry the connection.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// Stdin or stdout is a terminal, a file or the like: a person started the program.
    #[error(
        "{stream} is not a pipe: this command is started by BuildKit, which talks to it over stdin \
         and stdout. Name its image in the first line of a build spec and run `docker build`"
    )]
    NotAPipe {
        /// `stdin` or `stdout`.
        stream: &'static str,
        /// What the operating system answered.
        source: io::Error,
    },
    /// The stream could not be duplicated, for example because it is closed.
    #[error("cannot use {stream} to talk to BuildKit: {source}")]
    Unusable {
        /// `stdin` or `stdout`.
        stream: &'static str,
        /// What the operating system answered.
        source: io::Error,
    },
}

/// Stdin and stdout as one two-way stream.
///
/// Must be made inside a Tokio runtime with its IO driver on.
#[derive(Debug)]
pub struct Stdio {
    from_daemon: Incoming,
    to_daemon: Outgoing,
}

#[derive(Debug)]
enum Incoming {
    Pipe(pipe::Receiver),
    Socket(UnixStream),
}

#[derive(Debug)]
enum Outgoing {
    Pipe(pipe::Sender),
    Socket(UnixStream),
}

impl Stdio {
    /// Takes over stdin and stdout. Fails when one of them is neither a pipe nor a Unix socket.
    pub fn open() -> Result<Self, StdioError> {
        Ok(Self {
            from_daemon: incoming(duplicate("stdin", &io::stdin())?)?,
            to_daemon: outgoing(duplicate("stdout", &io::stdout())?)?,
        })
    }
}

fn duplicate(stream: &'static str, handle: &impl AsFd) -> Result<OwnedFd, StdioError> {
    handle.as_fd().try_clone_to_owned().map_err(|source| StdioError::Unusable { stream, source })
}

fn incoming(descriptor: OwnedFd) -> Result<Incoming, StdioError> {
    let spare = duplicate("stdin", &descriptor)?;
    pipe::Receiver::from_owned_fd(descriptor).map(Incoming::Pipe).or_else(|source| {
        socket(spare).map(Incoming::Socket).ok_or(StdioError::NotAPipe { stream: "stdin", source })
    })
}

fn outgoing(descriptor: OwnedFd) -> Result<Outgoing, StdioError> {
    let spare = duplicate("stdout", &descriptor)?;
    pipe::Sender::from_owned_fd(descriptor).map(Outgoing::Pipe).or_else(|source| {
        socket(spare).map(Outgoing::Socket).ok_or(StdioError::NotAPipe { stream: "stdout", source })
    })
}

/// The descriptor as a Unix socket, if it is one: only a socket has a local address.
fn socket(descriptor: OwnedFd) -> Option<UnixStream> {
    let socket = StdUnixStream::from(descriptor);
    socket.local_addr().ok()?;
    socket.set_nonblocking(true).ok()?;
    UnixStream::from_std(socket).ok()
}

impl AsyncRead for Stdio {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.from_daemon {
            Incoming::Pipe(pipe) => Pin::new(pipe).poll_read(context, buffer),
            Incoming::Socket(socket) => Pin::new(socket).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.to_daemon {
            Outgoing::Pipe(pipe) => Pin::new(pipe).poll_write(context, bytes),
            Outgoing::Socket(socket) => Pin::new(socket).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.to_daemon {
            Outgoing::Pipe(pipe) => Pin::new(pipe).poll_flush(context),
            Outgoing::Socket(socket) => Pin::new(socket).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.to_daemon {
            Outgoing::Pipe(pipe) => Pin::new(pipe).poll_shutdown(context),
            Outgoing::Socket(socket) => Pin::new(socket).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn bytes_pass_through_pipes_both_ways() {
        let (mut daemon_writes, we_read) = pipe::pipe().unwrap();
        let (we_write, mut daemon_reads) = pipe::pipe().unwrap();
        let mut stdio = Stdio {
            from_daemon: incoming(we_read.into_blocking_fd().unwrap()).unwrap(),
            to_daemon: outgoing(we_write.into_blocking_fd().unwrap()).unwrap(),
        };
        let mut buffer = [0; 4];
        daemon_writes.write_all(b"ping").await.unwrap();
        stdio.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"ping");
        stdio.write_all(b"pong").await.unwrap();
        daemon_reads.read_exact(&mut buffer).await.unwrap();
        assert_eq!(&buffer, b"pong");
    }

    #[tokio::test]
    async fn a_unix_socket_does_as_well() {
        let (ours, theirs) = StdUnixStream::pair().unwrap();
        let mut outgoing = outgoing(OwnedFd::from(ours)).unwrap();
        let Outgoing::Socket(socket) = &mut outgoing else {
            panic!("{outgoing:?} is not a socket");
        };
        socket.write_all(b"x").await.unwrap();
        theirs.set_nonblocking(true).unwrap();
        let mut theirs = UnixStream::from_std(theirs).unwrap();
        assert_eq!(theirs.read_u8().await.unwrap(), b'x');
    }

    #[tokio::test]
    async fn anything_else_is_told_what_the_program_is_for() {
        let file = File::open("/dev/null").unwrap();
        let error = incoming(OwnedFd::from(file)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "stdin is not a pipe: this command is started by BuildKit, which talks to it over \
             stdin and stdout. Name its image in the first line of a build spec and run \
             `docker build`"
        );
    }
}
