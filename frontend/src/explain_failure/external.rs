//! Files from outside that cannot be had, or do not have what is copied from them.

use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use crate::compile::Compiled;
use crate::external::{External, Origin, given_as};
use crate::gateway::GatewayError;
use crate::plain_words::plain;
use crate::plan::{Action, BuildPlan, FileChange, FileSource};
use crate::select::Source;

/// The fault for an error of a source, if it is one that is known in plain words.
pub(super) fn explain(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<Diagnostic> {
    let message = error.message();
    let known = plain(&message)?;
    let Some((external, span)) = culprit(error, &message, plan, compiled) else {
        let (shown, span) = archive(error, plan, compiled)?;
        let sentence = format!("{shown} cannot be had: {}", known.why);
        return Some(Diagnostic::new(span, sentence).help_opt(known.help));
    };
    let sentence =
        format!("{}{} cannot be had: {}", external.shown(), given(external, span, compiled), known.why);
    let fault = Diagnostic::new(span, sentence);
    let source = Source::External(Box::new(external.clone()));
    let lock = compiled.request.lock.as_deref();
    match lock.and_then(|lock| Some((lock, lock.made(&source)?))) {
        None => Some(fault.help_opt(known.help)),
        Some((lock, (name, pin))) => {
            let fault = fault.related(pin.span, format!("{} is locked to this", name.shown()));
            Some(
                fault.help(format!(
                    "if it has moved for good, write the lock file again: `{}`",
                    lock.command()
                )),
            )
        }
    }
}

/// By which named context the client gives a repository or a download, in words.
fn given(external: &External, span: Span, compiled: &Compiled) -> String {
    if !matches!(external.origin, Origin::Git(_) | Origin::Http(_)) {
        return String::new();
    }
    let source = Source::External(Box::new(external.clone()));
    given_as(compiled.selections.iter().find_map(|selection| selection.given_at(&source, span)))
}

/// The archive of the build context that the lines of an error unpack.
fn archive(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<(String, Span)> {
    let sources = changes(plan).filter_map(|change| match change {
        FileChange::Copy { unpack: true, sources, .. } => Some(sources),
        _ => None,
    });
    let source = sources.flatten().find(|source| is_told(error, source.span, compiled))?;
    Some((format!("`{}`", source.path.trim_start_matches('/')), source.span))
}

/// Whether an error points at a place.
pub(super) fn is_told(error: &GatewayError, span: Span, compiled: &Compiled) -> bool {
    let (first, last) = compiled.files.lines(span);
    error.source_lines().iter().any(|(start, end)| *start <= last && first <= *end)
}

/// The files that an error is about: those that it names by URL or checksum, else those of its lines.
fn culprit<'p>(
    error: &GatewayError,
    message: &str,
    plan: &'p BuildPlan,
    compiled: &Compiled,
) -> Option<(&'p External, Span)> {
    let all: Vec<(&External, Span)> = externals(plan).collect();
    let named = |(external, _): &&(&External, Span)| match &external.origin {
        Origin::Git(source) => {
            let checksum = source.checksum.as_deref().unwrap_or(&source.url);
            message.contains(&source.url) || message.contains(checksum)
        }
        Origin::Http(source) => {
            let checksum = source.checksum.as_deref().unwrap_or(&source.url);
            message.contains(&source.url) || message.contains(checksum)
        }
        Origin::Local(_) | Origin::Input(_) | Origin::Frontend => false,
    };
    let told = |(_, span): &&(&External, Span)| is_told(error, *span, compiled);
    let found = all.iter().find(named).or_else(|| all.iter().find(told));
    found.copied()
}

/// The files from outside that a plan reads, each with its place.
fn externals(plan: &BuildPlan) -> impl Iterator<Item = (&External, Span)> {
    let named = plan.places.iter().map(|(external, span)| (external, *span));
    let added = changes(plan).filter_map(|change| match change {
        FileChange::Fetch { source, span, .. } => Some((&**source, *span)),
        _ => None,
    });
    added.chain(named).filter(|(external, _)| external.origin != Origin::Frontend)
}

fn changes(plan: &BuildPlan) -> impl Iterator<Item = &FileChange> {
    let changes = plan.steps().filter_map(|step| match &step.action {
        Action::Files(changes) => Some(changes),
        Action::Run(_) | Action::Parallel(_) => None,
    });
    changes.flatten()
}

/// The fault for a path that the daemon found missing in files from outside.
pub(super) fn missing_path(path: &str, plan: &BuildPlan) -> Option<Diagnostic> {
    changes(plan).find_map(|change| {
        let FileChange::Copy { from: FileSource::Other(Source::External(external)), sources, .. } = change
        else {
            return None;
        };
        let source = sources.iter().find(|source| source.path == path)?;
        let shown = path.trim_start_matches('/');
        Some(Diagnostic::new(source.span, format!("`{shown}` is not in {}", external.shown())))
    })
}
