//! The stages that a target needs, in an order in which each comes after those it uses.

use std::collections::BTreeMap;

use buildkit_llb::{Platform, PlatformError};
use spec_schema::Spec;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;
use spec_schema::spec::Inherited;

use super::args::{Request, epoch, globals};
use super::order::order;
use super::origins::Origins;
use super::references::{Reference, References, add_triggers, references};
use super::sources::declared;
use super::target::target;
use super::triggers::Triggers;
use super::{Deciding, Given, Published, SelectedStage, Selection, Source};
use crate::epoch::Epoch;
use crate::expand::Core;
use crate::external::Origin;
use crate::scope::{Globals, Scope};

/// Selects what is built for `platform` on a builder of platform `build`.
///
/// Every stage of the spec is checked, also those that the target does not need. `None` where there is no target.
pub fn select(
    core: &Core,
    request: &Request,
    build: &Platform,
    platform: &Platform,
    faults: &mut Faults,
) -> Option<Selection> {
    selected(core, request, build, platform, false, faults)
}

/// The same with every stage, as if each were a target. The last one is any of them.
pub fn select_all(
    core: &Core,
    request: &Request,
    build: &Platform,
    platform: &Platform,
    faults: &mut Faults,
) -> Option<Selection> {
    selected(core, request, build, platform, true, faults)
}

fn selected(
    core: &Core,
    request: &Request,
    build: &Platform,
    platform: &Platform,
    all: bool,
    faults: &mut Faults,
) -> Option<Selection> {
    let spec = core.spec();
    let target = target(spec, request, faults);
    let target_name =
        target.and_then(|target| spec.stages.get_index(target)).map_or("default", |(name, _)| name);
    let target_name = request.built.as_deref().unwrap_or(target_name);
    let globals = globals(spec, request, build, platform, target_name, faults);
    let origins =
        Origins::new(request.contexts.clone(), declared(spec, &globals, faults), request.lock.clone());
    let none = Triggers::new();
    let of_images = request.triggers.get(platform).unwrap_or(&none);
    let mut used: Vec<References> = Vec::with_capacity(spec.stages.len());
    for (index, (name, stage)) in spec.stages.iter().enumerate() {
        let mut found = references(spec, &stage.value, core.steps(index), &globals, faults);
        let own_platform = stage_platform(stage.value.platform.as_ref(), &globals, platform, faults);
        if origins.context(name, &own_platform).is_some() {
            used.push(References::replaced(name));
            continue;
        }
        if all || target == Some(index) {
            found.add_verified(&stage.value);
            found.add_scanned(spec, &stage.value, &globals, faults);
        }
        if !stage.value.resets(Inherited::Onbuild) {
            let texts = match found.base.as_ref().and_then(|base| base.stage(spec)) {
                // What the client put in the place of a stage has no triggers.
                Some((base, _)) if origins.context(base, platform).is_some() => Vec::new(),
                Some((_, base)) => base.onbuild.iter().map(|text| text.value.clone()).collect(),
                None => of_images.get(&index).cloned().unwrap_or_default(),
            };
            add_triggers(&mut found, spec, stage, &globals, &texts, faults);
        }
        used.push(found);
    }
    let epoch = epoch(spec, request, &globals, faults);
    let order = order(spec, &used, target?, all, faults);
    let build_args = request.build_args.clone();
    let platforms = Platforms { target: platform, build };
    let selection = assemble(spec, &used, &order, globals, origins, platforms, faults);
    // All stages together are no image that could be compared with anything.
    let named = target.filter(|_| !all).and_then(|target| used.get(target)?.published.clone());
    let published = named.and_then(|named| published(&selection, named, faults));
    Some(Selection { build_args, epoch, now: epoch.unwrap_or(request.now), published, ..selection })
}

/// What is built for, and on.
#[derive(Clone, Copy)]
struct Platforms<'a> {
    target: &'a Platform,
    build: &'a Platform,
}

