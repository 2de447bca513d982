//! What users do, on the real engine: `docker buildx build` with the frontend image, and what it made.

mod attestations;
mod cache;
mod cache_backends;
mod calls;
mod cancel;
mod ci;
mod client;
mod containers;
mod context;
mod contexts;
mod examples;
mod include;
mod link;
mod onbuild;
mod options;
mod outputs;
mod parallel;
mod platforms;
mod registry;
mod remote;
mod reproducible;
mod results;
mod secrets;
mod sources;
mod ssh;
mod steps;
