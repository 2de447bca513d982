//! Containers that run while a test looks at them.

use std::time::{Duration, Instant};

use crate::built::Tag;
use crate::docker::docker;
use crate::http::{self, Response};

/// A container. Removed when dropped.
#[derive(Debug)]
pub struct Container {
    id: String,
}

impl Container {
    /// Starts the image as it is, with flags for `docker run`.
    #[track_caller]
    pub fn start(image: &Tag, flags: &[&str]) -> Self {
        let args = ["run", "--detach"].iter().chain(flags).copied().chain([&*image.name]);
        Self { id: docker(args).ok().stdout.trim().to_owned() }
    }

    /// Starts the image with a port published on this machine's loopback.
    #[track_caller]
    pub fn serve(image: &Tag, port: u16) -> Self {
        Self::start(image, &["--publish", &format!("127.0.0.1::{port}")])
    }

    /// The port of this machine behind which a port of the container is.
    #[track_caller]
    pub fn port(&self, port: u16) -> u16 {
        let mapped = docker(["port", &self.id, &port.to_string()]).ok().stdout;
        let number = mapped
            .lines()
            .next()
            .and_then(|line| line.rsplit(':').next())
            .and_then(|number| number.trim().parse().ok());
        match number {
            Some(number) => number,
            None => panic!("port {port} is not published: {mapped}"),
        }
    }

    /// Waits until a path is answered.
    #[track_caller]
    pub fn answer(&self, port: u16, path: &str) -> Response {
        let port = self.port(port);
        self.wait_until("it answers", || http::get(port, path).ok())
    }

    /// What `docker inspect` says, by a Go template.
    #[track_caller]
    pub fn inspect(&self, template: &str) -> String {
        docker(["inspect", "--format", template, &self.id]).ok().stdout.trim().to_owned()
    }

    /// Asks it to end, and returns its exit code: 137 where it had to be killed.
    #[track_caller]
    pub fn stop(&self) -> u8 {
        docker(["stop", "--time=30", &self.id]).ok();
        let code = self.inspect("{{.State.ExitCode}}");
        match code.parse() {
            Ok(code) => code,
            Err(error) => panic!("{code}: {error}"),
        }
    }

    /// Waits until the image's own check calls the container healthy.
    #[track_caller]
    pub fn wait_until_healthy(&self) {
        self.wait_until_health("healthy");
    }

    /// Waits until the image's own check calls the container unhealthy; returns what the check has said.
    #[track_caller]
    pub fn wait_until_unhealthy(&self) -> String {
        self.wait_until_health("unhealthy");
        self.inspect("{{range .State.Health.Log}}{{.Output}}{{end}}")
    }

    #[track_caller]
    fn wait_until_health(&self, status: &str) {
        let is_so = || self.inspect("{{.State.Health.Status}}") == status;
        self.wait_until(&format!("it is {status}"), || is_so().then_some(()));
    }

    #[track_caller]
    fn wait_until<T>(&self, what: &str, ready: impl Fn() -> Option<T>) -> T {
        let end = Instant::now() + Duration::from_secs(120);
        loop {
            if let Some(value) = ready() {
                return value;
            }
            let logs = || docker(["logs", &self.id]);
            assert!(Instant::now() < end, "waited in vain until {what}: {:?}", logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker(["rm", "--force", "--volumes", &self.id]);
    }
}
