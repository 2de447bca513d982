//! The gateway: everything that passes between us and the daemon.
//!
//! `BuildKit` starts a frontend as a container and serves its `LLBBridge` service on the container's
//! stdin and stdout. [`Gateway`] is a client of that service; nothing outside this module knows of gRPC.
//!
//! Invariants:
//! - Nothing but this connection is written to stdout.
//! - The details of the daemon's errors reach the user as they came, see [`GatewayError::Status`].
//! - A field or call that the daemon does not know is never sent; what replaces it stands with each method.

mod client;
mod daemon;
mod error;
mod files;
mod grpc;
mod image;
mod outcome;
mod rpc;
mod solve;
mod source;
mod stdio;

pub use client::{Gateway, Warning};
pub(crate) use daemon::MAX_REQUEST;
pub use daemon::{CapabilityError, DaemonInfo, Worker, caps};
pub use error::GatewayError;
pub use files::FileStat;
pub use grpc::WireError;
pub use image::{ClientStore, ImageRequest, ResolvedImage};
pub use outcome::{Attestation, BuildResult, Failure, ResultRefs};
pub use solve::{Ref, SolveOptions};
pub use source::{SourceExcerpt, SourceFile, SourcePosition, SourceRange};
pub use stdio::{Stdio, StdioError};
