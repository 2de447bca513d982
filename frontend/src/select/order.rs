//! An order of stages in which each comes after those it uses, and stages that use each other in a circle.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use super::references::References;
use super::target::MAX_LISTED;

/// Where the walk through the stages stands with one of them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    New,
    Open,
    Done,
}

/// Depth first, without recursion: a chain of stages may be long. Stages that the target does not need are walked too,
/// for their circles; only those that it needs are returned, unless `all` are asked for.
pub(super) fn order(
    spec: &Spec,
    used: &[References],
    target: usize,
    all: bool,
    faults: &mut Faults,
) -> Vec<usize> {
    let edges: Vec<Vec<(usize, Span)>> = used
        .iter()
        .zip(spec.stages.iter())
        .map(|(references, (_, stage))| references.stages(stage.value.from.span).collect())
        .collect();
    let mut marks = vec![Mark::New; edges.len()];
    let mut needed = Vec::new();
    walk(spec, &edges, target, &mut marks, &mut needed, faults);
    let mut rest = Vec::new();
    for index in 0..edges.len() {
        walk(spec, &edges, index, &mut marks, &mut rest, faults);
    }
    if all {
        needed.append(&mut rest);
    }
    needed
}

fn walk(
    spec: &Spec,
    edges: &[Vec<(usize, Span)>],
    start: usize,
    marks: &mut [Mark],
    order: &mut Vec<usize>,
    faults: &mut Faults,
) {
    if marks[start] != Mark::New {
        return;
    }
    marks[start] = Mark::Open;
    let mut path = vec![(start, 0)];
    while let Some((index, next)) = path.last_mut() {
        let Some((used, span)) = edges[*index].get(*next).copied() else {
            marks[*index] = Mark::Done;
            order.push(*index);
            path.pop();
            continue;
        };
        *next += 1;
        match marks[used] {
            Mark::Done => {}
            Mark::Open => faults.push(circle(spec, &path, used, span)),
            Mark::New => {
                marks[used] = Mark::Open;
                path.push((used, 0));
            }
        }
    }
}

fn circle(spec: &Spec, path: &[(usize, usize)], used: usize, span: Span) -> Diagnostic {
    let name = |index: usize| spec.stages.get_index(index).map_or("", |(name, _)| name);
    let start = path.iter().position(|(index, _)| *index == used).unwrap_or_default();
    if start + 1 == path.len() {
        return Diagnostic::new(span, format!("the stage `{}` uses itself", name(used)));
    }
    let quoted = |(index, _): &(usize, usize)| format!("`{}`", name(*index));
    let mut names: Vec<String> = path[start..].iter().take(MAX_LISTED).map(quoted).collect();
    if path.len() - start > MAX_LISTED {
        names.push("…".to_owned());
    }
    names.push(format!("`{}`", name(used)));
    Diagnostic::new(span, format!("these stages use each other in a circle: {}", names.join(" → ")))
        .help("a stage can only use stages that do not need it")
}
