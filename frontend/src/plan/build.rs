//! The plan of a whole build, stage by stage.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;

use super::annotations::annotations;
use super::names::Names;
use super::runtime::base_runtime;
use super::stage::StagePlanner;
use super::{BuildPlan, Runtime, StagePlan, scan};
use crate::expand::Core;
use crate::resolved::Resolved;
use crate::scope::Scope;
use crate::select::{SelectedStage, Selection, Source};

/// Plans what was selected. `several` platforms are told apart in the names of vertices.
pub fn plan(
    core: &Core,
    selection: &Selection,
    resolved: &Resolved,
    build_platform: &buildkit_llb::Platform,
    several: bool,
    faults: &mut Faults,
) -> BuildPlan {
    let mut stages: Vec<StagePlan> = Vec::with_capacity(selection.stages.len());
    for selected in &selection.stages {
        let Some((_, entry)) = core.spec().stages.get_index(selected.index) else { continue };
        let names = Names::new(selected, build_platform, &selection.platform, several);
        let base = base_runtime(&selected.base, resolved, &stages);
        if selected.replaced {
            stages.push(replaced(selected, base, &names));
            continue;
        }
        let below = match selected.base {
            Source::Stage(position) => stages.get(position),
            _ => None,
        };
        let nothing_there = below.map_or(selected.base == Source::Scratch, |stage| stage.is_empty);
        let has_helper = below.is_some_and(|stage| stage.has_helper);
        let (spec, steps) = (core.spec(), core.steps(selected.index));
        let planner = StagePlanner {
            spec,
            stage: &entry.value,
            steps,
            selected,
            selection,
            names,
            base,
            nothing_there,
            has_helper,
            own_image: resolved.own_image.is_some(),
            build_platform,
        };
        let scans = scan::scans(&planner, resolved, &stages, faults);
        stages.push(StagePlan { scans, ..planner.plan(resolved, faults) });
    }
    // Of several places the first one counts.
    let places = selection.externals().map(|(external, span)| (external.clone(), span));
    let places = places.collect::<Vec<_>>().into_iter().rev().collect();
    let scope = Scope::global(&selection.globals);
    let expand =
        |template: &Template, faults: &mut Faults| scope.expand(template, faults).unwrap_or_default();
    let labels = core.spec().labels.iter();
    let labels = labels.map(|(name, entry)| (name.to_owned(), expand(&entry.value, faults))).collect();
    let annotations = annotations(&core.spec().annotations, expand, faults);
    let (platform, epoch) = (selection.platform.clone(), selection.epoch);
    let build_platform = build_platform.clone();
    BuildPlan { platform, build_platform, epoch, stages, places, labels, annotations }
}

/// A stage in whose place the client put something: what that holds, and nothing else.
fn replaced(selected: &SelectedStage, runtime: Runtime, names: &Names) -> StagePlan {
    let SelectedStage { name, platform, base, from_span, .. } = selected.clone();
    let (base_name, label) = (names.vertex(1, 1, ""), names.label());
    let is_empty = base == Source::Scratch;
    StagePlan {
        name,
        platform,
        base,
        from_span,
        base_name,
        label,
        users: Vec::new(),
        steps: Vec::new(),
        squash: None,
        config: Vec::new(),
        annotations: Vec::new(),
        runtime,
        verify: None,
        scans: Vec::new(),
        prefix: names.stage(),
        is_empty,
        has_helper: false,
    }
}
