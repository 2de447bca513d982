//! The graph of stages.

use serde_json::json;

use super::Answer;
use super::explain::explained;
use crate::explain::Explanation;
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::graph::{Format, Graph};
use crate::opts::FrontendOpts;

/// The graph in some format. A client passes on no format but its own, JSON: each of ours has a method.
pub(super) async fn graph(
    gateway: &Gateway,
    opts: &FrontendOpts,
    format: Format,
) -> Result<BuildResult, Failure> {
    Ok(drawn(&explained(gateway, opts).await?, format).into())
}

/// The graph as text of some format, and as JSON for every platform. The platforms differ in little; the picture is of the first one.
pub(crate) fn drawn(explanations: &[Explanation], format: Format) -> Answer {
    let graphs: Vec<Graph> = explanations.iter().map(Graph::of).collect();
    let text = graphs.first().map(|graph| graph.written(format)).unwrap_or_default();
    Answer::new(&json!({ "platforms": graphs }), text)
}
