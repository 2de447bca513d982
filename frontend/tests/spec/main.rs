//! The pure phases as a whole: from the text of a spec and the client's options to LLB and image config, or to the
//! message that says what is wrong. No engine, no gateway: base images stand in `images.json`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests end the test")]

mod audit;
mod cases;
mod compile;
mod convert;
mod expanded;
mod expanded_locked;
mod explained;
mod folder;
mod hostile;
mod invalid;
mod lint;
mod properties;
mod renovate;
mod schema;
