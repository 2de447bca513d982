//! Which stages the last one of a Dockerfile is made from: what is wrong with any other one is no fault, as nobody builds it.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use crate::dockerfile::file::{Body, Dockerfile, From, Statement, flag};
use crate::dockerfile::{parse, values::fields};

/// Why a stage is not part of the spec.
#[derive(Debug, Clone)]
pub(super) enum Why {
    /// No build can make it.
    Broken(Vec<Diagnostic>),
    /// It is made from another one that is left out.
    MadeFrom(usize),
}

/// Stages that are left out, by their position.
pub(super) type LeftOut = BTreeMap<usize, Why>;

/// What stages are made from.
pub(super) struct Needs {
    /// By position.
    stages: Vec<Stage>,
}

struct Stage {
    /// All that it says.
    span: Span,
    /// What it uses.
    uses: BTreeSet<usize>,
    /// Whether it starts from what an arg says, which may be any stage above.
    by_arg: bool,
}

impl Needs {
    pub(super) fn of(file: &Dockerfile) -> Self {
        let groups = file.stages();
        let names: Vec<Option<&str>> = groups.iter().map(|group| name(group)).collect();
        let mut triggers: Vec<Vec<String>> = Vec::new();
        let mut stages = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let base = base(group);
            let above = names.get(..at).unwrap_or_default();
            let stage = above.iter().rposition(|name| name.is_some() && *name == base);
            let inherited = stage.and_then(|stage| triggers.get(stage)).cloned().unwrap_or_default();
            let sources = inherited.into_iter().chain(sources(group));
            let uses = sources.filter_map(|source| position(&source, &names)).chain(stage);
            let by_arg = base.is_some_and(|base| base.contains('$'));
            stages.push(Stage { span: whole(group), uses: uses.collect(), by_arg });
            triggers.push(of_triggers(group));
        }
        Self { stages }
    }

    /// What to leave out so that none of these faults is left; the error is that the last stage has some of them.
    pub(super) fn left_out(&self, broken: Faults) -> Result<LeftOut, Faults> {
        let needed = self.of_last();
        let mut left_out = LeftOut::new();
        let mut faults = Faults::new();
        for fault in broken.into_sorted() {
            let is_in = |span: Span| span.start <= fault.span.start && fault.span.start < span.end;
            let at = self.stages.iter().position(|stage| is_in(stage.span));
            match at.filter(|at| !needed.contains(at)) {
                None => faults.push(fault),
                Some(at) => match left_out.entry(at).or_insert_with(|| Why::Broken(Vec::new())) {
                    Why::Broken(known) => known.push(fault),
                    Why::MadeFrom(_) => {}
                },
            }
        }
        if !faults.is_empty() {
            for why in left_out.into_values() {
                let Why::Broken(found) = why else { continue };
                for fault in found {
                    faults.push(fault);
                }
            }
            return Err(faults);
        }
        self.add_users(&mut left_out);
        Ok(left_out)
    }

    /// Adds what is made from stages that are left out.
    fn add_users(&self, left_out: &mut LeftOut) {
        let mut known = 0;
        while left_out.len() > known {
            known = left_out.len();
            for (at, stage) in self.stages.iter().enumerate() {
                let source = stage.uses.iter().copied().find(|source| left_out.contains_key(source));
                let first = || left_out.keys().next().copied().filter(|first| stage.by_arg && *first < at);
                if let Some(source) = source.or_else(first) {
                    left_out.entry(at).or_insert(Why::MadeFrom(source));
                }
            }
        }
    }

    fn of_last(&self) -> BTreeSet<usize> {
        let mut needed = BTreeSet::new();
        let mut waiting: Vec<usize> = self.stages.len().checked_sub(1).into_iter().collect();
        let mut above = 0;
        while let Some(at) = waiting.pop() {
            let Some(stage) = self.stages.get(at).filter(|_| needed.insert(at)) else { continue };
            waiting.extend(&stage.uses);
            if stage.by_arg {
                waiting.extend(above..at);
                above = above.max(at);
            }
        }
        needed
    }
}

/// What a stage starts from, as it is written.
fn base(group: &[Statement]) -> Option<&str> {
    match group.first().map(|first| &first.body) {
        Some(Body::From(From { base, .. })) => Some(base.as_str()),
        _ => None,
    }
}

/// The stage that a flag names, by its number or its name.
fn position(source: &str, names: &[Option<&str>]) -> Option<usize> {
    let number: Option<usize> = source.parse().ok().filter(|number| *number < names.len());
    let lower = source.to_lowercase();
    number.or_else(|| names.iter().rposition(|name| *name == Some(lower.as_str())))
}

fn name(group: &[Statement]) -> Option<&str> {
    match group.first().map(|first| &first.body) {
        Some(Body::From(From { name: Some(name), .. })) => Some(name.as_str()),
        _ => None,
    }
}

fn whole(group: &[Statement]) -> Span {
    let first = group.first().map_or_else(Span::default, |first| first.span);
    Span { end: group.last().map_or(first.end, |last| last.span.end), ..first }
}

/// What the steps of a stage name to take files from.
fn sources(group: &[Statement]) -> Vec<String> {
    let mut found = Vec::new();
    for statement in group {
        match &statement.body {
            Body::Copy(copy) => found.extend(flag(&copy.flags, "from").map(|from| from.value.clone())),
            Body::Run(run) => {
                let mounts = run.flags.iter().filter(|flag| flag.name == "mount");
                let fields = mounts.flat_map(|mount| fields(&mount.value));
                found.extend(fields.filter(|(name, _)| name == "from").filter_map(|(_, value)| value));
            }
            _ => {}
        }
    }
    found
}

/// What the triggers of a stage name, for those that start from it.
fn of_triggers(group: &[Statement]) -> Vec<String> {
    let triggers = group.iter().filter_map(|statement| match &statement.body {
        Body::Onbuild(trigger) => parse(&trigger.text.value).ok(),
        _ => None,
    });
    triggers.flat_map(|trigger| trigger.sources()).collect()
}
