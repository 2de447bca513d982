//! `UnusedArg`.

use std::collections::BTreeSet;

use spec_schema::encode::Encode;
use spec_schema::node::{Node, Value};
use spec_schema::span::Span;

use crate::lint::{Found, Rule, Standing, Subject};
use crate::scope::words;

pub(super) const RULE: Rule = Rule {
    name: "UnusedArg",
    description: "What a build can be given has an effect",
    costs: "whoever sets it believes that it does something",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let spec = subject.core().clone().into_spec();
    let mut used = BTreeSet::new();
    if let Value::Mapping(entries) = spec.encode().value {
        for (key, node) in &entries {
            match (key.as_str(), &node.value) {
                // An arg may be used by the default of another one, and is not by its own name.
                ("args", Value::Mapping(args)) => args.iter().for_each(|(_, arg)| collect(arg, &mut used)),
                _ => collect(node, &mut used),
            }
        }
    }
    for (name, entry) in subject.spec().args.iter().filter(|(name, _)| !used.contains(*name)) {
        // Some have a meaning of their own.
        if name.starts_with("BUILDKIT_")
            || name == "SOURCE_DATE_EPOCH"
            || is_of_preset(subject, entry.key_span)
        {
            continue;
        }
        found.add(
            entry.key_span,
            format!("nothing uses the build arg `{name}`"),
            "take it out, or name it where it is meant",
        );
    }
}

/// Whether an arg is a preset's, or what was found for one: who replaces steps cannot take it out.
fn is_of_preset(subject: &Subject<'_>, place: Span) -> bool {
    let is_in_preset = subject.files().get(place.file).is_some_and(|file| file.asked_at().is_some());
    is_in_preset || subject.files().iter().any(|file| file.asked_at() == Some(place))
}

/// All words of a tree, keys among them: `when` names args so.
fn collect(node: &Node, used: &mut BTreeSet<String>) {
    match &node.value {
        Value::Scalar(scalar) => used.extend(words(&scalar.text).map(str::to_owned)),
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, used)),
        Value::Mapping(entries) => {
            for (key, value) in entries {
                used.insert(key.value.clone());
                collect(value, used);
            }
        }
    }
}
