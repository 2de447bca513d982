//! `NoEmptyContinuation`, as Docker has it.

use spec_schema::span::Span;

use super::walk::{statements, written};
use crate::dockerfile::file::Statement;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "NoEmptyContinuation",
    description: "An instruction of several lines has no empty ones among them",
    costs: "a later release of Docker refuses the file",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for statement in statements(subject) {
        if let Some(span) = empty_line(subject, statement) {
            found.add(
                span,
                "an empty line stands between lines that belong together",
                "take it out, or begin it with `#`",
            );
        }
    }
}

fn empty_line(subject: &Subject<'_>, statement: &Statement) -> Option<Span> {
    let text = written(subject, statement.span);
    // What stands in a here-document is no line of the instruction.
    if !text.contains('\n') || text.contains("<<") {
        return None;
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim().is_empty() {
            let start = statement.span.start + u32::try_from(at).ok()?;
            return Some(Span { start, end: start + 1, ..statement.span });
        }
        at += line.len();
    }
    None
}
