//! What these rules look at: instructions, and the stages that they are in.

use spec_schema::span::Span;

use crate::dockerfile::file::{Body, From, Statement};
use crate::lint::Subject;

/// All instructions.
pub(super) fn statements<'a>(subject: &Subject<'a>) -> &'a [Statement] {
    subject.dockerfile().map_or(&[], |dockerfile| &dockerfile.statements)
}

/// The instructions of each stage, `FROM` first.
pub(super) fn stages<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a From, &'a [Statement])> {
    let all = statements(subject);
    let first = all.iter().position(|statement| matches!(statement.body, Body::From(_)));
    let (_, stages) = all.split_at(first.unwrap_or(all.len()));
    stages.chunk_by(|_, next| !matches!(next.body, Body::From(_))).filter_map(|stage| {
        match stage.split_first() {
            Some((Statement { body: Body::From(from), .. }, rest)) => Some((from, rest)),
            _ => None,
        }
    })
}

/// `ARG`s above the first stage.
pub(super) fn globals<'a>(subject: &Subject<'a>) -> impl Iterator<Item = &'a str> {
    let above = statements(subject).iter().take_while(|statement| matches!(statement.body, Body::Arg(_)));
    above.flat_map(|statement| match &statement.body {
        Body::Arg(args) => args.iter().map(|(name, _)| name.value.as_str()).collect(),
        _ => Vec::new(),
    })
}

/// The text at a place.
pub(super) fn written<'a>(subject: &Subject<'a>, span: Span) -> &'a str {
    let file = subject.files().get(span.file);
    file.and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or_default()
}

/// The text between two places.
pub(super) fn between<'a>(subject: &Subject<'a>, one: Span, other: Span) -> &'a str {
    written(subject, Span { start: one.end, end: other.start, ..one })
}
