//! What the stages of a spec use: other stages, images, secrets, args.

use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;
use spec_schema::spec::{Healthcheck, Mount, RunStep, Stage, When};

use super::{SelectedStep, Trigger, triggers};
use crate::expand::{CoreAction, CoreRun, CoreStep, alone};
use crate::external;
use crate::image_ref::ImageRef;
use crate::scope::{Globals, Lookup, Scope};

/// What one stage uses.
pub(super) struct References {
    /// What its `from` names; `None` once a fault has been recorded.
    pub(super) base: Option<Reference>,
    /// What its steps copy from or mount.
    pub(super) sources: Vec<(Reference, Span)>,
    /// What looks at its image, on the builder's own platform.
    pub(super) scanners: Vec<(Reference, Span)>,
    /// What its image is compared with, where it is the target.
    pub(super) published: Option<(String, Span)>,
    /// The steps that are there.
    pub(super) steps: Vec<SelectedStep>,
    /// Whether a step reads the build context.
    pub(super) reads_context: bool,
    /// Whether the client put something in the stage's place.
    pub(super) replaced: bool,
    /// What its base carries along to be run first.
    pub(super) triggers: Vec<Trigger>,
}

/// Something that a `from` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Scratch,
    /// By position in the spec.
    Stage(usize),
    /// Something else. What stands behind the name may depend on the platform.
    Other(String),
    /// The frontend's own image.
    Frontend,
}

impl Reference {
    /// The stage that it names.
    pub(super) fn stage<'s>(&self, spec: &'s Spec) -> Option<(&'s str, &'s Stage)> {
        let Self::Stage(index) = self else { return None };
        spec.stages.get_index(*index).map(|(name, entry)| (name, &entry.value))
    }
}

impl References {
    /// What a stage uses in whose place the client put something.
    pub(super) fn replaced(name: &str) -> Self {
        let base = Some(Reference::Other(name.to_owned()));
        Self {
            base,
            sources: Vec::new(),
            scanners: Vec::new(),
            published: None,
            steps: Vec::new(),
            reads_context: false,
            replaced: true,
            triggers: Vec::new(),
        }
    }

    /// Adds what the checks of a stage need, which is the target's affair alone.
    pub(super) fn add_verified(&mut self, stage: &Stage) {
        let verify = stage.verify.as_ref().filter(|verify| verify.looks_inside());
        self.sources.extend(verify.map(|verify| (Reference::Frontend, verify.span)));
    }

    /// Adds what the scans of a stage need, which is the target's affair alone.
    pub(super) fn add_scanned(&mut self, spec: &Spec, stage: &Stage, globals: &Globals, faults: &mut Faults) {
        let reader = Reader { spec, globals };
        for scan in stage.scan.iter().flat_map(|scans| &scans.values) {
            let span = scan.image.span;
            let scanner = reader.reference(&scan.image, faults);
            if scanner == Some(Reference::Scratch) {
                faults.push(Diagnostic::new(span, "`scratch` holds no scanner"));
            }
            self.scanners.extend(scanner.map(|scanner| (scanner, span)));
            self.sources.push((Reference::Frontend, scan.span));
            reader.run(&alone(scan.step()), self, faults);
        }
    }

    /// The stages used, by position in the spec, each with a place that names it.
    pub(super) fn stages(&self, from: Span) -> impl Iterator<Item = (usize, Span)> {
        let base = self.base.iter().map(move |base| (base, from));
        let sources = self.sources.iter().chain(&self.scanners).map(|(source, span)| (source, *span));
        base.chain(sources).filter_map(|(reference, span)| match reference {
            Reference::Stage(index) => Some((*index, span)),
            Reference::Scratch | Reference::Other(_) | Reference::Frontend => None,
        })
    }
}

