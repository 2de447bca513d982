//! A daemon in memory, for tests: it serves the gateway to the real client code, says what it is told to say, and
//! remembers what it was asked.
//!
//! ```no_run
//! # async fn example() {
//! use optfrontend_tests::fake_gateway::FakeGateway;
//!
//! let session = FakeGateway::new()
//!     .file("dockerfile", "build.yaml", "stages: {}")
//!     .image("docker.io/library/alpine:3.22", r#"{"os":"linux","architecture":"amd64"}"#)
//!     .start();
//! let gateway = session.connect().await;
//! # }
//! ```
//!
//! It solves nothing: the file system of a solved source is what the test says it holds, that of any other graph is
//! empty. Failures of steps show when a file system is looked into, as they do with the real one.

mod bridge;
mod daemon;
mod files;
mod record;
mod session;

use std::collections::BTreeMap;

use buildkit_proto::google::rpc::Status;
use buildkit_proto::pb;

pub use daemon::Release;
pub use record::{Call, Outcome, Request};
pub use session::FakeSession;

use daemon::Daemon;

/// Files by path.
type Files = BTreeMap<String, Vec<u8>>;

/// What the daemon is to be and to hold. Ends with [`FakeGateway::start`].
#[derive(Debug, Clone, Default)]
pub struct FakeGateway {
    daemon: Daemon,
    sources: BTreeMap<String, Files>,
    images: BTreeMap<(String, String), Image>,
    replaced: BTreeMap<String, String>,
    inputs: BTreeMap<String, pb::Definition>,
    call_failures: BTreeMap<String, Status>,
    source_failures: BTreeMap<String, Status>,
    hang_up_at: Option<String>,
    solve_form: Option<SolveForm>,
}

/// An image of the registry.
#[derive(Debug, Clone, Default)]
struct Image {
    digest: String,
    config: Vec<u8>,
}

/// The form of the reply to a solve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SolveForm {
    /// A message with an id and the definition, since 0.7.
    Message,
    /// A plain id within the result.
    Id,
    /// A plain id in place of the result.
    TopLevel,
    /// A result for each platform, which nobody asked for.
    Map,
    /// Nothing at all.
    Nothing,
}

impl FakeGateway {
    /// A daemon of the newest release, with no files and no images.
    pub fn new() -> Self {
        Self::default()
    }

    /// A daemon of another release: capabilities, forms of replies and limits are those of that one.
    #[must_use]
    pub fn release(mut self, release: Release) -> Self {
        self.daemon.release = release;
        self
    }

    /// A capability that is listed and switched off.
    #[must_use]
    pub fn disabled(mut self, cap: &str, reason: &str) -> Self {
        self.daemon.disabled.insert(cap.to_owned(), reason.to_owned());
        self
    }

    /// A capability that the daemon does not know.
    #[must_use]
    pub fn without(mut self, cap: &str) -> Self {
        self.daemon.missing.insert(cap.to_owned());
        self
    }

    /// What the daemon's worker runs, the native platform first: `linux/amd64` if not said.
    #[must_use]
    pub fn platforms(mut self, platforms: &[&str]) -> Self {
        self.daemon.platforms = platforms.iter().map(|platform| (*platform).to_owned()).collect();
        self
    }

    /// A file that the client has in its local source `local`.
    #[must_use]
    pub fn file(self, local: &str, path: &str, data: impl Into<Vec<u8>>) -> Self {
        self.source_file(&format!("local://{local}"), path, data)
    }

    /// A file in a source of any kind, by its identifier: `git://...`, `https://...`.
    #[must_use]
    pub fn source_file(mut self, identifier: &str, path: &str, data: impl Into<Vec<u8>>) -> Self {
        self.sources.entry(identifier.to_owned()).or_default().insert(path.to_owned(), data.into());
        self
    }

    /// An image with the same config for all platforms. Its digest is made from the config.
    #[must_use]
    pub fn image(self, reference: &str, config: impl Into<Vec<u8>>) -> Self {
        self.image_for(reference, "", config)
    }

    /// An image with a config for one platform, such as `linux/arm64`.
    #[must_use]
    pub fn image_for(mut self, reference: &str, platform: &str, config: impl Into<Vec<u8>>) -> Self {
        let config = config.into();
        let image = Image { digest: record::digest(&config), config };
        self.images.insert((reference.to_owned(), platform.to_owned()), image);
        self
    }

    /// The identifier of an image with the same config for all platforms, by its digest.
    pub fn image_source(&self, reference: &str) -> String {
        let image = self.images.get(&(reference.to_owned(), String::new()));
        let digest = image.map(|image| image.digest.as_str()).unwrap_or_default();
        format!("docker-image://{reference}@{digest}")
    }

    /// An image that only the daemon's local store has: no digest is known of it.
    #[must_use]
    pub fn local_image(mut self, reference: &str, config: impl Into<Vec<u8>>) -> Self {
        let image = Image { digest: String::new(), config: config.into() };
        self.images.insert((reference.to_owned(), String::new()), image);
        self
    }

    /// A source policy that puts another source in the place of an image.
    #[must_use]
    pub fn replaced_image(mut self, reference: &str, identifier: &str) -> Self {
        self.replaced.insert(reference.to_owned(), identifier.to_owned());
        self
    }

    /// A graph that the client hands over.
    #[must_use]
    pub fn input(mut self, name: &str, definition: pb::Definition) -> Self {
        self.inputs.insert(name.to_owned(), definition);
        self
    }

    /// Makes every call of a method fail.
    #[must_use]
    pub fn fail_call(mut self, method: &str, status: Status) -> Self {
        self.call_failures.insert(method.to_owned(), status);
        self
    }

    /// Makes a source fail: every file system made from it, once it is looked into.
    #[must_use]
    pub fn fail_source(mut self, identifier: &str, status: Status) -> Self {
        self.source_failures.insert(identifier.to_owned(), status);
        self
    }

    /// Ends the connection when a method is called.
    #[must_use]
    pub fn hang_up_at(mut self, method: &str) -> Self {
        self.hang_up_at = Some(method.to_owned());
        self
    }

    /// Answers solves in another form than the release does.
    #[must_use]
    pub fn solve_form(mut self, form: SolveForm) -> Self {
        self.solve_form = Some(form);
        self
    }
    /// Starts serving. Must be called inside a Tokio runtime with a clock.
    pub fn start(self) -> FakeSession {
        FakeSession::start(self)
    }
}
