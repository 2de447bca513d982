//! What a build that goes on says besides: what lint finds, args that nothing reads, and what the daemon cannot do as the spec asks for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use buildkit_llb::caps;
use spec_schema::span::Span;
use tokio::task::JoinSet;

use crate::compile::Compiled;
use crate::gateway::{DaemonInfo, Gateway, SourceExcerpt, SourceFile, SourceRange, Warning};
use crate::lint::Finding;
use crate::plan::{Action, BuildPlan};
use crate::select::undeclared_args;
use crate::source::SpecFiles;

/// Calls under way at a time: far more than a spec has warnings, and fewer than daemons take.
const AT_ONCE: usize = 64;

/// Sends every warning: together, in their order, as clients show them in that of arrival.
pub(crate) async fn send(gateway: &Gateway, compiled: &Compiled, findings: &[Finding]) {
    let undeclared = undeclared_args(compiled.core.spec(), &compiled.request, &compiled.selections);
    let unmerged = gateway.ping().await.map(|daemon| unmerged(daemon, compiled)).unwrap_or_default();
    let plain = |short| Warning { short, ..Warning::default() };
    let found = findings.iter().map(|finding| of_finding(finding, &compiled.files));
    let mut all = found.chain(undeclared.into_iter().chain(unmerged).map(plain)).peekable();
    while all.peek().is_some() {
        let mut calls = JoinSet::new();
        for warning in all.by_ref().take(AT_ONCE) {
            let warning = Warning { vertex: compiled.vertex.clone(), ..warning };
            let gateway = gateway.clone();
            // A warning that cannot be shown is no reason to fail a build.
            calls.spawn_local(async move { gateway.warn(warning).await.is_ok() });
        }
        calls.join_all().await;
    }
}

/// A finding as Docker tells those of its own checks.
fn of_finding(finding: &Finding, files: &SpecFiles) -> Warning {
    let Finding { rule, span, detail, help, .. } = finding;
    let (line, _) = files.lines(*span);
    let excerpt = files.get(span.file).map(|file| SourceExcerpt {
        file: Arc::new(SourceFile {
            filename: file.name.clone(),
            data: file.text.as_bytes().to_vec(),
            language: "YAML".to_owned(),
        }),
        ranges: vec![SourceRange::lines(line, line)],
    });
    Warning {
        vertex: String::new(),
        short: format!("{}: {detail} ({})", rule.name, place(files, *span)),
        detail: vec![rule.description.to_owned(), help.clone()],
        url: rule.url(),
        source: excerpt,
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