/// Adds what a stage's base carries along, and what that uses.
pub(super) fn add_triggers(
    found: &mut References,
    spec: &Spec,
    stage: &Entry<Stage>,
    globals: &Globals,
    texts: &[String],
    faults: &mut Faults,
) {
    let from = stage.value.from.span;
    let base = match &found.base {
        Some(Reference::Stage(index)) => {
            format!("the stage `{}`", spec.stages.get_index(*index).map_or("", |(name, _)| name))
        }
        Some(Reference::Other(name)) => format!("the image `{name}`"),
        Some(Reference::Scratch | Reference::Frontend) | None => return,
    };
    let reader = Reader { spec, globals };
    found.triggers = triggers::read(texts, &base, from, faults);
    for trigger in &found.triggers {
        found.reads_context |= trigger.instruction.reads_context();
        for name in trigger.instruction.sources() {
            let mut own = Faults::new();
            let reference = reader.reference(&Template::literal(name.as_str(), from), &mut own);
            match (&reference, ImageRef::parse(&name)) {
                (Some(Reference::Other(name)), Err(why)) if !spec.sources.declares(name) => {
                    let why = format!("`{name}` is neither a stage nor an image: {why}");
                    faults.push(trigger.fault(from, &why));
                }
                _ => found.sources.extend(reference.map(|reference| (reference, from))),
            }
            for fault in own.into_sorted() {
                faults.push(trigger.fault(from, &fault.message));
            }
        }
    }
}

/// Finds what a stage uses, and reports what it must not.
pub(super) fn references(
    spec: &Spec,
    stage: &Stage,
    steps: &[CoreStep],
    globals: &Globals,
    faults: &mut Faults,
) -> References {
    let reader = Reader { spec, globals };
    let mut found = References {
        base: reader.reference(&stage.from, faults),
        sources: Vec::new(),
        scanners: Vec::new(),
        published: reader.published(stage, faults),
        steps: Vec::new(),
        reads_context: false,
        replaced: false,
        triggers: Vec::new(),
    };
    found.steps = reader.steps(steps, &mut found, faults);
    let probed = stage.healthcheck.as_ref().and_then(Healthcheck::address);
    found.sources.extend(probed.map(|(_, target)| (Reference::Frontend, target.span)));
    found
}

fn run_sources(run: &CoreRun) -> impl Iterator<Item = &Template> {
    let mounts = run.step.mounts.iter().filter_map(|mount| match mount {
        Mount::Bind(bind) => bind.from.as_ref(),
        Mount::Tmpfs(_) | Mount::File(_) => None,
    });
    run.caches.iter().filter_map(|cache| cache.from.as_ref()).chain(mounts)
}

struct Reader<'a> {
    spec: &'a Spec,
    globals: &'a Globals,
}

