//! The plan of one stage, from its parts.

use buildkit_llb::Platform;
use spec_schema::Spec;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;
use spec_schema::spec::{Inherited, Stage, Verify};

use super::annotations::{Annotation, annotations};
use super::names::Names;
use super::runtime::default_env;
use super::{
    AccountPlan, Action, Apart, ConfigChange, FileChange, Place, Runtime, ScanPlan, StepPlan, VerifyPlan,
    add, config, copy, files, health, onbuild, parallel, run, users, verify,
};
use crate::expand::{CoreAction, CoreStep};
use crate::paths;
use crate::resolved::Resolved;
use crate::scope::{Env, Scope};
use crate::select::{SelectedStage, SelectedStep, Selection, Source};

/// One stage.
#[derive(Debug, Clone)]
pub struct StagePlan {
    /// Its name.
    pub name: String,
    /// What it is for and its steps run on.
    pub platform: Platform,
    /// What it starts from.
    pub base: Source,
    /// Where `from` names that.
    pub from_span: Span,
    /// What is shown while that is loaded, up to its reference.
    pub base_name: String,
    /// What stands in front of what is shown of it.
    pub label: String,
    /// Accounts that it is to have. The first step makes them: what that comes to depends on the files of the base.
    pub users: Vec<AccountPlan>,
    /// The steps in order.
    pub steps: Vec<StepPlan>,
    /// Whether what they change becomes one layer, where they are several.
    pub squash: Option<Squash>,
    /// What it changes in the image config of its base.
    pub config: Vec<ConfigChange>,
    /// What it adds to the annotations of its base.
    pub annotations: Vec<Annotation>,
    /// What its steps, and stages that start from it, begin with.
    pub runtime: Runtime,
    /// What must hold of it, where it is the stage that is built.
    pub verify: Option<VerifyPlan>,
    /// What scans it, where it is the stage that is built.
    pub scans: Vec<ScanPlan>,
    /// What stands in front of the name of each vertex.
    pub prefix: String,
    /// Whether it has no files at all.
    pub(crate) is_empty: bool,
    /// Whether the helper is among its files.
    pub(crate) has_helper: bool,
}

/// One layer in the place of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Squash {
    /// What is shown while it is made.
    pub name: String,
    /// Where the spec asks for it.
    pub span: Span,
}

/// What the parts of a stage's plan are made from.
pub(super) struct StagePlanner<'a> {
    pub(super) spec: &'a Spec,
    pub(super) stage: &'a Stage,
    pub(super) steps: &'a [CoreStep],
    pub(super) selected: &'a SelectedStage,
    pub(super) selection: &'a Selection,
    pub(super) names: Names,
    pub(super) base: Runtime,
    /// True where a stage starts empty, and for each step of it until one has put files there.
    pub(super) nothing_there: bool,
    /// Whether the stage starts with the helper in it.
    pub(super) has_helper: bool,
    /// Whether the frontend's own image can be had.
    pub(super) own_image: bool,
    /// What the builder runs on.
    pub(super) build_platform: &'a Platform,
}

