//! What tests are made of: builds on the real engine and what comes out of them, and a daemon in memory.
//!
//! ```no_run
//! use optfrontend_tests::Build;
//!
//! let image = Build::spec("stages: {app: {from: scratch, steps: [{copy: a.txt}]}}").file("a.txt", "hello").image();
//! assert_eq!(image.only().text("/a.txt"), "hello");
//! ```
//!
//! A helper that cannot do its job ends the test with a sentence; that is what a test wants of it.
#![allow(clippy::missing_panics_doc, reason = "helpers of tests end the test")]

pub mod fake_gateway;

mod agent;
mod archive;
mod build;
mod built;
mod container;
mod diff;
mod docker;
mod git_server;
mod http;
mod image;
mod layout;
mod nonce;
mod old_engines;
mod own_engine;
mod pair;
mod progress;
mod recorder;
mod reference;
mod registry;
mod results;
mod rounds;
mod site;
mod store;
mod tools;
mod traces;
mod tree;

pub use agent::Agent;
pub use archive::{gzip, tar};
pub use build::Build;
pub use built::{Built, ImageName, Tag};
pub use container::Container;
pub use diff::{Difference, differences, platform_differences};
pub use docker::{Outcome, Running, buildkit_version, buildx_version, docker, engine, frontend, repository};
pub use git_server::GitServer;
pub use http::{Response, get, request};
pub use image::{Image, PlatformImage, Platforms};
pub use layout::Blobs;
pub use nonce::nonce;
pub use old_engines::{Effect, Section, all_sections, is_refused, sections_for, with_targets};
pub use own_engine::OwnEngine;
pub use pair::{Need, Pair, wanted_differences};
pub use progress::{Progress, Step, Warning};
pub use recorder::Recorder;
pub use reference::{keep_reference, reference};
pub use registry::Registry;
pub use results::{impossible, record};
pub use rounds::in_one_of_three_rounds;
pub use site::{Repository, Served, Site};
pub use store::{Store, store};
pub use traces::Traces;
pub use tree::{Entry, Kind, Tree};

/// A folder that goes when it is dropped.
#[track_caller]
fn tempdir() -> tempfile::TempDir {
    match tempfile::tempdir() {
        Ok(folder) => folder,
        Err(error) => panic!("cannot make a temporary folder: {error}"),
    }
}
