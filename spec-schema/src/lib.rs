//! The build spec of optfrontend: its types, how they are read, their JSON Schema.
//!
//! A spec is YAML. Some parser turns it into a tree of [`node::Node`]s, each with its place;
//! [`Spec::decode`](decode::Decode::decode) turns the tree into the types of [`spec`] and reports everything
//! that is wrong as [`diagnostic::Diagnostic`]s, and [`encode::Encode`] turns them into a tree again. There is no IO here and no policy: whether a
//! stage exists or a variable is defined is for the compiler to say.
//!
//! The docs of the types are written for the person who writes YAML: the JSON Schema carries them
//! to editors.

pub mod decode;
pub mod diagnostic;
pub mod encode;
pub mod lock;
pub mod merge;
pub mod node;
pub mod policy;
#[cfg(feature = "schema")]
pub mod reference;
#[cfg(feature = "schema")]
pub mod schema;
pub mod span;
pub mod spec;
pub mod tools;

pub use spec::Spec;

/// The JSON Schema of specs, as the feature `schema` writes it from the types.
pub const SCHEMA: &str = include_str!("../schema/v1.json");

/// The JSON Schema of policies, likewise.
pub const POLICY_SCHEMA: &str = include_str!("../schema/policy-v1.json");
