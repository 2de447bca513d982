//! Graphs as their users see them: what comes out of `marshal`, read back apart from the crate.

mod common;
mod definition;
mod dump;
mod encoding;
mod properties;
mod size;
