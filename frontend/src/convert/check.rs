//! `# check=`: the lint rules that a Dockerfile switches off.

use spec_schema::node::Node;

use super::Note;
use super::tree::{self, Entries};
use crate::dockerfile::file::{Directive, Dockerfile};
use crate::lint::Rule;

/// What `# check=` says of rules that the spec has, too, and a note of all else.
pub(super) fn lint(file: &Dockerfile) -> (Option<Node>, Option<Note>) {
    let check = file.directives.iter().find(|directive| directive.name == "check");
    let Some(Directive { value, span, .. }) = check else { return (None, None) };
    let settings = value.split(';').filter_map(|setting| setting.split_once('='));
    let (skips, others): (Vec<_>, Vec<_>) = settings.partition(|(name, _)| *name == "skip");
    let names = skips.iter().flat_map(|(_, names)| names.split(',')).map(str::trim);
    let (known, unknown): (Vec<&str>, Vec<&str>) =
        names.partition(|name| *name == "all" || Rule::named(name).is_some());
    let rules = known.iter().map(|name| tree::text(*name, *span)).collect();
    let mut entries = Entries::default();
    entries.add_some("skip", tree::one_or_many(rules, *span));
    let left = others.iter().map(|(name, value)| format!("{name}={value}"));
    let left: Vec<String> = left.chain(unknown.iter().map(|name| format!("skip={name}"))).collect();
    let text = format!("of `# check`, this is left out: {}", left.join("; "));
    let note = (!left.is_empty()).then_some(Note { span: *span, text });
    ((!entries.is_empty()).then(|| entries.mapping(*span)), note)
}