fn assemble(
    spec: &Spec,
    used: &[References],
    order: &[usize],
    globals: Globals,
    origins: Origins,
    platforms: Platforms<'_>,
    faults: &mut Faults,
) -> Selection {
    let platform = platforms.target;
    let position_of: BTreeMap<usize, usize> =
        order.iter().enumerate().map(|(position, index)| (*index, position)).collect();
    let mut stages = Vec::with_capacity(order.len());
    let (mut named, mut given) = (Vec::new(), Vec::new());
    for index in order {
        let (Some((name, entry)), Some(used)) = (spec.stages.get_index(*index), used.get(*index)) else {
            continue;
        };
        let stage = &entry.value;
        let inherited = inherited_platform(used, &position_of, &stages).unwrap_or(platform);
        let platform = stage_platform(stage.platform.as_ref(), &globals, inherited, faults);
        let mut other = |name: &str, span: Span, platform: &Platform| match origins.find(name, platform) {
            Ok(source) => {
                let context = origins.given(name, platform).map(str::to_owned);
                given.extend(context.map(|context| Given { source: source.clone(), span, context }));
                Some(source)
            }
            Err(problem) => {
                faults.push(problem.at(span));
                None
            }
        };
        let base = match &used.base {
            Some(Reference::Other(name)) => {
                other(name, if used.replaced { entry.key_span } else { stage.from.span }, &platform)
            }
            // In a circle, some stage comes before what it starts from: it has no base, so that no walk down the bases is without end.
            Some(Reference::Stage(index)) => {
                position_of.get(index).filter(|at| **at < stages.len()).map(|at| Source::Stage(*at))
            }
            Some(Reference::Scratch | Reference::Frontend) | None => None,
        };
        let sources = used.sources.iter().map(|source| (source, &platform));
        let scanners = used.scanners.iter().map(|scanner| (scanner, platforms.build));
        let sources = sources.chain(scanners).filter_map(|((reference, span), platform)| match reference {
            Reference::Other(name) => Some((other(name, *span, platform)?, *span)),
            Reference::Frontend => Some((Source::External(Box::new(Origin::Frontend.into())), *span)),
            Reference::Scratch | Reference::Stage(_) => None,
        });
        let sources = sources.collect();
        if !used.replaced {
            let base = used.base.iter().map(|base| (base, stage.from.span, &platform));
            let sources = used.sources.iter().map(|(source, span)| (source, *span, &platform));
            let scanners = used.scanners.iter().map(|(source, span)| (source, *span, platforms.build));
            let outside =
                base.chain(sources).chain(scanners).filter_map(
                    |(reference, span, platform)| match reference {
                        Reference::Other(name) => Some((origins.named(name, platform)?, span)),
                        Reference::Scratch | Reference::Stage(_) | Reference::Frontend => None,
                    },
                );
            named.extend(outside);
        }
        stages.push(SelectedStage {
            index: *index,
            name: name.to_owned(),
            // With a fault recorded there is no build: what stands here only lets the checks go on.
            base: base.unwrap_or(Source::Scratch),
            replaced: used.replaced,
            triggers: used.triggers.clone(),
            steps: used.steps.clone(),
            sources,
            from_span: if used.replaced { entry.key_span } else { stage.from.span },
            decided_by: deciding(spec, &stage.from),
            platform,
        });
    }
    let reads_context = order.iter().any(|index| used[*index].reads_context);
    let positions =
        stages.iter().enumerate().map(|(position, stage)| (stage.name.clone(), position)).collect();
    let (platform, build_args) = (platform.clone(), BTreeMap::new());
    Selection {
        platform,
        globals,
        build_args,
        epoch: None,
        now: Epoch::default(),
        stages,
        reads_context,
        named,
        given,
        published: None,
        positions,
        origins,
    }
}

/// What the image is compared with. What counts is what is published now, whatever is locked.
fn published(selection: &Selection, (name, span): (String, Span), faults: &mut Faults) -> Option<Published> {
    let platform = &selection.target()?.platform;
    match selection.origins.unlocked().find(&name, platform) {
        Ok(source) => {
            let context = selection.origins.given(&name, platform).map(str::to_owned);
            Some(Published { source, name, span, context })
        }
        Err(problem) => {
            faults.push(problem.at(span));
            None
        }
    }
}

/// The arg whose default, in another file, decides what a name comes to.
fn deciding(spec: &Spec, from: &Template) -> Option<Deciding> {
    from.variables().into_iter().find_map(|variable| {
        let span = spec.args.get(&variable.name)?.settings.default.as_ref()?.span;
        (span.file != from.span.file).then(|| Deciding { arg: variable.name.clone(), span })
    })
}

/// A stage that starts from a stage is for the platform of that one, as in a Dockerfile.
fn inherited_platform<'s>(
    used: &References,
    position_of: &BTreeMap<usize, usize>,
    stages: &'s [SelectedStage],
) -> Option<&'s Platform> {
    let Some(Reference::Stage(index)) = &used.base else { return None };
    stages.get(*position_of.get(index)?).map(|stage| &stage.platform)
}

fn stage_platform(
    written: Option<&Template>,
    globals: &Globals,
    default: &Platform,
    faults: &mut Faults,
) -> Platform {
    let Some(template) = written else { return default.clone() };
    let Some(text) = Scope::global(globals).expand(template, faults) else { return default.clone() };
    Platform::parse(&text).unwrap_or_else(|error| {
        let message = match error {
            PlatformError::Empty => "this platform is empty".to_owned(),
            error => format!("`{text}` is not a platform: {error}"),
        };
        let fault = Diagnostic::new(template.span, message);
        faults.push(
            fault.help("write `$BUILDPLATFORM`, `$TARGETPLATFORM`, or a platform such as `linux/arm64`"),
        );
        default.clone()
    })
}
