//! The program as a process, in a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// A folder that the program is started in, gone behind the test.
pub(crate) struct Desk(pub(crate) PathBuf);

impl Desk {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("optfrontend-desk-{}-{number}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn with(spec: &str) -> Self {
        Self::new().file("build.yaml", spec)
    }

    pub(crate) fn file(self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        self
    }

    /// With all files of a folder, where there is one.
    pub(crate) fn copy(self, from: &Path) -> Self {
        let mut desk = self;
        let mut folders = vec![from.to_path_buf()];
        while let Some(next) = folders.pop() {
            for entry in fs::read_dir(next).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    desk = desk
                        .file(&path.strip_prefix(from).unwrap().to_string_lossy(), fs::read(&path).unwrap());
                }
            }
        }
        desk
    }

    pub(crate) fn run(&self, words: &[&str]) -> Told {
        told(command(words).current_dir(&self.0).stdin(Stdio::null()).output().unwrap())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

pub(crate) fn command(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_optfrontend"));
    command.args(words).env_remove("BUILDKIT_SESSION_ID").env_remove("BUILDKIT_WORKERS");
    command
}

/// What the program has said.
pub(crate) struct Told {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn told(Output { status, stdout, stderr }: Output) -> Told {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

impl Told {
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self
    }

    /// Everything, for a snapshot.
    pub(crate) fn all(&self) -> String {
        let Self { code, out, err } = self;
        format!("exit code {code}\n--- stdout\n{out}--- stderr\n{err}")
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

pub(crate) fn shop() -> Desk {
    Desk::with(&fs::read_to_string(repository("frontend/tests/explained/shop.yaml")).unwrap())
}

#[track_caller]
pub(crate) fn assert_snapshot(name: &str, told: &Told) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, told.all()));
}
