//! What rules look at: a spec in core form, and the image that comes of it.

use std::collections::{BTreeMap, BTreeSet};

use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;
use spec_schema::spec::Stage;

use super::image_name::ImageName;
use super::run::RunView;
use crate::dockerfile::file::Dockerfile;
use crate::dockerignore::Matcher;
use crate::entrypoint::IgnoreRules;
use crate::expand::{Core, CoreAction, CoreStep};
use crate::external::NamedContexts;
use crate::image_config::ImageConfig;
use crate::lock::{Census, Lock, Name};
use crate::plan::BuildPlan;
use crate::resolved::Resolved;
use crate::result::image;
use crate::scope::{Globals, Scope};
use crate::select::{Selection, Source};
use crate::source::SpecFiles;

/// A spec as rules see it.
#[derive(Debug)]
pub struct Subject<'a> {
    files: &'a SpecFiles,
    core: &'a Core,
    globals: &'a Globals,
    ignore: Option<&'a IgnoreRules>,
    contexts: &'a NamedContexts,
    stages: Vec<StageView<'a>>,
    /// The positions of the stages.
    positions: BTreeMap<&'a str, usize>,
    target: Option<Target>,
    /// The positions of the stages that the target needs.
    needed: BTreeSet<usize>,
    dockerfile: Option<&'a Dockerfile>,
    lock: Option<(&'a Lock, Census)>,
    /// Rules that are errors, whoever says what of them.
    enforced: Vec<String>,
}

/// The image that is built.
#[derive(Debug)]
pub struct Target {
    /// The stage, by its position in the spec.
    pub stage: usize,
    /// All stages that it needs, by their positions.
    pub needs: Vec<usize>,
    /// Its config; `None` where it is not known for want of the base's.
    pub config: Option<ImageConfig>,
}

/// A stage.
#[derive(Debug)]
pub(super) struct StageView<'a> {
    pub(super) name: &'a str,
    pub(super) name_span: Span,
    pub(super) stage: &'a Stage,
    /// What it starts from, with variables replaced.
    pub(super) from: Option<String>,
    /// The position of that, where it is a stage.
    below: Option<usize>,
    /// Its steps, those of branches among them, in the order written.
    pub(super) steps: Vec<&'a CoreStep>,
    /// Those that run something.
    runs: Vec<RunView<'a>>,
}

impl Target {
    /// The image that a plan makes of the last stage of a selection.
    pub fn of(selection: &Selection, plan: &BuildPlan, resolved: &Resolved) -> Option<Self> {
        let needs: Vec<usize> = selection.stages.iter().map(|stage| stage.index).collect();
        let stage = *needs.last()?;
        let bottom = plan.chain().first().and_then(|position| plan.stages.get(*position))?;
        let known = match &bottom.base {
            Source::Scratch => true,
            Source::Image(_) => resolved.config(&bottom.base).is_some(),
            // What another build hands over is complete only where that one is built too, which no check does.
            Source::Stage(_) | Source::External(_) => false,
        };
        let config = known.then(|| image(plan, resolved, &BTreeMap::new(), false).config);
        Some(Self { stage, needs, config: config.and_then(|config| ImageConfig::parse(&config).ok()) })
    }
}

impl<'a> Subject<'a> {
    /// A spec; `globals` are its args as they are for any one platform, `ignore` what the client leaves out of the build context where
    /// that is a directory of the client, and known.
    pub fn new(
        files: &'a SpecFiles,
        core: &'a Core,
        globals: &'a Globals,
        ignore: Option<&'a IgnoreRules>,
        contexts: &'a NamedContexts,
        target: Option<Target>,
    ) -> Self {
        let scope = Scope::global(globals);
        let positions: BTreeMap<&str, usize> =
            core.spec().stages.names().enumerate().map(|(position, name)| (name, position)).collect();
        let stage = |(index, (name, entry)): (usize, (&'a str, &'a Entry<Stage>))| {
            let steps = flat(core.steps(index));
            let runs = steps.iter().filter_map(|step| RunView::of(step)).collect();
            let from = scope.expand(&entry.value.from, &mut Faults::new());
            let below = from.as_deref().and_then(|from| positions.get(from).copied());
            StageView { name, name_span: entry.key_span, stage: &entry.value, from, below, steps, runs }
        };
        let stages: Vec<StageView<'_>> = core.spec().stages.iter().enumerate().map(stage).collect();
        let needed = target.iter().flat_map(|target| target.needs.iter().copied()).collect();
        Self {
            files,
            core,
            globals,
            ignore,
            contexts,
            stages,
            positions,
            target,
            needed,
            dockerfile: None,
            lock: None,
            enforced: Vec::new(),
        }
    }

