//! The names that the stages of a Dockerfile have in the spec.

use std::collections::{BTreeMap, BTreeSet};

use crate::dockerfile::file::{Body, From, Statement};

/// The name of a last stage that has none.
const LAST: &str = "app";

/// The positions of the stages of each name.
pub(super) fn written_names(groups: &[&[Statement]]) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, group) in groups.iter().enumerate() {
        if let Some(name) = written_name(group) {
            found.entry(name).or_default().push(at);
        }
    }
    found
}

fn written_name(group: &[Statement]) -> Option<String> {
    match group.first().map(|first| &first.body) {
        Some(Body::From(From { name: Some(name), .. })) => Some(name.value.clone()),
        _ => None,
    }
}

/// The names that the stages have in the spec, each once.
pub(super) fn stage_names(groups: &[&[Statement]]) -> Vec<String> {
    let own: Vec<Option<String>> =
        groups.iter().map(|group| written_name(group).map(|name| of_language(&name))).collect();
    let last_of: BTreeMap<&String, usize> =
        own.iter().enumerate().filter_map(|(at, name)| Some((name.as_ref()?, at))).collect();
    let mut names: Vec<String> = Vec::with_capacity(own.len());
    let mut taken: BTreeSet<String> = own.iter().flatten().cloned().collect();
    for (at, name) in own.iter().enumerate() {
        let last = at + 1 == own.len();
        let again = name.as_ref().and_then(|name| last_of.get(name)).is_some_and(|last| *last > at);
        let name = match name {
            // The last stage of a name is the one that others mean.
            Some(name) if again => free(&format!("{name}-{at}"), &mut taken),
            Some(name) => name.clone(),
            None if last => free(LAST, &mut taken),
            None => free(&format!("stage-{at}"), &mut taken),
        };
        names.push(name);
    }
    names
}

/// A name that the language does not leave to users, as it does `x-…`.
pub(super) fn of_language(name: &str) -> String {
    if name.starts_with("x-") { format!("stage-{name}") } else { name.to_owned() }
}

/// A name that is not taken yet.
pub(super) fn free(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let wanted = of_language(wanted);
    let mut name = wanted.clone();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}-{number}");
        number += 1;
    }
    name
}
