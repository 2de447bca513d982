//! An ssh agent that holds a key made for one test.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tempdir;
use crate::tools::{Service, run, tool};

/// An agent. It ends when dropped, and its key goes with it.
#[derive(Debug)]
pub struct Agent {
    folder: TempDir,
    service: Service,
}

impl Agent {
    /// Starts an agent and gives it a new key of that comment.
    #[track_caller]
    pub fn start(comment: &str) -> Self {
        let folder = tempdir();
        let (socket, key) = (folder.path().join("agent"), folder.path().join("key"));
        run(tool("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]).arg(&key));
        let service = Service::start(tool("ssh-agent").arg("-D").arg("-a").arg(&socket));
        let end = Instant::now() + Duration::from_secs(20);
        while !socket.exists() {
            assert!(Instant::now() < end, "the ssh agent does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        run(tool("ssh-add").arg("-q").arg(&key).env("SSH_AUTH_SOCK", &socket));
        Self { folder, service }
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("agent")
    }

    /// The private key, as a file.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("key")
    }

    /// The public key, as a line of `authorized_keys`.
    #[track_caller]
    pub fn public_key(&self) -> String {
        let path = self.folder.path().join("key.pub");
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Ends it as a crash would: its socket stays, and nobody listens.
    pub fn crash(&mut self) {
        self.service.end();
    }
}
