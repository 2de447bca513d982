//! Paths that a step reads of a stage or an image, and that are not there.

use spec_schema::diagnostic::{Diagnostic, did_you_mean};
use spec_schema::span::Span;

use super::external::is_told;
use super::look::{Found, Looker, find};
use crate::gateway::GatewayError;
use crate::paths;
use crate::plan::{Action, BuildPlan, FileChange, FileSource, MountPlan, StepPlan};
use crate::select::Source;

/// How many names a message lists.
const LISTED: usize = 10;

/// The fault for a path that the daemon found missing.
pub(super) async fn missing(
    looker: Looker<'_>,
    error: &GatewayError,
    path: &str,
    plan: &BuildPlan,
) -> Option<Diagnostic> {
    let told = find(plan, |step| is_told(error, step.span, looker.compiled) && reads(step, path).is_some());
    let found = told.into_iter().next()?;
    let (source, span) = reads(found.step, path)?;
    let place = match source {
        Source::Stage(position) => format!("the stage `{}`", plan.stages.get(*position)?.name),
        Source::Image(key) => format!("the image {}", key.reference.familiar()),
        Source::Scratch | Source::External(_) => return None,
    };
    let fault = Diagnostic::new(span, format!("`{path}` is not in {place}"));
    Some(fault.help_opt(what_is_there(looker, plan, &found, source, path).await))
}

/// The stage or image of which a step reads a path, and where the spec says so.
fn reads<'s>(step: &'s StepPlan, path: &str) -> Option<(&'s Source, Span)> {
    match &step.action {
        Action::Files(changes) => changes.iter().find_map(|change| match change {
            FileChange::Copy { from: FileSource::Other(source), sources, .. } => {
                let wanted = sources.iter().find(|wanted| wanted.path == path)?;
                Some((source, wanted.span))
            }
            _ => None,
        }),
        Action::Run(run) => run.mounts.iter().find_map(|mount| match mount {
            MountPlan::Bind { from: FileSource::Other(from), source, .. } if source == path => {
                Some((from, step.span))
            }
            _ => None,
        }),
        Action::Parallel(_) => None,
    }
}

/// The path that was probably meant, or what the nearest directory on the way there holds.
async fn what_is_there(
    looker: Looker<'_>,
    plan: &BuildPlan,
    found: &Found<'_>,
    source: &Source,
    path: &str,
) -> Option<String> {
    let files = looker.of(plan, found, source).await?;
    let mut folder = paths::parent(path);
    let entries = loop {
        match looker.gateway.read_dir(&files, folder, "").await {
            Ok(entries) => break entries,
            Err(_) if folder == "/" => return None,
            Err(_) => folder = paths::parent(folder),
        }
    };
    let whole: Vec<String> = entries.iter().map(|file| paths::absolute_file(folder, &file.path)).collect();
    if let Some(help) = did_you_mean(path, whole.iter().map(String::as_str)) {
        return Some(help);
    }
    if entries.is_empty() {
        return Some(format!("`{folder}` is empty there"));
    }
    let mut names: Vec<String> = entries.iter().take(LISTED).map(|file| format!("`{}`", file.path)).collect();
    if entries.len() > LISTED {
        names.push(format!("{} more", entries.len() - LISTED));
    }
    Some(format!("`{folder}` holds {}", names.join(", ")))
}
