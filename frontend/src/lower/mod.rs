//! From a plan to LLB. Pure: the same plan, options and digests give the same bytes.

mod abilities;
mod archive;
mod context;
pub(crate) use context::hint;
mod copy;
mod external;
mod files;
mod gate;
mod missing;
mod parallel;
mod pile;
mod run;
mod scan;
mod secret_env;
mod squash;
mod verify;
mod weigh;

use std::collections::BTreeMap;

use buildkit_llb::{
    Definition, Graph, ImageSource, Location, OciLayoutSource, OpMeta, Output, Platform, SourceFile,
    SourceFileId, SourceOp,
};
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;

pub use abilities::Abilities;
pub use gate::{LoweredScan, LoweredScans};
pub use verify::{FOUND, LoweredChecks};
pub use weigh::{Part, Subject, Weighing, lower_weighing};

use self::pile::Pile;
use crate::entrypoint::MainContext;
use crate::epoch::Epoch;
use crate::external::External;
use crate::opts::{FrontendOpts, ResolveMode};
use crate::plan::{Action, BuildPlan, FileSource, Place, StagePlan, StepPlan};
use crate::resolved::Resolved;
use crate::select::{ImageKey, Source};
use crate::source::SpecFiles;

/// The bytes of a request besides those of ops: what points at the result, and the options.
const REST_OF_REQUEST: usize = 1 << 10;

/// What a plan does not say: the client's options, and the files that it was made from.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The options of the build.
    pub opts: &'a FrontendOpts,
    /// The spec, for the lines that a failing step shows.
    pub files: &'a SpecFiles,
    /// The build context.
    pub context: &'a MainContext,
    /// Patterns of the context's paths that the client does not send.
    pub ignored: &'a [String],
    /// What the daemon can do, of that for which there is another way.
    pub abilities: Abilities,
}

/// A graph that is ready to be solved. Only [`lower`] makes one.
#[derive(Debug)]
pub struct Lowered {
    /// What goes to the daemon.
    pub definition: Definition,
    /// What is checked of that.
    pub checks: LoweredChecks,
    /// What scans it.
    pub scans: LoweredScans,
    graph: Graph,
    result: Option<Output>,
    stages: Vec<Option<Output>>,
    context: Option<Output>,
    /// The spec's files in the graph, in the order of their ids.
    files: Vec<SourceFileId>,
    /// The step with which there is more than the daemon takes; what would come behind it is not there.
    too_large: Option<Span>,
}

/// Lowers one platform's plan.
pub fn lower(plan: &BuildPlan, resolved: &Resolved, surroundings: &Surroundings<'_>) -> Lowered {
    let mut lowerer = Lowerer::new(plan, resolved, *surroundings);
    lowerer.add_stages(plan.stages.len());
    let result = lowerer.stages.last().copied().flatten();
    let definition = lowerer.graph.marshal(result);
    let checks = lowerer.checks(result);
    let scans = lowerer.scans(result);
    let Lowerer { graph, stages, context, files, too_large, .. } = lowerer;
    Lowered { definition, checks, scans, graph, result, stages, context, files, too_large }
}

/// The files that a stage starts from, as [`lower`] names them; `None` where there are none.
///
/// Fails at the step with which there is more than the daemon takes.
pub fn lower_base(
    plan: &BuildPlan,
    stage: usize,
    resolved: &Resolved,
    surroundings: &Surroundings<'_>,
) -> Result<Option<Definition>, Faults> {
    let mut lowerer = Lowerer::new(plan, resolved, *surroundings);
    lowerer.add_stages(stage);
    if let Some(span) = lowerer.too_large {
        let mut faults = Faults::new();
        faults.push(missing::too_large(span, surroundings.abilities.max_request));
        return Err(faults);
    }
    let base = plan.stages.get(stage).and_then(|stage| lowerer.base(stage));
    Ok(base.map(|base| lowerer.graph.marshal(Some(base))))
}

/// What the steps of a stage have in common.
#[derive(Debug, Clone, Copy)]
struct StageScope<'a> {
    /// What its processes run on.
    platform: &'a Platform,
    /// What stands in front of what is shown of it.
    label: &'a str,
    /// Whether what can differ is done even if its result is cached.
    ignore_cache: bool,
}

