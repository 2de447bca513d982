//! The phases up to `plan`, with the files of this machine and without images.

use std::sync::Arc;

use buildkit_llb::Platform;
use spec_schema::Spec;
use spec_schema::diagnostic::Faults;

use super::Trouble;
use super::args::Question;
use super::files::Files;
use crate::assumed::Assumed;
use crate::audit::{Audit, Audited};
use crate::debug;
use crate::epoch::Epoch;
use crate::expand::{Core, ask, expand};
use crate::layers::{self, Facts};
use crate::lint::{Findings, Subject, Target, lint};
use crate::lock::{self, Census};
use crate::opts::{FrontendOpts, keys};
use crate::parse::Reading;
use crate::plan::{BuildPlan, plan};
use crate::policy;
use crate::presets::Asked;
use crate::presets::detect::choose;
use crate::resolved::Resolved;
use crate::sbom::extras;
use crate::scan_target;
use crate::select::{Request, Selection, Source, platforms, select, undeclared_args};
use crate::source::SpecFiles;
use crate::survey::Survey;
use crate::users::Known;
use crate::verify;

/// A spec whose files have been read.
pub(super) struct Spoken {
    pub(super) files: SpecFiles,
    /// The spec; none where a fault leaves nothing to go on with.
    pub(super) core: Option<Core>,
    pub(super) faults: Faults,
    /// What to say besides.
    pub(super) notes: Vec<String>,
    pub(super) request: Request,
}

/// A spec that is planned for every platform.
pub(super) struct Planned {
    pub(super) selections: Vec<Selection>,
    /// Empty where there are faults.
    pub(super) plans: Vec<BuildPlan>,
    pub(super) assumed: Assumed,
    /// What to say besides.
    pub(super) notes: Vec<String>,
}

/// A question, and the files that it is about.
pub(super) struct Desk<'q> {
    files: Files<'q>,
    opts: FrontendOpts,
}

impl<'q> Desk<'q> {
    /// Reads the options.
    pub(super) fn new(question: &'q Question) -> Result<Self, Trouble> {
        let files = Files::of(question)?;
        let opts = options(&question.options, &files.filename)?;
        Ok(Self { files, opts })
    }

    /// The name and the text of a Dockerfile.
    pub(super) fn dockerfile(&self) -> Result<(String, String), Trouble> {
        let name = self.files.shown(&self.files.filename);
        let text = String::from_utf8(self.files.spec()?);
        text.map(|text| (name.clone(), text)).map_err(|_| format!("{name} is not text in UTF-8"))
    }

    /// What lint finds in a Dockerfile, and whether it has images of which nothing but the name is known.
    pub(super) fn audit(&self) -> Result<(Audited, bool), Trouble> {
        let (name, text) = self.dockerfile()?;
        let audit = match Audit::of(&name, &text, &self.opts, &platform()) {
            Ok(audit) => audit,
            Err(audited) => return Ok((audited, false)),
        };
        let has_images = audit.selections().iter().flat_map(Selection::images).next().is_some();
        let ignore = if audit.reads_context() { Some(self.files.ignore_rules()?) } else { None };
        let audited = audit.look(&Resolved::default(), ignore.as_ref(), self.opts.check.as_deref());
        Ok((audited, has_images))
    }

    /// The spec in core form.
    pub(super) fn read(&self) -> Result<Spoken, Trouble> {
        let mut reading = Reading::of(&self.files.filename, self.files.spec()?);
        let mut own = vec![self.files.filename.clone()];
        loop {
            let wanted = reading.wanted();
            if wanted.is_empty() {
                break;
            }
            reading.take(wanted.iter().map(|path| self.files.beside(path)).collect::<Result<_, _>>()?);
            own.extend(wanted);
        }
        let mut survey = Survey::default();
        let mut merged = reading.merge();
        let chosen = match merged.preset().cloned() {
            None => None,
            Some(asked) => {
                let asked = Asked { build_args: self.opts.build_args.clone(), ..asked };
                let chosen = self.files.look(&mut survey, |survey| choose(&asked, survey))?;
                chosen.map_err(|fault| merged.refuse(fault)).ok()
            }
        };
        let notes = chosen.iter().map(crate::presets::Chosen::told).collect();
        let (mut files, spec, mut faults) = merged.finish(chosen.as_ref());
        let mut request = Request::of(&self.opts);
        let beside = self.files.beside(&format!("{}{}", self.files.filename, lock::SUFFIX))?;
        request.lock = lock::read(&self.files.filename, beside, &mut files, &mut faults).map(Arc::new);
        own.extend(request.lock.iter().map(|lock| lock.file().to_owned()));
        files.rename(|name| own.iter().any(|own| own == name).then(|| self.files.shown(name)));
        let core = spec.map(|mut spec| {
            debug::add(&mut spec, &mut request);
            scan_target::ask(&spec, &mut request, &mut faults);
            self.expand(spec, &mut survey)
        });
        Ok(Spoken { files, core: core.transpose()?, faults, notes, request })
    }

