//! The frontend: from a build spec to a solved image.
//!
//! The phases, each a function whose output only it can make:
//!
//! ```text
//! opts → spec text → parse → expand → select → resolve → plan → inspect → layers → lower → solve → return
//! ```
//!
//! All but `resolve`, `inspect` and `solve`, which go through [`gateway`], are pure. `compile` and [`build`] run them in order.

pub mod accounts;
pub mod apart;
mod assumed;
pub mod audit;
pub mod build;
pub mod compare;
mod compile;
pub mod convert;
pub mod debug;
pub mod desk;
pub mod dockerfile;
pub mod dockerignore;
pub mod entrypoint;
pub mod epoch;
pub mod expand;
pub mod explain;
mod explain_failure;
pub mod external;
pub mod gateway;
mod go_mod;
pub mod graph;
pub mod image_config;
mod image_file;
pub mod image_ref;
mod inspect;
pub mod layers;
pub mod lint;
pub mod lock;
mod log_line;
pub mod lower;
mod mapping;
pub mod opts;
pub mod parse;
pub mod paths;
pub mod permissions;
mod plain_words;
pub mod plan;
mod policy;
pub mod presets;
pub mod report;
pub mod resolve;
pub mod resolved;
pub mod result;
pub mod sbom;
pub mod scan_target;
pub mod scope;
pub mod select;
mod settle;
mod signals;
mod sizes;
pub mod source;
mod subrequest;
pub mod survey;
mod table;
mod terminal;
pub mod users;
pub mod verify;
mod warnings;
pub mod weight;
