//! Programs that Debian installs with the engine: a registry, an ssh agent.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A program of the engine's root folder, with the loader and the libraries of that; else one of this machine.
pub(crate) fn tool(name: &str) -> Command {
    in_engine(name).unwrap_or_else(|| Command::new(name))
}

fn in_engine(name: &str) -> Option<Command> {
    let host = std::env::var("DOCKER_HOST").ok()?;
    let socket = PathBuf::from(host.strip_prefix("unix://")?);
    let root = socket.parent()?.parent()?.join("root/usr");
    let program = root.join("bin").join(name);
    let libraries = root.join(format!("lib/{}-linux-gnu", std::env::consts::ARCH));
    let loader = ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"].map(|loader| libraries.join(loader));
    let loader = loader.into_iter().find(|loader| loader.exists())?;
    if !program.exists() {
        return None;
    }
    let mut command = Command::new(loader);
    command.arg("--library-path").arg(libraries).arg(program);
    Some(command)
}

/// A process that runs as long as this lives.
#[derive(Debug)]
pub(crate) struct Service(Child);

impl Service {
    #[track_caller]
    pub(crate) fn start(command: &mut Command) -> Self {
        match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn() {
            Ok(child) => Self(child),
            Err(error) => panic!("{command:?}: {error}"),
        }
    }

    /// Ends it.
    pub(crate) fn end(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command to its end. It must succeed.
#[track_caller]
pub(crate) fn run(command: &mut Command) {
    match command.stdin(Stdio::null()).output() {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)),
        Err(error) => panic!("{command:?}: {error}"),
    }
}
