//! The graph of stages.

use serde_json::json;

use super::explain::explained;
use super::reply;
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::graph::{Format, Graph};
use crate::opts::FrontendOpts;

/// The graph as text of some format, and as JSON for every platform. A client passes on no format but its own, JSON: each of
/// ours has a method. The platforms differ in little; the picture is of the first one.
pub(super) async fn graph(
    gateway: &Gateway,
    opts: &FrontendOpts,
    format: Format,
) -> Result<BuildResult, Failure> {
    let graphs: Vec<Graph> = explained(gateway, opts).await?.iter().map(Graph::of).collect();
    let text = graphs.first().map(|graph| graph.written(format)).unwrap_or_default();
    Ok(reply(&json!({ "platforms": graphs }), text))
}