/// The graph under construction.
struct Lowerer<'a> {
    graph: Graph,
    plan: &'a BuildPlan,
    resolved: &'a Resolved,
    surroundings: Surroundings<'a>,
    files: Vec<SourceFileId>,
    /// What each stage has become, in the order of the plan.
    stages: Vec<Option<Output>>,
    context: Option<Output>,
    /// What files from outside have become.
    externals: BTreeMap<External, Option<Output>>,
    /// The time that what the stage makes is given, in nanoseconds since 1970; without one, that of the build.
    time: Option<i64>,
    /// Whether the layers of the stage are layers of the image.
    in_image: bool,
    /// What the steps of all stages have changed.
    changes: Vec<Change>,
    /// The step with which there is more than the daemon takes.
    too_large: Option<Span>,
}

/// What a step has changed: what was there before it, and what was there then.
#[derive(Debug, Clone, Copy)]
struct Change {
    /// The stage, by its position.
    stage: usize,
    /// The step, by its position; `None` for all of them, where they are one layer.
    step: Option<usize>,
    before: Option<Output>,
    after: Option<Output>,
}

impl<'a> Lowerer<'a> {
    fn new(plan: &'a BuildPlan, resolved: &'a Resolved, surroundings: Surroundings<'a>) -> Self {
        let mut graph = Graph::new();
        let files = surroundings
            .files
            .with_steps()
            .map(|file| {
                graph.add_source_file(SourceFile::new(
                    file.name.clone(),
                    file.text.as_bytes().to_vec(),
                    "YAML",
                ))
            })
            .collect();
        let context = context::source(&mut graph, plan, surroundings);
        let stages = Vec::with_capacity(plan.stages.len());
        let externals = BTreeMap::new();
        Self {
            graph,
            plan,
            resolved,
            surroundings,
            files,
            stages,
            context,
            externals,
            time: None,
            in_image: false,
            changes: Vec::new(),
            too_large: None,
        }
    }

    /// Adds the first `count` stages.
    fn add_stages(&mut self, count: usize) {
        let plan = self.plan;
        let mut in_image = vec![false; plan.stages.len()];
        plan.chain().into_iter().for_each(|position| in_image[position] = true);
        for (stage, in_image) in plan.stages.iter().zip(in_image).take(count) {
            // Another time must not run the steps of stages that only hand files on: a copy keeps the times of files anyway.
            self.in_image = in_image;
            self.time = plan.epoch.filter(|_| self.in_image).map(Epoch::nanoseconds);
            let output = self.stage(stage);
            self.stages.push(output);
            if self.is_too_large(stage.from_span) {
                break;
            }
        }
    }

    fn base(&mut self, stage: &StagePlan) -> Option<Output> {
        match &stage.base {
            Source::Scratch => None,
            Source::Stage(position) => self.stages.get(*position).copied().flatten(),
            Source::Image(key) => self.image(key, &stage.base_name, stage.from_span),
            Source::External(external) => self.external(external, stage.from_span),
        }
    }

    fn stage(&mut self, stage: &StagePlan) -> Option<Output> {
        let base = self.base(stage);
        let ignore_cache = self.surroundings.opts.no_cache.covers(&stage.name);
        let (platform, label) = (&stage.platform, stage.label.as_str());
        let result = self.steps(base, &stage.steps, StageScope { platform, label, ignore_cache });
        // The layers of other stages are nobody's: only their files count.
        let Some(squash) = stage.squash.as_ref().filter(|_| self.in_image) else { return result };
        let squashed = self.squash(base, result, squash);
        let stage = self.stages.len();
        self.changes.retain(|change| change.stage != stage);
        self.changes.push(Change { stage, step: None, before: base, after: squashed });
        squashed
    }

    /// Adds steps one after the other, as far as the daemon takes them.
    fn steps(&mut self, root: Option<Output>, steps: &[StepPlan], scope: StageScope<'_>) -> Option<Output> {
        let mut pile = Pile::on(root);
        for (index, step) in steps.iter().enumerate() {
            pile = self.step(pile, index, step, scope);
            if self.is_too_large(step.span) {
                break;
            }
        }
        self.merged(&mut pile, scope)
    }