    fn expand(&self, spec: Spec, survey: &mut Survey) -> Result<Core, Trouble> {
        self.files.look(survey, |survey| ask(&spec, survey))?;
        Ok(expand(spec, survey))
    }

    /// Plans every platform. Faults are added to those of the spec.
    pub(super) fn plan(&self, spoken: &mut Spoken) -> Result<Planned, Trouble> {
        let Spoken { core: Some(core), faults, request, .. } = spoken else {
            let assumed = Assumed::default();
            return Ok(Planned { selections: Vec::new(), plans: Vec::new(), assumed, notes: Vec::new() });
        };
        let build = platform();
        let platforms = platforms(core.spec(), &self.opts, &build, faults);
        let selected = platforms.list.iter().filter_map(|one| select(core, request, &build, one, faults));
        let selections: Vec<Selection> = selected.collect();
        for selection in &selections {
            extras(core, request, selection, faults);
        }
        if selections.iter().any(|selection| selection.reads_context) {
            self.files.ignored()?;
        }
        let assumed = Assumed::of(core, &selections);
        let several = selections.len() > 1;
        let mut found = Faults::new();
        let planned =
            selections.iter().map(|one| plan(core, one, &assumed.resolved, &build, several, &mut found));
        let mut plans: Vec<BuildPlan> = planned.collect();
        for plan in plans.iter_mut().filter(|plan| starts_from_nothing(plan)) {
            verify::prepare(std::slice::from_mut(plan), &assumed.resolved, &mut found);
        }
        if faults.is_empty() && found.is_empty() {
            for plan in &mut plans {
                settle(plan, &mut found);
            }
        }
        assumed.known(found).into_iter().for_each(|fault| faults.push(fault));
        if !faults.is_empty() {
            plans.clear();
        }
        let mut notes = undeclared_args(core.spec(), request, &selections);
        let is_given = self.opts.named_contexts.contains_key(policy::CONTEXT);
        if is_given || core.spec().policy.is_some() {
            notes.push("the policy was not looked at: what it asks of images takes a daemon, as `--call=check` has it".to_owned());
        }
        Ok(Planned { selections, plans, assumed, notes })
    }
}

impl Desk<'_> {
    /// What lint finds in a spec without faults; of an image, only what does not depend on its base.
    pub(super) fn lint(&self, spoken: &mut Spoken, planned: &Planned) -> Result<Findings, Trouble> {
        let Spoken { files, core: Some(core), faults, request, .. } = spoken else {
            return Ok(Findings::default());
        };
        let (Some(selection), Some(plan)) = (planned.selections.first(), planned.plans.first()) else {
            return Ok(Findings::default());
        };
        if request.built.is_some() {
            return Ok(Findings::default());
        }
        let ignore = if selection.reads_context { Some(self.files.ignore_rules()?) } else { None };
        let target = Target::of(selection, plan, &Resolved::default());
        let mut subject =
            Subject::new(files, core, &selection.globals, ignore.as_ref(), &request.contexts, target);
        if let Some(lock) = &request.lock {
            let platforms: Vec<Platform> = planned.plans.iter().map(|plan| plan.platform.clone()).collect();
            subject = subject.locked(lock, Census::of(lock, core, request, &platforms, &planned.plans));
        }
        Ok(lint(&subject, self.opts.check.as_deref(), faults))
    }
}

/// Whether all of an image's config stands in the spec: that of a base image is not known.
fn starts_from_nothing(plan: &BuildPlan) -> bool {
    let bottom = plan.chain().first().and_then(|position| plan.stages.get(*position));
    bottom.is_some_and(|stage| stage.base == Source::Scratch)
}

/// What a client passes on.
fn options(options: &[String], filename: &str) -> Result<FrontendOpts, Trouble> {
    let options = options.iter().cloned().chain([format!("{}={filename}", keys::FILENAME)]);
    let variables = options.enumerate().map(|(at, option)| (format!("{}{at}", keys::ENV_OPTION), option));
    let read = FrontendOpts::from_env(variables).map_err(|errors| {
        let told = errors.0.iter().map(|error| format!("`--{}`: {}", error.option, error.problem));
        told.collect::<Vec<_>>().join("\n")
    })?;
    Ok(FrontendOpts { now: Epoch::now(), ..read })
}

/// What can be told of a plan without the files of its bases.
fn settle(plan: &mut BuildPlan, faults: &mut Faults) {
    let mut known = Known::default();
    known.make(plan, faults);
    layers::arrange(plan, &Facts::default(), known.complete(plan));
}

/// What steps run on where this machine builds.
fn platform() -> Platform {
    Platform::parse(&format!("linux/{}", architecture())).unwrap_or_default()
}

/// This machine's architecture in the words of images.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "x86" => "386",
        "aarch64" => "arm64",
        "powerpc64" => "ppc64le",
        other => other,
    }
}