impl StagePlanner<'_> {
    pub(super) fn plan(mut self, resolved: &Resolved, faults: &mut Faults) -> StagePlan {
        let mut runtime = self.base.clone();
        let starts_empty = self.nothing_there;
        self.nothing_there &= self.stage.users.is_none();
        let triggered = onbuild::triggers(&mut self, &mut runtime, faults);
        self.base = runtime.clone();
        if self.stage.resets(Inherited::Env) {
            runtime.env = default_env();
        }
        self.env(&mut runtime.env, faults);
        self.shell(&mut runtime, faults);
        let workdir = self.workdir(&mut runtime, faults);
        let mut steps = Vec::new();
        if let Some(change) = workdir {
            let span = self.stage.workdir.as_ref().map_or(self.stage.span, |workdir| workdir.span);
            let display = format!("workdir {}", runtime.workdir);
            let action = Action::Files(vec![change]);
            steps.push(StepPlan::new(display, span, action));
        }
        let (written, selected) = (self.steps, self.selected);
        steps.extend(self.steps(written, &selected.steps, &runtime, faults));
        fold_workdir(&mut steps, self.stage.workdir.is_some());
        let users = users::users(&self, &runtime, faults);
        let made = self.stage.users.as_ref().map(|written| users::step(&users, written.span));
        steps.splice(0..0, made.into_iter().chain(triggered.steps));
        let helper = health::step(&self, faults);
        let has_helper = self.has_helper || helper.is_some();
        steps.extend(helper);
        let is_empty = starts_empty && steps.is_empty();
        let squash = self.squash(&steps);
        let total = parallel::name_all(&mut steps, squash.is_some(), &self.names);
        let squash = squash.map(|span| Squash { name: self.names.vertex(total, total, "squash"), span });
        runtime.user = self.user(&runtime, faults);
        let mut config = triggered.config;
        config.extend(config::changes(&self, &runtime, faults));
        let base_name = self.names.vertex(1, total, "");
        let label = self.names.label();
        let SelectedStage { name, platform, base, from_span, .. } = self.selected.clone();
        let expand = |template: &Template, faults: &mut Faults| self.expand(template, &runtime.env, faults);
        let annotations = annotations(&self.stage.annotations, expand, faults);
        let verify = self.verified();
        let verify = verify.map(|written| verify::verify(&self, written, &runtime, resolved, faults));
        StagePlan {
            name,
            platform,
            base,
            from_span,
            base_name,
            label,
            users,
            steps,
            squash,
            config,
            annotations,
            runtime,
            verify,
            scans: Vec::new(),
            prefix: self.names.stage(),
            is_empty,
            has_helper,
        }
    }

    /// What must hold of the stage, where it is the one that is built.
    fn verified(&self) -> Option<&Verify> {
        let is_target = self.selection.target().is_some_and(|target| target.index == self.selected.index);
        self.stage.verify.as_deref().filter(|_| is_target)
    }

    /// Where the stage asks for one layer, and its steps are more.
    fn squash(&self, steps: &[StepPlan]) -> Option<Span> {
        let asked = self.stage.squash.as_ref().filter(|squash| squash.value)?;
        (StepPlan::all(steps).len() > 1).then_some(asked.span)
    }

    /// The stage's variables; each sees those above it.
    fn env(&self, env: &mut Env, faults: &mut Faults) {
        for (name, entry) in self.stage.env.iter() {
            let value = self.expand(&entry.value, env, faults);
            env.insert(name.to_owned(), value);
        }
    }

    fn shell(&self, runtime: &mut Runtime, faults: &mut Faults) {
        if !self.stage.shell.is_empty() {
            runtime.shell =
                self.stage.shell.iter().map(|part| self.expand(part, &runtime.env, faults)).collect();
        }
    }

    /// The stage's working directory, which is made where the stage names one.
    fn workdir(&self, runtime: &mut Runtime, faults: &mut Faults) -> Option<FileChange> {
        let written = self.stage.workdir.as_ref()?;
        let path = self.expand(written, &runtime.env, faults);
        runtime.workdir = paths::absolute_file(&runtime.workdir, &path);
        let user = match &self.stage.run_as {
            Some(run_as) => self.expand(run_as, &runtime.env, faults),
            None => self.base.user.clone(),
        };
        let owner = super::Owner::parse(&user).filter(|owner| !(owner.is_named() && self.nothing_there));
        let path = runtime.workdir.clone();
        (path != "/").then_some(FileChange::Mkdir { path, mode: 0o755, owner })
    }

    fn user(&self, runtime: &Runtime, faults: &mut Faults) -> String {
        match &self.stage.user {
            Some(user) => self.expand(user, &runtime.env, faults),
            None => runtime.user.clone(),
        }
    }

    /// The steps of a stage or branch that are there.
    pub(super) fn steps(
        &mut self,
        steps: &[CoreStep],
        selected: &[SelectedStep],
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> Vec<StepPlan> {
        let mut plans = Vec::with_capacity(selected.len());
        for selected in selected {
            if let Some(step) = steps.get(selected.index) {
                match self.step(step, selected, runtime, faults) {
                    // There is nothing to merge.
                    StepPlan { action: Action::Parallel(branches), .. } if branches.len() < 2 => {
                        plans.extend(branches.into_iter().flatten());
                    }
                    plan => plans.push(plan),
                }
            }
        }
        plans
    }

    fn step(
        &mut self,
        step: &CoreStep,
        selected: &SelectedStep,
        runtime: &Runtime,
        faults: &mut Faults,
    ) -> StepPlan {
        let (action, display) = match &step.action {
            CoreAction::Parallel(branches) => parallel::parallel(self, branches, selected, runtime, faults),
            CoreAction::Run(step) => run::run(self, step, runtime, faults),
            CoreAction::Copy(step) => copy::copy(self, step, runtime, faults),
            CoreAction::Add(step) => add::add(self, step, runtime, faults),
            CoreAction::Write(step) => files::write(self, step, runtime, faults),
            CoreAction::Mkdir(step) => files::mkdir(self, step, runtime, faults),
            CoreAction::Remove(step) => files::remove(self, step, runtime, faults),
            CoreAction::Symlink(step) => files::symlink(self, step, runtime, faults),
            CoreAction::Impossible(step) => {
                faults.push(step.fault.clone());
                (Action::Files(Vec::new()), String::new())
            }
        };
        let display = match &step.name {
            Some(name) => self.expand(name, &runtime.env, faults),
            None => display,
        };
        self.nothing_there &= matches!(step.action, CoreAction::Parallel(_));
        let link = step.link();
        let place = if link == Some(true) { Place::Apart(Apart::asked_for(&action)) } else { Place::OnTop };
        StepPlan { no_cache: step.no_cache(), link, place, ..StepPlan::new(display, step.span, action) }
    }

    /// A text with its variables replaced; empty where that is a fault.
    pub(super) fn expand(&self, template: &Template, env: &Env, faults: &mut Faults) -> String {
        Scope::within(&self.selection.globals, env).expand(template, faults).unwrap_or_default()
    }

    /// Texts with their variables replaced.
    pub(super) fn expand_all(&self, templates: &[Template], env: &Env, faults: &mut Faults) -> Vec<String> {
        templates.iter().map(|template| self.expand(template, env, faults)).collect()
    }

    /// Whether a build fails without a secret, as the spec declares it.
    pub(super) fn secret_required(&self, id: &str) -> bool {
        let declared = self.spec.secrets.get(id).and_then(|secret| secret.required.as_ref());
        declared.is_none_or(|required| required.value)
    }

    /// What a `from` names; scratch where that was a fault.
    pub(super) fn source(&self, from: &Template) -> Source {
        self.selection.source(from, &self.selected.platform).unwrap_or(Source::Scratch)
    }
}

/// A working directory is made by the first step, where that one changes files anyway: one layer instead of two.
fn fold_workdir(steps: &mut Vec<StepPlan>, has_workdir: bool) {
    let [first, second, ..] = steps.as_mut_slice() else { return };
    let (true, Action::Files(workdir), Action::Files(changes)) =
        (has_workdir, &mut first.action, &mut second.action)
    else {
        return;
    };
    if matches!(workdir.as_slice(), [FileChange::Mkdir { .. }]) && second.place == Place::OnTop {
        changes.splice(0..0, workdir.drain(..));
        steps.remove(0);
    }
}
