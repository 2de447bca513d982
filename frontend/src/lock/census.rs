//! What a spec as a whole names outside of itself, against what its lock file says.

use std::collections::BTreeSet;

use buildkit_llb::Platform;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;

use super::{Lock, Name};
use crate::expand::{Core, CoreAction, CoreStep};
use crate::external;
use crate::external::{Origin, git};
use crate::plan::{Action, BuildPlan, FileChange};
use crate::scope::Scope;
use crate::select::{Request, Selection, Source, select_all};

/// A place of the spec that names something outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    /// What it names, as it is without the lock.
    pub(crate) source: Source,
    /// The place.
    pub(crate) span: Span,
}

/// Where a spec and its lock file differ.
#[derive(Debug, Default)]
pub struct Census {
    /// What the spec names and the lock does not, each with the first place.
    pub missing: Vec<(Name, Span)>,
    /// What the lock names and the spec does not, each with its place in the lock; whether the spec says itself what it is.
    pub unused: Vec<(Name, Span, bool)>,
}

impl Claim {
    /// What selections of all stages and their plans name.
    pub(crate) fn all(selections: &[Selection], plans: &[BuildPlan]) -> Vec<Self> {
        let named = selections.iter().flat_map(|selection| &selection.named).cloned();
        let named = named.map(|(source, span)| Self { source, span });
        named.chain(plans.iter().flat_map(BuildPlan::steps).flat_map(|step| fetched(&step.action))).collect()
    }

    /// The name, and what the spec itself says that it is.
    pub(crate) fn name(&self) -> Option<(Name, Option<&str>)> {
        Name::of(&self.source)
    }
}

/// What a step adds.
fn fetched(action: &Action) -> Vec<Claim> {
    let Action::Files(changes) = action else { return Vec::new() };
    let fetched = changes.iter().filter_map(|change| match change {
        FileChange::Fetch { source, span, .. } => {
            Some(Claim { source: Source::External(source.clone()), span: *span })
        }
        _ => None,
    });
    fetched.collect()
}

impl Census {
    /// Compares. The plans are those of the build, for which the lock has been used; whatever else the spec has is judged by what it
    /// says, with the client's args and with its own.
    pub fn of(
        lock: &Lock,
        core: &Core,
        request: &Request,
        platforms: &[Platform],
        plans: &[BuildPlan],
    ) -> Self {
        let Some(build) = plans.first().map(|plan| &plan.build_platform) else { return Self::default() };
        let request = Request { lock: None, ..request.clone() };
        let defaults = Request { build_args: std::collections::BTreeMap::new(), ..request.clone() };
        let own: Vec<Platform> =
            core.spec().platforms.iter().filter_map(|platform| Platform::parse(platform).ok()).collect();
        let own = if own.is_empty() { platforms.to_vec() } else { own };
        let asked = whole(core, &request, build, platforms);
        let default = whole(core, &defaults, build, &own);
        let mut census = Self::default();
        census.find_missing(lock, &Claim::all(&asked, plans));
        let selections: Vec<Selection> = asked.into_iter().chain(default).collect();
        census.find_unused(lock, core, &selections, plans);
        census
    }

    fn find_missing(&mut self, lock: &Lock, claims: &[Claim]) {
        let mut told = BTreeSet::new();
        for claim in claims {
            let Some((name, None)) = claim.name() else { continue };
            if lock.pin(&name).is_none() && told.insert(name.clone()) {
                self.missing.push((name, claim.span));
            }
        }
    }

    fn find_unused(&mut self, lock: &Lock, core: &Core, selections: &[Selection], plans: &[BuildPlan]) {
        let claims = Claim::all(selections, &[]);
        let mut used: BTreeSet<Name> = BTreeSet::new();
        let mut pinned: BTreeSet<Name> = BTreeSet::new();
        for claim in &claims {
            match claim.name() {
                Some((name, None)) => used.insert(name),
                Some((name, Some(_))) => pinned.insert(name),
                None => false,
            };
        }
        let made = plans.iter().flat_map(BuildPlan::steps).flat_map(|step| fetched(&step.action));
        used.extend(made.filter_map(|claim| lock.made(&claim.source).map(|(name, _)| name.clone())));
        let added = added(core, selections);
        let is_added = |name: &Name| match &added {
            Some(added) => added.contains(name),
            // What an `env` has a part in is known where the step is planned, and not before.
            None => !matches!(name, Name::Image(_)),
        };
        let unused = lock.pins().filter(|(name, _)| !used.contains(*name) && !is_added(name));
        self.unused = unused.map(|(name, pin)| (name.clone(), pin.key_span, pinned.contains(name))).collect();
    }
}

/// All stages on all platforms. What is wrong is told where the build is selected.
fn whole(core: &Core, request: &Request, build: &Platform, platforms: &[Platform]) -> Vec<Selection> {
    let select = |platform| select_all(core, request, build, platform, &mut Faults::new());
    platforms.iter().filter_map(select).collect()
}

/// What all steps `add`, as far as args tell; `None` where they do not tell all.
fn added(core: &Core, selections: &[Selection]) -> Option<BTreeSet<Name>> {
    let mut names = BTreeSet::new();
    for index in 0..core.spec().stages.len() {
        for written in core.steps(index).iter().flat_map(adds) {
            for selection in selections {
                let text = Scope::global(&selection.globals).expand(written, &mut Faults::new())?;
                names.extend(added_name(&text));
            }
        }
    }
    Some(names)
}

fn adds(step: &CoreStep) -> Vec<&Template> {
    match &step.action {
        CoreAction::Add(add) => add.add.values.iter().collect(),
        CoreAction::Parallel(branches) => branches.iter().flatten().flat_map(adds).collect(),
        _ => Vec::new(),
    }
}

fn added_name(text: &str) -> Option<Name> {
    let origin = match git::parse(text) {
        Some(source) => Origin::Git(source.ok()?),
        None if external::is_url(text) => return Some(Name::Http(text.to_owned())),
        None => return None,
    };
    Name::of_origin(&origin).map(|(name, _)| name)
}
