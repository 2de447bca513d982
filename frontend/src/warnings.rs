//! What a build that goes on says besides: args that nothing reads, and what the daemon cannot do as the spec asks for it.

use std::collections::BTreeSet;

use buildkit_llb::caps;
use spec_schema::span::Span;

use crate::compile::Compiled;
use crate::gateway::{DaemonInfo, Gateway, Warning};
use crate::plan::{Action, BuildPlan};
use crate::select::undeclared_args;
use crate::source::SpecFiles;

/// Sends every warning.
pub(crate) async fn send(gateway: &Gateway, compiled: &Compiled) {
    let undeclared = undeclared_args(compiled.core.spec(), &compiled.request, &compiled.selections);
    let unmerged = gateway.ping().await.map(|daemon| unmerged(daemon, compiled)).unwrap_or_default();
    for short in undeclared.into_iter().chain(unmerged) {
        let warning = Warning { vertex: compiled.vertex.clone(), short, ..Warning::default() };
        // A warning that cannot be shown is no reason to fail a build.
        let _ = gateway.warn(warning).await;
    }
}

/// What is done without putting layers together, where the daemon cannot.
fn unmerged(daemon: &DaemonInfo, compiled: &Compiled) -> Vec<String> {
    let lacking = [caps::MERGE, caps::DIFF].iter().find_map(|cap| daemon.supports(cap.id()).err());
    let Some(lacking) = lacking else { return Vec::new() };
    let stages = compiled.plans.iter().flat_map(|plan| &plan.stages);
    let branches = stages.flat_map(|stage| &stage.steps).find(|it| matches!(it.action, Action::Parallel(_)));
    let branches = branches.map(|step| {
        let place = place(&compiled.files, step.span);
        format!("the branches in {place} run one after the other: {lacking}")
    });
    let steps = compiled.plans.iter().flat_map(BuildPlan::steps);
    let linked = steps.filter(|step| step.link == Some(true)).map(|step| step.span);
    // A step is there once for each platform.
    let linked = linked.collect::<BTreeSet<Span>>().into_iter().map(|span| {
        let place = place(&compiled.files, span);
        format!(
            "`link: true` in {place} makes a plain copy, which keeps links and directories of what is below: {lacking}; \
             `link: false` says so for every daemon"
        )
    });
    branches.into_iter().chain(linked).collect()
}

/// A line, and of another file than the spec that file.
fn place(files: &SpecFiles, span: Span) -> String {
    let (line, _) = files.lines(span);
    let included = files.get(span.file).filter(|_| span.file.0 > 0);
    format!("line {line}{}", included.map(|file| format!(" of {}", file.name)).unwrap_or_default())
}
