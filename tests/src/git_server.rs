//! A git server over ssh: sshd and git in a container, as `tests/git-server` makes it.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::agent::Agent;
use crate::build::Build;
use crate::built::Tag;
use crate::container::Container;
use crate::docker::repository;
use crate::site::Repository;

/// A server with one repository, for whoever holds the key of one agent. It ends when dropped.
#[derive(Debug)]
pub struct GitServer {
    address: String,
    _container: Container,
    _image: Tag,
}

impl GitServer {
    /// Starts one.
    #[track_caller]
    pub fn start(served: &Repository, agent: &Agent) -> Self {
        let build = Build::copy_of(repository().join("tests/git-server"));
        build.write("authorized_keys", agent.public_key());
        served.clone_to(&build.folder().join("repositories/r.git"));
        let image = build.load();
        let container = Container::start(&image, &[]);
        // That of the container itself, as a URL of this form has no port.
        let address = container.inspect("{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}");
        let end = Instant::now() + Duration::from_secs(40);
        while TcpStream::connect((address.as_str(), 22)).is_err() {
            assert!(Instant::now() < end, "the ssh server does not answer at {address}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Self { address, _container: container, _image: image }
    }

    /// The repository as scp writes a place: `git@HOST:r.git`.
    pub fn place(&self) -> String {
        format!("git@{}:r.git", self.address)
    }

    /// The repository as a URL: `ssh://git@HOST/srv/r.git`.
    pub fn url(&self) -> String {
        format!("ssh://git@{}/srv/r.git", self.address)
    }
}
