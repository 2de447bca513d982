//! Which stage is to be built.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults, nearest, one_of};
use spec_schema::span::Span;

use super::args::Request;

/// Position of the stage to build: the client's target, the spec's default, the last stage.
pub(super) fn target(spec: &Spec, request: &Request, faults: &mut Faults) -> Option<usize> {
    let Some((name, asks)) = wanted(spec, request) else { return spec.stages.len().checked_sub(1) };
    let found = spec.stages.iter().position(|(stage, _)| match &request.target {
        Some(target) => stage.eq_ignore_ascii_case(target),
        None => stage == name,
    });
    if found.is_none() && !spec.stages.declares(name) {
        let names = || spec.stages.names();
        let near = nearest(name, names());
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("stages: {}", one_of(names().take(MAX_LISTED))),
        };
        let message = match asks {
            Some(_) => format!("there is no stage `{name}`"),
            None => format!("there is no stage `{name}`, which `--target` asks for"),
        };
        // What the client says has no place in the spec; the stage that it may have meant has one.
        let near = near.and_then(|near| spec.stages.get_full(near)).map(|(_, entry)| entry.key_span);
        let first = spec.stages.get_index(0).map(|(_, entry)| entry.key_span);
        let span = asks.or(near).or(first).unwrap_or(spec.span);
        faults.push(Diagnostic::new(span, message).help(help));
    }
    found
}

/// Stages that a message lists.
pub(super) const MAX_LISTED: usize = 20;

/// The name of the stage that is asked for, and where in the spec: by the client, which has no place there, or as the
/// default.
fn wanted<'a>(spec: &'a Spec, request: &'a Request) -> Option<(&'a str, Option<Span>)> {
    match (&request.target, &spec.default) {
        (Some(target), _) => Some((target, None)),
        (None, Some(default)) => Some((default, Some(default.span))),
        (None, None) => None,
    }
}
