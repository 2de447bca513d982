//! An engine of one test: another daemon with the programs of the engine in use, which may be killed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::docker::{docker, frontend, repository};
use crate::tools::run;

/// An engine with the base image and the frontend image. Stopped when dropped.
#[derive(Debug)]
pub struct OwnEngine {
    cache: TempDir,
    version: String,
}

impl OwnEngine {
    /// Starts one. It takes one of `docker/engine` to be in use.
    #[track_caller]
    pub fn start() -> Self {
        let version = std::env::var("OPTFRONTEND_ENGINE").unwrap_or_default();
        let Some(installed) = installed(&version) else {
            panic!("the engine in use is none of docker/engine, whose programs this test takes")
        };
        let engine = Self { cache: crate::tempdir(), version };
        let folder = engine.cache.path().join("engine");
        for shared in [format!("{}/root", engine.version), "28/root".to_owned(), "qemu".to_owned()] {
            let link = folder.join(&shared);
            let made = link.parent().map_or(Ok(()), fs::create_dir_all);
            let is_there = link.exists() || !installed.join(&shared).exists();
            if let Err(error) =
                made.and_then(|()| if is_there { Ok(()) } else { symlink(installed.join(&shared), &link) })
            {
                panic!("{}: {error}", link.display());
            }
        }
        engine.up();
        let images = engine.cache.path().join("images.tar");
        docker([
            Path::new("save"),
            Path::new("--output"),
            &images,
            Path::new("busybox:1.36"),
            Path::new(&frontend()),
        ])
        .ok();
        run(Command::new("docker")
            .args(["load", "--quiet", "--input"])
            .arg(&images)
            .env("DOCKER_HOST", engine.host()));
        engine
    }

    /// Starts it again.
    #[track_caller]
    pub fn up(&self) {
        run(self.command("up").stderr(Stdio::null()));
    }

    /// What `DOCKER_HOST` is for it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.folder().join("run/docker.sock").display())
    }

    /// Kills its daemon, which gets no time for anything.
    #[track_caller]
    pub fn kill(&self) {
        let first = fs::read_to_string(self.folder().join("run/pid")).unwrap_or_default();
        let first = first.split(' ').next().unwrap_or_default();
        let is_daemon = |pid: &str| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.contains(" (dockerd) ")
                && stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)) == Some(first)
        };
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        let mut pids = processes.map(|process| process.file_name().to_string_lossy().into_owned());
        let Some(pid) = pids.find(|pid| is_daemon(pid)) else { panic!("there is no daemon below {first}") };
        run(Command::new("kill").args(["-KILL", &pid]));
    }

    fn folder(&self) -> PathBuf {
        self.cache.path().join("engine").join(&self.version)
    }

    fn command(&self, what: &str) -> Command {
        let mut command = Command::new(repository().join("docker/engine"));
        command.args([what, &self.version]).env("OPTFRONTEND_CACHE", self.cache.path());
        command
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        drop(self.command("down").stdout(Stdio::null()).stderr(Stdio::null()).status());
    }
}

/// Where the engines of `docker/engine` are installed, if the one in use is this one of them.
fn installed(version: &str) -> Option<PathBuf> {
    let host = std::env::var("DOCKER_HOST").ok()?;
    let folder = Path::new(host.strip_prefix("unix://")?).parent()?.parent()?;
    (folder.file_name()? == version && folder.join("root").is_dir())
        .then(|| folder.parent().map(Path::to_owned))?
}
