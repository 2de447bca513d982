//! What a build of the target comes to.

use serde_json::json;

use super::Answer;
use crate::compile::{Compiled, compile};
use crate::explain::{Explanation, Surroundings, explain as explain_plan, text};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::lower::Abilities;
use crate::opts::FrontendOpts;
use crate::settle::settle_without_steps;

/// Plans as a build would, up to where its steps begin.
pub(super) async fn explain(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    Ok(told(&explained(gateway, opts).await?).into())
}

/// The plans of all platforms in words.
pub(crate) fn told(explanations: &[Explanation]) -> Answer {
    Answer::new(&json!({ "platforms": explanations }), text(explanations))
}

/// The plans of all platforms, explained.
pub(super) async fn explained(gateway: &Gateway, opts: &FrontendOpts) -> Result<Vec<Explanation>, Failure> {
    let mut compiled = compile(gateway, opts).await?;
    let daemon = gateway.ping().await?;
    settle_without_steps(gateway, opts, daemon, &mut compiled).await?;
    Ok(explanations(&compiled, Abilities::of(daemon).merges))
}

fn explanations(compiled: &Compiled, merges: bool) -> Vec<Explanation> {
    let Compiled { files, resolved, .. } = compiled;
    let planned = compiled.plans.iter().zip(&compiled.selections);
    let explained = planned.map(|(plan, selection)| {
        explain_plan(plan, Surroundings { files, resolved, globals: &selection.globals, merges })
    });
    explained.collect()
}