impl Reader<'_> {
    /// The steps that are there, those of branches too; what they use goes into `found`.
    fn steps(&self, steps: &[CoreStep], found: &mut References, faults: &mut Faults) -> Vec<SelectedStep> {
        let mut there = Vec::with_capacity(steps.len());
        for (index, step) in steps.iter().enumerate() {
            if step.when.as_ref().is_none_or(|when| self.holds(when, faults)) {
                let branches = self.step(step, found, faults);
                there.push(SelectedStep { index, branches });
            }
        }
        there
    }

    /// Adds what a step uses; returns what is there of its branches.
    fn step(&self, step: &CoreStep, found: &mut References, faults: &mut Faults) -> Vec<Vec<SelectedStep>> {
        match &step.action {
            CoreAction::Run(run) => self.run(run, found, faults),
            CoreAction::Copy(copy) => {
                found.reads_context |= copy.from.is_none();
                self.add(found, copy.from.iter(), faults);
            }
            CoreAction::Add(add) => {
                found.reads_context |= add.add.values.iter().any(|added| !external::is_url(&added.raw));
            }
            CoreAction::Parallel(branches) => {
                return branches.iter().map(|branch| self.steps(branch, found, faults)).collect();
            }
            CoreAction::Write(_)
            | CoreAction::Mkdir(_)
            | CoreAction::Remove(_)
            | CoreAction::Symlink(_)
            | CoreAction::Impossible(_) => {}
        }
        Vec::new()
    }

    fn run(&self, run: &CoreRun, found: &mut References, faults: &mut Faults) {
        self.secrets(&run.step, faults);
        let mut binds = run.step.mounts.iter();
        found.reads_context |= binds.any(|mount| matches!(mount, Mount::Bind(bind) if bind.from.is_none()));
        self.add(found, run_sources(run), faults);
        let asked = run.step.supervised();
        found.sources.extend(asked.map(|(_, span)| (Reference::Frontend, span)));
    }

    fn add<'t>(
        &self,
        found: &mut References,
        sources: impl Iterator<Item = &'t Template>,
        faults: &mut Faults,
    ) {
        for from in sources {
            found.sources.extend(self.reference(from, faults).map(|reference| (reference, from.span)));
        }
    }

    /// The image that a stage's own is compared with, by its name.
    fn published(&self, stage: &Stage, faults: &mut Faults) -> Option<(String, Span)> {
        let since = &stage.verify.as_ref()?.max_growth.as_ref()?.since;
        let message = match self.reference(since, faults)? {
            Reference::Other(name) => return Some((name, since.span)),
            Reference::Stage(index) => {
                let name = self.spec.stages.get_index(index).map_or("", |(name, _)| name);
                format!("`{name}` is a stage of this spec, and no image that was published before")
            }
            Reference::Scratch | Reference::Frontend => "nothing can be smaller than `scratch`".to_owned(),
        };
        faults.push(
            Diagnostic::new(since.span, message)
                .help("name the image as it is pushed, such as `registry.example/app:latest`"),
        );
        None
    }

    fn reference(&self, from: &Template, faults: &mut Faults) -> Option<Reference> {
        let name = Scope::global(self.globals).expand(from, faults)?;
        if name == "scratch" {
            return Some(Reference::Scratch);
        }
        if let Some((index, _)) = self.spec.stages.get_full(&name) {
            return Some(Reference::Stage(index));
        }
        if self.spec.stages.declares(&name) {
            // The stage has faults of its own.
            return None;
        }
        if name.is_empty() {
            faults
                .push(Diagnostic::new(from.span, "this is empty, where a stage or an image is to be named"));
            return None;
        }
        if self.spec.sources.declares(&name) {
            // One that could not be read has faults of its own.
            return self.spec.sources.get(&name).map(|_| Reference::Other(name));
        }
        match ImageRef::parse(&name) {
            Ok(_) => Some(Reference::Other(name)),
            Err(why) => {
                let message = format!("`{name}` is neither a stage nor an image: {why}");
                let known = self.spec.stages.names().chain(self.spec.sources.names());
                let help = faults.did_you_mean(&name, known);
                faults.push(Diagnostic::new(from.span, message).help_opt(help));
                None
            }
        }
    }

    fn secrets(&self, run: &RunStep, faults: &mut Faults) {
        for secret in run.secrets.iter().flat_map(|secrets| &secrets.values) {
            let id = &secret.settings.id;
            if !self.spec.secrets.declares(id) {
                let help = faults.did_you_mean(id, self.spec.secrets.names()).unwrap_or_else(|| {
                    format!("declare it: `secrets: {{{}: {{description: …}}}}`", id.value)
                });
                faults.push(
                    Diagnostic::new(id.span, format!("the secret `{}` is not declared", id.value)).help(help),
                );
            }
        }
    }

    fn holds(&self, when: &When, faults: &mut Faults) -> bool {
        let scope = Scope::global(self.globals);
        let mut all = true;
        for (name, values) in &when.conditions {
            let value = self.globals.get(name);
            if value == Lookup::Unknown {
                let help = faults
                    .did_you_mean(name, self.globals.names())
                    .unwrap_or_else(|| "declare it under `args`".to_owned());
                faults
                    .push(Diagnostic::new(name.span, format!("there is no arg `{}`", name.value)).help(help));
                continue;
            }
            let allowed: Vec<String> =
                values.iter().filter_map(|value| scope.expand(value, faults)).collect();
            all &= allowed.iter().any(|allowed| Lookup::Value(allowed) == value);
        }
        all
    }
}