    /// Whether there is more by now than the daemon takes; what is at `span` has come last.
    fn is_too_large(&mut self, span: Span) -> bool {
        if self.graph.size() + REST_OF_REQUEST > self.surroundings.abilities.max_request {
            self.too_large.get_or_insert(span);
        }
        self.too_large.is_some()
    }

    fn step(&mut self, mut pile: Pile, index: usize, step: &StepPlan, scope: StageScope<'_>) -> Pile {
        let mut meta = self.meta(&self.name(step), step.span);
        meta.ignore_cache = step.no_cache || scope.ignore_cache && step.action.can_differ();
        if let (Action::Files(changes), Place::Apart(apart), true) =
            (&step.action, &step.place, self.surroundings.abilities.merges)
        {
            let (before, after) = self.apart(&mut pile, index, changes, apart, meta);
            self.changed(index, before, after);
            return pile;
        }
        let root = self.merged(&mut pile, scope);
        let known = self.changes.len();
        pile = pile.replaced_by(match &step.action {
            Action::Run(plan) => self.run(root, plan, scope.platform, meta),
            Action::Files(changes) => self.change(root, changes, meta),
            Action::Parallel(branches) => self.parallel(root, step, branches, scope),
        });
        // What its branches have changed is what it has changed.
        self.changes.truncate(known);
        self.changed(index, root, pile.root());
        pile
    }

    fn changed(&mut self, step: usize, before: Option<Output>, after: Option<Output>) {
        self.changes.push(Change { stage: self.stages.len(), step: Some(step), before, after });
    }

    /// What is shown for a step: where the daemon makes it do without something, that too.
    fn name(&self, step: &StepPlan) -> String {
        match self.surroundings.abilities.without(step) {
            None => step.name.clone(),
            Some(cap) => format!("{} (without `{}`)", step.name, cap.id()),
        }
    }

    /// The op of an image; the same op however often an image is used.
    fn image(&mut self, key: &ImageKey, name: &str, span: Span) -> Option<Output> {
        let image = self.resolved.images.get(key)?;
        if image.config.layers() == Some(0) {
            return None;
        }
        let source: SourceOp = match &key.store {
            None => self.image_source(&image.reference).into(),
            Some(store) => self.layout_source(&image.reference, store).into(),
        };
        let name = format!("{name}from {}", image.reference);
        // An image that a step copies from has no line of its own.
        let mut meta = if span == Span::default() { OpMeta::named(name) } else { self.meta(&name, span) };
        meta.platform = Some(key.platform.clone());
        Some(self.graph.source(source, meta))
    }

    fn image_source(&self, reference: &str) -> ImageSource {
        let resolve_mode = match self.surroundings.opts.image_resolve_mode {
            ResolveMode::Default => None,
            ResolveMode::Pull => Some(buildkit_llb::ResolveMode::ForcePull),
            ResolveMode::Local => Some(buildkit_llb::ResolveMode::PreferLocal),
        };
        ImageSource { resolve_mode, ..ImageSource::new(reference) }
    }

    fn layout_source(&self, reference: &str, store: &str) -> OciLayoutSource {
        let session = Some(self.surroundings.opts.session_id.clone());
        OciLayoutSource { session, ..OciLayoutSource::new(reference, store) }
    }

    /// The files that a step copies from or mounts.
    fn source(&mut self, source: &FileSource) -> Option<Output> {
        match source {
            FileSource::Context => self.context,
            FileSource::Other(Source::Scratch) => None,
            FileSource::Other(Source::Stage(position)) => self.stages.get(*position).copied().flatten(),
            FileSource::Other(Source::Image(key)) => self.image(key, "", Span::default()),
            FileSource::Other(Source::External(external)) => self.external(external, Span::default()),
        }
    }

    fn meta(&self, name: &str, span: Span) -> OpMeta {
        let (first, last) = self.surroundings.files.lines(span);
        let file = self.files.get(usize::from(span.file.0)).copied();
        let location = file.map(|file| Location::lines(file, first, last));
        OpMeta { name: Some(name.to_owned()), location, ..OpMeta::default() }
    }
}
