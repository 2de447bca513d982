//! `UndefinedVar`, as Docker has it.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::did_you_mean;

use super::walk::{globals, stages};
use crate::convert::variables;
use crate::dockerfile::file::{Body, Transfer, flag};
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::select::is_platform_arg;

pub(super) const RULE: Rule = Rule {
    name: "UndefinedVar",
    description: "Variables are declared in the stage that uses them",
    costs: "the variable is empty, which nothing tells",
    standing: Standing::Pitfall,
    check,
};

/// An arg above the stages is not known in them, and a name that is nearly another one is misspelt. Any other name may be a variable of
/// the base image.
fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some(dockerfile) = subject.dockerfile() else { return };
    let globals: BTreeSet<&str> = globals(subject).collect();
    let mut of_stages: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    // What stages declare is kept as long as another one is to start from them: all of it for each of many would be too much.
    let mut takers: BTreeMap<&str, usize> = BTreeMap::new();
    stages(subject).for_each(|(from, _)| *takers.entry(from.base.as_str()).or_default() += 1);
    for (from, stage) in stages(subject) {
        let base = from.base.as_str();
        let left = takers.get_mut(base).map_or(0, |left| {
            *left = left.saturating_sub(1);
            *left
        });
        let below = if left == 0 { of_stages.remove(base) } else { of_stages.get(base).cloned() };
        let mut known = below.unwrap_or_default();
        for statement in stage {
            for text in texts(&statement.body) {
                for name in variables(text, dockerfile.escape) {
                    let is_known = known.contains(&name) || is_known(&name);
                    if is_known || name.ends_with("_VERSION") && !globals.contains(name.as_str()) {
                        continue;
                    }
                    if globals.contains(name.as_str()) {
                        let detail =
                            format!("`{name}` is empty: an `ARG` above the first `FROM` is for `FROM` alone");
                        let help =
                            Help::from("declare it in this stage, too").better([format!("ARG {name}")]);
                        found.add(text.span, detail, help);
                    } else if let Some(help) = did_you_mean(&name, known.iter().map(String::as_str)) {
                        found.add(text.span, format!("nothing declares `{name}`"), help);
                    }
                }
            }
            match &statement.body {
                Body::Arg(args) => known.extend(args.iter().map(|(name, _)| name.value.clone())),
                Body::Env(pairs) => known.extend(pairs.iter().map(|(name, _)| name.value.clone())),
                _ => {}
            }
        }
        if let Some(name) = &from.name
            && takers.get(name.as_str()).is_some_and(|left| *left > 0)
        {
            of_stages.insert(name.as_str(), known);
        }
    }
}

/// What every build or container has, and what only the shell of a step would replace.
fn is_known(name: &str) -> bool {
    is_platform_arg(name) || matches!(name, "PATH" | "HOME" | "HOSTNAME" | "USER" | "PWD" | "TERM")
}

/// The texts of an instruction whose variables the builder replaces.
fn texts(body: &Body) -> Vec<&Text> {
    match body {
        Body::Arg(args) => args.iter().filter_map(|(_, default)| default.as_ref()).collect(),
        Body::Env(pairs) | Body::Label(pairs) => pairs.iter().map(|(_, value)| value).collect(),
        Body::Copy(transfer) | Body::Add(transfer) => of_transfer(transfer),
        Body::Workdir(text) | Body::User(text) | Body::StopSignal(text) => vec![text],
        Body::Expose(texts) | Body::Volume(texts) => texts.iter().collect(),
        _ => Vec::new(),
    }
}

fn of_transfer(transfer: &Transfer) -> Vec<&Text> {
    let flags = ["chown", "chmod"].into_iter().filter_map(|name| flag(&transfer.flags, name));
    transfer.sources.iter().chain([&transfer.dest]).chain(flags).collect()
}
