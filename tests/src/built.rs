//! What a build comes to: its course and its end, and the image that it leaves in the engine.

use std::ops::Deref;

use crate::docker::{Outcome, docker};
use crate::progress::Progress;

/// How a build ended and what its course was.
#[derive(Debug, Clone)]
pub struct Built {
    /// How the client ended.
    pub outcome: Outcome,
    /// The build's course.
    pub progress: Progress,
}

impl Built {
    /// Of a client that was run with `--progress=rawjson`.
    pub fn new(outcome: Outcome) -> Self {
        let progress = Progress::parse(&outcome.stderr);
        Self { outcome, progress }
    }

    /// Ends the test unless the build succeeded.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the check alone may be wanted")]
    pub fn ok(self) -> Self {
        let Progress { logs, messages, .. } = &self.progress;
        assert!(self.outcome.code == Some(0), "{}\nfailed\n{logs}\n{messages}", self.outcome.command);
        self
    }

    /// Ends the test unless the build failed.
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "the check alone may be wanted")]
    pub fn failed(self) -> Self {
        assert!(self.outcome.code != Some(0), "{}\nshould have failed", self.outcome.command);
        self
    }

    /// What the client says at the end, without the progress: errors and the excerpt of the spec.
    pub fn messages(&self) -> &str {
        &self.progress.messages
    }

    /// Ends the test unless just these steps were done and all others taken from the cache. A step is named by a part
    /// of its name.
    ///
    /// A step that a build shares with one that runs at the same time counts as done, whichever of them did it: begin
    /// with a step that has a `NONCE`.
    #[track_caller]
    pub fn assert_ran(&self, expected: &[&str]) {
        let ran = self.progress.ran();
        let matches = ran.len() == expected.len()
            && expected.iter().all(|part| ran.iter().any(|name| name.contains(part)));
        assert!(
            matches,
            "steps that ran: {ran:#?}\nexpected: {expected:#?}\ncached: {:#?}",
            self.progress.cached()
        );
    }
}

impl Deref for Built {
    type Target = Progress;

    fn deref(&self) -> &Progress {
        &self.progress
    }
}

/// An image in the engine, and how it was built. Removed when dropped.
#[derive(Debug)]
pub struct Tag {
    /// Its name.
    pub name: ImageName,
    /// How it was built.
    pub built: Built,
}

/// The name of an image in the engine, which is removed when this is dropped.
#[derive(Debug)]
pub struct ImageName(String);

impl ImageName {
    /// A name that an image has, or will have.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }
}

impl Deref for ImageName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for ImageName {
    fn drop(&mut self) {
        docker(["image", "rm", "--force", &self.0]);
    }
}
