//! What is weighed for a report: one process that looks at the image, at what each of its layers changed, and at what the build brought in
//! besides.

use std::collections::BTreeMap;

use buildkit_llb::{Definition, OpMeta, Output};

use super::verify::{IMAGE, Root, helper};
use super::{Change, Lowerer, Surroundings};
use crate::external::Origin;
use crate::plan::{Action, BuildPlan, FileChange, FileSource, MountPlan, StepPlan};
use crate::resolved::Resolved;
use crate::select::Source;

/// Where the process sees what it weighs.
const ROOTS: &str = "/dev/optfrontend/weigh";

/// The most layers that are weighed by themselves; those above are weighed together. Storage drivers hold about as many.
const MOST_LAYERS: usize = 127;

/// What is weighed, as the helper has words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// What the image starts from.
    Base,
    /// The layer of a step in a stage, by their positions; of all its steps, where they are one layer.
    Layer {
        /// The stage.
        stage: usize,
        /// The step.
        step: Option<usize>,
    },
    /// All layers from there on.
    Rest,
    /// What a stage starts from that is no part of the image.
    BaseOf(usize),
    /// What the steps of a stage have made that is no part of the image.
    Stage(usize),
    /// What steps copy from or mount.
    Source(FileSource),
    /// The image.
    Image,
    /// The image, beside another one.
    Growth,
}

/// A file system and what it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub subject: Subject,
    before: Option<Output>,
    after: Option<Output>,
}

/// The graphs of a report.
#[derive(Debug, Clone)]
pub struct Weighing {
    /// How large everything is.
    pub sizes: Definition,
    /// Which of the commands and paths that were asked for are in the image.
    pub look: Definition,
    /// What is weighed, in the order in which it is told.
    pub subjects: Vec<Subject>,
}

/// Lowers what is asked for a report of a plan; `looker` is the helper for the builder's own platform.
///
/// `before` is what the image is compared with, `look` the words for the helper that looks for commands and paths.
pub fn lower_weighing(
    plan: &BuildPlan,
    resolved: &Resolved,
    surroundings: &Surroundings<'_>,
    looker: &str,
    before: Option<Option<&Definition>>,
    look: &[String],
) -> Weighing {
    let mut lowerer = Lowerer::new(plan, resolved, *surroundings);
    lowerer.add_stages(plan.stages.len());
    let image = lowerer.stages.last().copied().flatten();
    let mut parts = lowerer.layers();
    parts.extend(lowerer.brought());
    let whole = |subject, before, after| Part { subject, before, after };
    parts.push(whole(Subject::Image, None, image));
    if let Some(before) = before {
        let before = before.and_then(|before| lowerer.graph.import(before));
        parts.push(whole(Subject::Growth, before, image));
    }
    let label = plan.stages.last().map_or("", |stage| &stage.label);
    let meta = |what: &str| OpMeta::named(format!("{label} {what}"));
    let mut roots = BTreeMap::new();
    let mut words = vec!["weigh".to_owned()];
    for part in &parts {
        words.push(word(&part.subject).to_owned());
        words.extend([part.before, part.after].map(|root| place(&mut roots, root)));
    }
    let sent: Vec<Output> =
        parts.iter().filter(|part| is_sent(&part.subject)).filter_map(|part| part.after).collect();
    let root = |(root, path)| Root { path, files: Some(root), is_made: !sent.contains(&root) };
    let roots = roots.into_iter().map(root).collect();
    let sizes = lowerer.outside(looker, helper(words), roots, meta("weigh files"));
    let words = ["look", "--root", IMAGE].map(str::to_owned).into_iter().chain(look.iter().cloned());
    let look =
        lowerer.outside(looker, helper(words), vec![Root::made(IMAGE, image)], meta("look for commands"));
    Weighing { sizes, look, subjects: parts.into_iter().map(|part| part.subject).collect() }
}

