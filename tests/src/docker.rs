//! The docker command, and the engine that it must reach.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The image that specs name on their first line.
pub(crate) const FRONTEND: &str = "optfrontend/optfrontend:1";

/// The variable that names another frontend image to test, such as a published one.
const OTHER_FRONTEND: &str = "OPTFRONTEND_IMAGE";

/// The frontend image to test.
pub fn frontend() -> String {
    std::env::var(OTHER_FRONTEND).unwrap_or_else(|_| FRONTEND.to_owned())
}

/// The flag that has a file built by the frontend image to test, where its first line names the usual one.
pub(crate) fn frontend_flag(file: &Path) -> Option<String> {
    let other = std::env::var(OTHER_FRONTEND).ok()?;
    let text = std::fs::read(file).ok()?;
    let first = text.split(|byte| *byte == b'\n').next()?;
    first
        .starts_with(format!("# syntax={FRONTEND}").as_bytes())
        .then(|| format!("--build-arg=BUILDKIT_SYNTAX={other}"))
}

/// The longest that a command may take. Emulated builds are the slowest.
const LIMIT: Duration = Duration::from_secs(300);

/// The root of the repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// Makes sure, once, that an engine and the frontend image are there; ends the test with what to do otherwise.
#[track_caller]
pub fn engine() {
    static STATE: OnceLock<Result<(), String>> = OnceLock::new();
    if let Err(message) = STATE.get_or_init(look_for_engine) {
        panic!("{message}");
    }
}

fn look_for_engine() -> Result<(), String> {
    let works = |args: &[&str]| {
        Command::new("docker")
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|it| it.success())
    };
    let hint = "`make test` brings up an engine, loads the images and runs all tests; by hand: \
                docker/engine up && eval \"$(docker/engine env)\" && docker/bases && docker/image";
    if !works(&["buildx", "version"]) || !works(&["version"]) {
        return Err(format!(
            "these tests build on a real Docker engine, and the environment reaches none. {hint}"
        ));
    }
    let frontend = frontend();
    if !works(&["image", "inspect", &frontend]) {
        return Err(format!("the engine does not have the frontend image {frontend}. {hint}"));
    }
    if !works(&["image", "inspect", "busybox:1.36"]) {
        return Err(format!("the engine does not have the base images that tests use. {hint}"));
    }
    Ok(())
}

/// The release of `BuildKit` in the engine, such as `(0, 25)`. A `BuildKit` within Docker does not say its own on every
/// build of Docker: then the one that Docker's release came with.
#[track_caller]
pub fn buildkit_version() -> (u32, u32) {
    static VERSION: OnceLock<(u32, u32)> = OnceLock::new();
    *VERSION.get_or_init(look_up_buildkit)
}

/// The release of the client's buildx, such as `(0, 13)`.
#[track_caller]
pub fn buildx_version() -> (u32, u32) {
    static VERSION: OnceLock<(u32, u32)> = OnceLock::new();
    *VERSION.get_or_init(|| {
        let told = docker(["buildx", "version"]).ok().stdout;
        match told.split(' ').nth(1).and_then(numbers) {
            Some(version) => version,
            None => panic!("`docker buildx version` tells no version: {told}"),
        }
    })
}

/// The first two numbers of a version.
fn numbers(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split(['.', '-', '+']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[track_caller]
fn look_up_buildkit() -> (u32, u32) {
    let nodes = docker(["buildx", "inspect"]).ok().stdout;
    let own = nodes.lines().find_map(|line| numbers(line.strip_prefix("BuildKit version:")?));
    if let Some(version) = own.filter(|version| *version != (0, 0)) {
        return version;
    }
    let server = docker(["version", "--format", "{{.Server.Version}}"]).ok().stdout;
    match numbers(&server) {
        Some((..=22, _)) => (0, 8),
        Some((23, _)) => (0, 10),
        Some((24, _)) => (0, 11),
        Some((25, _)) => (0, 12),
        Some((26, _)) => (0, 13),
        Some((27, _)) => (0, 14),
        Some((28, ..=2)) => (0, 20),
        Some((28, 3)) => (0, 23),
        Some((28, 4)) => (0, 24),
        _ => (0, 25),
    }
}

/// Runs docker to its end.
#[track_caller]
pub fn docker<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Outcome {
    Running::start(args, None).wait()
}

/// How a command ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The command, for messages.
    pub command: String,
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
    /// How long it ran.
    pub time: Duration,
}

impl Outcome {
    /// Ends the test unless the command did what it was told.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the check alone may be wanted")]
    pub fn ok(self) -> Self {
        assert!(
            self.code == Some(0),
            "{}\nended with {:?}\n{}\n{}",
            self.command,
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Ends the test unless the command failed.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the check alone may be wanted")]
    pub fn failed(self) -> Self {
        assert!(
            self.code != Some(0),
            "{}\nshould have failed\n{}\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// A docker command that runs. Killed when dropped.
#[derive(Debug)]
pub struct Running {
    command: String,
    child: Child,
    /// Holds what it writes: files need no threads that read.
    output: TempDir,
    started: Instant,
}

impl Running {
    /// Starts docker, in a process group of its own and in `folder` where one is given.
    #[track_caller]
    pub fn start<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>, folder: Option<&Path>) -> Self {
        let mut command = Command::new("docker");
        command.args(args).stdin(Stdio::null());
        if let Some(folder) = folder {
            command.current_dir(folder);
        }
        Self::spawn(command)
    }

    /// Starts docker as the command says, in a process group of its own.
    #[track_caller]
    pub fn spawn(mut command: Command) -> Self {
        use std::os::unix::process::CommandExt as _;

        engine();
        let output = crate::tempdir();
        let file =
            |name: &str| File::create(output.path().join(name)).map_or_else(|_| Stdio::null(), Stdio::from);
        command.stdout(file("stdout")).stderr(file("stderr")).process_group(0);
        let text = format!("{command:?}").replace('"', "");
        match command.spawn() {
            Ok(child) => Self { command: text, child, output, started: Instant::now() },
            Err(error) => panic!("{text}: {error}"),
        }
    }

    /// The id of the process and of its group.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stderr so far.
    pub fn stderr(&self) -> String {
        self.read("stderr")
    }

    fn read(&self, name: &str) -> String {
        let path: PathBuf = self.output.path().join(name);
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
    }

    /// Waits until a text appears on stderr.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) {
        while !self.stderr().contains(text) {
            let ended = !matches!(self.child.try_wait(), Ok(None));
            assert!(
                !ended && self.started.elapsed() < LIMIT,
                "{}\nnever said {text:?}\n{}",
                self.command,
                self.stderr()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal to the whole group, as a terminal does.
    pub fn signal(&self, name: &str) {
        signal(&format!("-{name}"), self.id());
    }

    /// Waits for the end.
    #[track_caller]
    pub fn wait(mut self) -> Outcome {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => {
                    return Outcome {
                        command: self.command.clone(),
                        code: status.code(),
                        stdout: self.read("stdout"),
                        stderr: self.read("stderr"),
                        time: self.started.elapsed(),
                    };
                }
                Ok(None) if self.started.elapsed() < LIMIT => std::thread::sleep(Duration::from_millis(10)),
                other => panic!("{}\ndid not end in {LIMIT:?} ({other:?})\n{}", self.command, self.stderr()),
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            signal("-KILL", self.id());
            drop(self.child.wait());
        }
    }
}

fn signal(name: &str, group: u32) {
    drop(Command::new("kill").args([name, "--", &format!("-{group}")]).status());
}
