//! Build args: a Dockerfile declares them anew in every stage, a spec once for all.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::decode::text::Text;
use spec_schema::span::Span;

use super::names::Declared;
use super::pieces::{Piece, Quotes, names, pieces};
use super::tree::{self, Entries};
use crate::dockerfile::file::{Body, Dockerfile};
use crate::select::is_platform_arg;

/// The args of all stages.
#[derive(Debug, Default)]
pub(super) struct Args {
    /// By name: whether every declaration says the same, so that the spec can say it once.
    alike: BTreeMap<String, bool>,
    /// What the spec declares so far.
    declared: Entries,
}

/// What one declaration comes to: its own default, or that of the arg above the stages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Effective(Option<Vec<Piece>>);

impl Args {
    /// Looks at all declarations.
    pub(super) fn of(file: &Dockerfile) -> Self {
        let mut collector = Collector { escape: file.escape, ..Collector::default() };
        for statement in &file.statements {
            match &statement.body {
                Body::From(_) => collector.stage(),
                Body::Env(pairs) => collector.env.extend(pairs.iter().map(|(name, _)| name.value.clone())),
                Body::Arg(args) => {
                    for (name, default) in args {
                        collector.arg(name, default.as_ref());
                    }
                }
                _ => {}
            }
        }
        let alike = collector.defaults.into_iter().map(|(name, defaults)| {
            let same = defaults.windows(2).all(|pair| pair[0] == pair[1]);
            let alike = same && !collector.local.contains(&name);
            (name, alike)
        });
        Self { alike: alike.collect(), declared: Entries::default() }
    }

    /// Whether the spec defines that name everywhere.
    pub(super) fn knows(&self, name: &str) -> bool {
        is_platform_arg(name) || self.alike.contains_key(name)
    }

    /// Declares an arg whose default, as a spec has it, is that one here; what it is from here on, and whether that is the first time.
    pub(super) fn declare(&mut self, name: &Text, default: Option<String>, place: Span) -> (Declared, bool) {
        if is_platform_arg(name) {
            return (default.map_or(Declared::Given, Declared::Fixed), false);
        }
        let alike = self.alike.get(name.as_str()).copied().unwrap_or_default();
        let first = !self.declared.0.iter().any(|(known, _)| known.value == name.value);
        if first {
            let node = match &default {
                Some(default) if alike => tree::text(default.clone(), place),
                _ => tree::word("", place),
            };
            self.declared.set(name, name.span, node);
        }
        let declared = match default {
            None => Declared::Open,
            Some(_) if alike => Declared::Given,
            Some(default) => Declared::Own(default),
        };
        (declared, first)
    }

    /// The spec's `args`.
    pub(super) fn take(&mut self) -> Entries {
        std::mem::take(&mut self.declared)
    }
}

#[derive(Default)]
struct Collector {
    escape: char,
    in_stage: bool,
    /// Variables of the stage.
    env: BTreeSet<String>,
    /// Args that the stage has declared.
    seen: BTreeSet<String>,
    global: BTreeMap<String, Effective>,
    defaults: BTreeMap<String, Vec<Effective>>,
    /// Args with a default that only one stage can say.
    local: BTreeSet<String>,
}

impl Collector {
    fn stage(&mut self) {
        self.in_stage = true;
        self.env.clear();
        self.seen.clear();
    }

    fn arg(&mut self, name: &Text, default: Option<&Text>) {
        let own = default.map(|text| pieces(text, Quotes::Removed, self.escape).unwrap_or_default());
        if self.in_stage
            && let Some(own) = &own
            && names(own).iter().any(|used| !self.seen.contains(*used) || self.env.contains(*used))
        {
            self.local.insert(name.value.clone());
        }
        let effective = match own {
            None if self.in_stage => self.global.get(name.as_str()).cloned().unwrap_or(Effective(None)),
            own => Effective(own),
        };
        if !self.in_stage {
            self.global.insert(name.value.clone(), effective.clone());
        }
        self.seen.insert(name.value.clone());
        self.defaults.entry(name.value.clone()).or_default().push(effective);
    }
}