fn word(subject: &Subject) -> &'static str {
    match subject {
        Subject::Base | Subject::Layer { .. } | Subject::Rest => "--layer",
        Subject::BaseOf(_) | Subject::Stage(_) | Subject::Source(_) => "--sum",
        Subject::Image => "--tree",
        Subject::Growth => "--growth",
    }
}

/// Whether the client sends the files.
fn is_sent(subject: &Subject) -> bool {
    match subject {
        Subject::Source(FileSource::Context) => true,
        Subject::Source(FileSource::Other(Source::External(external))) => external.local().is_some(),
        _ => false,
    }
}

/// Where a file system is seen; each is there once.
fn place(roots: &mut BTreeMap<Output, String>, root: Option<Output>) -> String {
    let Some(root) = root else { return "-".to_owned() };
    let next = roots.len();
    roots.entry(root).or_insert_with(|| format!("{ROOTS}/{next}")).clone()
}

impl Lowerer<'_> {
    /// The base of the image, and its layers.
    fn layers(&mut self) -> Vec<Part> {
        let chain = self.plan.chain();
        let base = chain.first().and_then(|position| self.base(&self.plan.stages[*position]));
        let mut parts = vec![Part { subject: Subject::Base, before: None, after: base }];
        let changes: Vec<Change> =
            self.changes.iter().filter(|change| chain.contains(&change.stage)).copied().collect();
        for (at, Change { stage, step, before, after }) in changes.into_iter().enumerate() {
            if at == MOST_LAYERS {
                let after = self.stages.last().copied().flatten();
                parts.push(Part { subject: Subject::Rest, before, after });
                break;
            }
            if before != after {
                parts.push(Part { subject: Subject::Layer { stage, step }, before, after });
            }
        }
        parts
    }

    /// What the build brings in besides: other stages with what they start from, and what steps read.
    fn brought(&mut self) -> Vec<Part> {
        let plan = self.plan;
        let chain = plan.chain();
        let mut known: Vec<&Source> = chain.first().map(|at| &plan.stages[*at].base).into_iter().collect();
        let mut parts = Vec::new();
        for (position, stage) in plan.stages.iter().enumerate() {
            if chain.contains(&position) {
                continue;
            }
            let before = self.base(stage);
            if !matches!(stage.base, Source::Stage(_)) && !known.contains(&&stage.base) {
                known.push(&stage.base);
                parts.push(Part { subject: Subject::BaseOf(position), before: None, after: before });
            }
            let after = self.stages.get(position).copied().flatten();
            parts.push(Part { subject: Subject::Stage(position), before, after });
        }
        let mut sources: Vec<FileSource> = Vec::new();
        for source in plan.stages.iter().flat_map(|stage| StepPlan::all(&stage.steps)).flat_map(read) {
            let is_new = match &source {
                FileSource::Context => true,
                FileSource::Other(Source::Stage(_) | Source::Scratch) => false,
                FileSource::Other(Source::External(external)) if external.origin == Origin::Frontend => false,
                FileSource::Other(other) => !known.contains(&other),
            };
            if is_new && !sources.contains(&source) {
                sources.push(source);
            }
        }
        for source in sources {
            let after = self.source(&source);
            parts.push(Part { subject: Subject::Source(source), before: None, after });
        }
        parts
    }
}

/// The files from elsewhere that a step reads.
fn read(step: &StepPlan) -> Vec<FileSource> {
    let of_change = |change: &FileChange| match change {
        FileChange::Copy { from, .. } => Some(from.clone()),
        FileChange::Fetch { source, .. } => Some(FileSource::Other(Source::External(source.clone()))),
        _ => None,
    };
    let of_mount = |mount: &MountPlan| match mount {
        MountPlan::Bind { from, .. } => Some(from.clone()),
        _ => None,
    };
    match &step.action {
        Action::Files(changes) => changes.iter().filter_map(of_change).collect(),
        Action::Run(run) => run.mounts.iter().filter_map(of_mount).collect(),
        Action::Parallel(_) => Vec::new(),
    }
}