    /// The same of a spec that a Dockerfile has become, with the places of that.
    #[must_use]
    pub fn of_dockerfile(self, dockerfile: &'a Dockerfile) -> Self {
        Self { dockerfile: Some(dockerfile), ..self }
    }

    /// The Dockerfile, where it is one.
    pub(super) fn dockerfile(&self) -> Option<&'a Dockerfile> {
        self.dockerfile
    }

    pub(super) fn is_dockerfile(&self) -> bool {
        self.dockerfile.is_some()
    }

    /// All of the instruction at a place of a Dockerfile.
    pub(super) fn statement_at(&self, span: Span) -> Option<Span> {
        let mut statements = self.dockerfile?.statements.iter().map(|statement| statement.span);
        statements.find(|statement| statement.start <= span.start && span.start < statement.end)
    }

    /// The first line of that instruction.
    pub(super) fn written(&self, span: Span) -> Option<String> {
        let statement = self.statement_at(span)?;
        let file = self.files.get(statement.file)?;
        Some(file.line(file.position(statement.start).line).trim().to_owned())
    }

    /// A key of the language as the file has it: in a Dockerfile, it is an instruction.
    pub(super) fn key(&self, key: &str) -> String {
        if self.is_dockerfile() { key.to_uppercase() } else { key.to_owned() }
    }

    /// What the image of a stage is called: a last stage of a Dockerfile may have no name.
    pub(super) fn image_of(&self, stage: &StageView<'a>) -> String {
        let is_written = self.dockerfile.is_none_or(|file| file.names_stage(stage.name));
        if is_written { format!("the image `{}`", stage.name) } else { "the image".to_owned() }
    }

    /// The same spec with its lock file, and where the two differ.
    #[must_use]
    pub fn locked(self, lock: &'a Lock, census: Census) -> Self {
        Self { lock: Some((lock, census)), ..self }
    }

    /// The same spec under a policy: these rules are errors, and nothing switches them off.
    #[must_use]
    pub fn enforcing(self, rules: Vec<String>) -> Self {
        Self { enforced: rules, ..self }
    }

    /// Those rules.
    pub(super) fn enforced(&self) -> &[String] {
        &self.enforced
    }

    /// The lock file, and where the spec and it differ.
    pub(super) fn lock(&self) -> Option<(&'a Lock, &Census)> {
        self.lock.as_ref().map(|(lock, census)| (*lock, census))
    }

    /// Whether the lock file says what a name stands for.
    pub(super) fn is_locked(&self, name: &Name) -> bool {
        self.lock.as_ref().is_some_and(|(lock, _)| lock.pin(name).is_some())
    }

    pub(super) fn files(&self) -> &'a SpecFiles {
        self.files
    }

    pub(super) fn spec(&self) -> &'a Spec {
        self.core.spec()
    }

    pub(super) fn core(&self) -> &'a Core {
        self.core
    }

    pub(super) fn stages(&self) -> &[StageView<'a>] {
        &self.stages
    }

    /// All steps with their stage.
    pub(super) fn steps(&self) -> impl Iterator<Item = (&StageView<'a>, &'a CoreStep)> {
        self.stages.iter().flat_map(|stage| stage.steps.iter().map(move |step| (stage, *step)))
    }

    /// All `run` steps with their stage.
    pub(super) fn runs(&self) -> impl Iterator<Item = (&StageView<'a>, &RunView<'a>)> {
        self.stages.iter().flat_map(|stage| stage.runs().map(move |run| (stage, run)))
    }

    /// The `run` steps that the image has layers of, in their order.
    pub(super) fn image_runs(&self) -> impl Iterator<Item = &RunView<'a>> {
        self.image_stages().into_iter().rev().flat_map(StageView::runs)
    }

    /// Whether the image that is built is one to run: somebody gives it a program. Others hold tests, or files to export.
    pub(super) fn runs_program(&self) -> bool {
        let has_program =
            |stage: &StageView<'_>| stage.stage.entrypoint.is_some() || stage.stage.cmd.is_some();
        self.image_stages().into_iter().any(has_program)
    }

    /// A variable of the image that is built, as its stages set it.
    pub(super) fn image_env(&self, name: &str) -> Option<&'a str> {
        let value = |stage: &StageView<'a>| stage.stage.env.get(name).map(|value| value.raw.as_str());
        self.image_stages().into_iter().find_map(value)
    }

    /// The stage that is built and those below it, itself first.
    pub(super) fn image_stages(&self) -> Vec<&StageView<'a>> {
        self.target().map(|(target, _)| self.chain(target)).unwrap_or_default()
    }

    /// A text with its variables replaced, as far as args go.
    pub(super) fn text(&self, template: &Template) -> Option<String> {
        Scope::global(self.globals).expand(template, &mut Faults::new())
    }

    /// The stage that is built, with the config of its image where that is known.
    pub(super) fn target(&self) -> Option<(&StageView<'a>, Option<&ImageConfig>)> {
        let target = self.target.as_ref()?;
        Some((self.stages.get(target.stage)?, target.config.as_ref()))
    }

    /// Whether the stage that is built needs another one, or is it.
    pub(super) fn is_needed(&self, stage: &StageView<'a>) -> bool {
        self.positions.get(stage.name).is_some_and(|position| self.needed.contains(position))
    }

    /// The stage and those that it starts from, itself first.
    pub(super) fn chain(&self, stage: &StageView<'a>) -> Vec<&StageView<'a>> {
        let below = |stage: &&StageView<'a>| self.stages.get(stage.below?);
        // Stages that start from one another in a circle are a fault of their own.
        std::iter::successors(self.named(stage.name), below).take(self.stages.len()).collect()
    }

    fn named(&self, name: &str) -> Option<&StageView<'a>> {
        self.positions.get(name).and_then(|position| self.stages.get(*position))
    }

    /// Whether a `from` names a stage, a source, what the client gives, or nothing at all, and so no image.
    pub(super) fn is_own(&self, name: &str) -> bool {
        let is_given = || self.contexts.names().any(|given| given == name);
        name == "scratch" || self.named(name).is_some() || self.spec().sources.declares(name) || is_given()
    }

    /// The image that a stage starts from, through other stages.
    pub(super) fn base(&self, stage: &StageView<'a>) -> Option<ImageName> {
        let from = self.chain(stage).last()?.from.clone()?;
        if self.is_own(&from) { None } else { ImageName::parse(&from) }
    }

    /// What of the build context the client leaves out; `None` where that is not known.
    pub(super) fn ignores(&self) -> Option<Matcher> {
        Matcher::new(&self.ignore?.patterns).ok()
    }

    /// Whether no file says what stays out, or one that says nothing.
    pub(super) fn is_unfiltered(&self) -> bool {
        self.ignore.is_none_or(|ignore| ignore.patterns.is_empty())
    }

    /// The name of the ignore file.
    pub(super) fn ignore_file(&self) -> &'a str {
        self.ignore.map_or(".dockerignore", |ignore| ignore.name.as_str())
    }

    /// The place of a text within a place: that of a command in a script, which may be far below the script's start.
    pub(super) fn within(&self, span: Span, text: &str) -> Span {
        let found = self.files.get(span.file).and_then(|file| {
            let whole = file.text.get(span.start as usize..span.end as usize)?;
            let first = text.lines().next().unwrap_or_default().trim_end_matches('\\').trim_end();
            let (at, length) = starts(first).find_map(|start| Some((whole.find(start)?, start.len())))?;
            let start = span.start + u32::try_from(at).ok()?;
            Some(Span { start, end: start + u32::try_from(length).ok()?, ..span })
        });
        found.unwrap_or(span)
    }
}

/// A text, then as much of it as a line may have before the next one: half of its words at a time.
fn starts(text: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(text), |text| {
        let blanks: Vec<usize> = text.match_indices(' ').map(|(at, _)| at).collect();
        let at = blanks.get(blanks.len() / 2)?;
        Some(text[..*at].trim_end())
    })
    .filter(|text| !text.is_empty())
}

fn flat(steps: &[CoreStep]) -> Vec<&CoreStep> {
    let mut all = Vec::with_capacity(steps.len());
    for step in steps {
        all.push(step);
        if let CoreAction::Parallel(branches) = &step.action {
            all.extend(branches.iter().flat_map(|branch| flat(branch)));
        }
    }
    all
}

impl<'a> StageView<'a> {
    /// Its `run` steps.
    pub(super) fn runs(&self) -> impl Iterator<Item = &RunView<'a>> {
        self.runs.iter()
    }

    /// Its steps, each with what it runs.
    pub(super) fn steps_and_runs(&self) -> impl Iterator<Item = (&'a CoreStep, Option<&RunView<'a>>)> {
        let mut runs = self.runs.iter().peekable();
        self.steps.iter().map(move |step| (*step, runs.next_if(|run| std::ptr::eq(run.step, *step))))
    }
}
