//! The keys `preset` and `with`: the preset that a spec asks for, and what it comes to with the spec on top.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use spec_schema::decode::text::Text;
use spec_schema::decode::{Decode, Map};
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use spec_schema::node::{Node, Scalar, Value};
use spec_schema::span::{Span, Spanned};

use crate::presets::{Asked, Chosen, Place};

/// Takes `preset` and `with` off a tree.
pub(super) fn take(root: &mut Node, faults: &mut Faults) -> Option<Asked> {
    let Value::Mapping(keys) = &mut root.value else { return None };
    let mut remove = |key: &str| {
        let at = keys.iter().position(|(name, _)| name.value == key)?;
        Some(keys.remove(at))
    };
    let (preset, with) = (remove("preset"), remove("with"));
    let Some((_, preset)) = preset else {
        if let Some((key, _)) = with {
            let fault = Diagnostic::new(key.span, "`with` has the options of a preset, and there is none");
            faults.push(fault.help("name one: `preset: auto`"));
        }
        return None;
    };
    let preset = Text::decode(&preset, faults)?;
    let with = with.and_then(|(_, node)| Map::<Text>::decode(&node, faults)).unwrap_or_default();
    let with =
        with.iter().map(|(name, entry)| (Spanned::new(name.to_owned(), entry.key_span), entry.value.clone()));
    let with = with.collect();
    let stages = entries(root, "stages").map(|(name, _)| name.value.clone()).collect();
    Some(Asked { preset, with, stages, build_args: BTreeMap::new() })
}

/// The args of a preset as the names of options.
pub(super) fn options(preset: &Node) -> Vec<String> {
    entries(preset, "args").map(|(name, _)| name.to_lowercase()).collect()
}

/// The options as defaults of the args that they are; what was found stands where `place` says, or where the preset is asked for.
pub(super) fn defaults(
    asked: &Asked,
    chosen: &Chosen,
    known: &[String],
    mut place: impl FnMut(&Place) -> Span,
    faults: &mut Faults,
) -> Node {
    let mut values: IndexMap<String, (Span, Node)> = IndexMap::new();
    for found in &chosen.options {
        let span = found.place.as_ref().map_or(asked.preset.span, &mut place);
        values.insert(found.option.to_uppercase(), (asked.preset.span, text(&found.value, span)));
    }
    for (name, value) in &asked.with {
        if known.contains(&name.value) {
            values.insert(name.to_uppercase(), (name.span, text(value, value.span)));
        } else {
            let names = || known.iter().map(String::as_str);
            let help =
                did_you_mean(name, names()).unwrap_or_else(|| format!("its options: {}", one_of(names())));
            let kind = chosen.kind.name();
            faults.push(
                Diagnostic::new(name.span, format!("the preset `{kind}` has no option `{}`", name.value))
                    .help(help),
            );
        }
    }
    let span = asked.preset.span;
    let args =
        values.into_iter().map(|(name, (at, value))| (name, at, mapping(at, vec![("default", at, value)])));
    let args: Vec<(String, Span, Node)> = args.collect();
    let args = args.iter().map(|(name, at, node)| (name.as_str(), *at, node.clone())).collect();
    mapping(span, vec![("args", span, mapping(span, args))])
}

/// The args that only the user has, which come first: what the preset's args come to may use them.
pub(super) fn args_of_user(own: &Node, preset: &Node) -> Node {
    let known: Vec<&str> = entries(preset, "args").map(|(name, _)| name.as_str()).collect();
    let args = entries(own, "args").filter(|(name, _)| !known.contains(&name.as_str()));
    let args = args.map(|(name, node)| (name.as_str(), name.span, node.clone())).collect();
    mapping(own.span, vec![("args", own.span, mapping(own.span, args))])
}

/// Whether a user's file says how the health of the runtime stage is checked.
pub(super) fn checks_health(own: &Node) -> bool {
    let runtime = entries(own, "stages").find(|(name, _)| name.value == "runtime");
    runtime.is_some_and(|(_, stage)| entries_of(stage).iter().any(|(key, _)| key.value == "healthcheck"))
}

/// Tells of stages that say what only those of the preset could: they have nothing to start from.
pub(super) fn check_stages(preset: &Node, own: &mut Node, kind: &str, faults: &mut Faults) {
    let known: Vec<String> = entries(preset, "stages").map(|(name, _)| name.value.clone()).collect();
    let Value::Mapping(keys) = &mut own.value else { return };
    let Some((_, stages)) = keys.iter_mut().find(|(key, _)| key.value == "stages") else { return };
    let Value::Mapping(stages) = &mut stages.value else { return };
    stages.retain(|(name, stage)| {
        let is_whole =
            matches!(&stage.value, Value::Mapping(keys) if keys.iter().any(|(key, _)| key.value == "from"));
        if is_whole || known.contains(&name.value) || !matches!(stage.value, Value::Mapping(_)) {
            return true;
        }
        let names = || known.iter().map(String::as_str);
        let help = did_you_mean(name, names()).unwrap_or_else(|| {
            format!("its stages: {}; one of your own needs the key `from`", one_of(names()))
        });
        faults.push(
            Diagnostic::new(name.span, format!("the preset `{kind}` has no stage `{}`", name.value))
                .help(help),
        );
        false
    });
}

fn entries<'n>(root: &'n Node, key: &str) -> impl Iterator<Item = &'n (Spanned<String>, Node)> {
    let found = entries_of(root).iter().find(|(name, _)| name.value == key);
    found.map(|(_, node)| entries_of(node)).unwrap_or_default().iter()
}

fn entries_of(node: &Node) -> &[(Spanned<String>, Node)] {
    match &node.value {
        Value::Mapping(entries) => entries,
        _ => &[],
    }
}

fn text(text: &str, span: Span) -> Node {
    Node { span, value: Value::Scalar(Scalar { text: text.to_owned(), plain: false, lines_at: Vec::new() }) }
}

fn mapping(span: Span, entries: Vec<(&str, Span, Node)>) -> Node {
    let entries = entries.into_iter().map(|(key, at, node)| (Spanned::new(key.to_owned(), at), node));
    Node { span, value: Value::Mapping(entries.collect()) }
}
