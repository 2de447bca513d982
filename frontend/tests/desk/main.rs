//! The program on a desk: `optfrontend COMMAND FILE`, as a process.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests end the test")]

mod agreement;
mod answers;
mod faults;
mod files;
mod images;
mod program;
mod usage;
