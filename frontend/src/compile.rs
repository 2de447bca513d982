//! From the client's request to plans: the phases that read, and those that find faults.

use std::sync::Arc;

use buildkit_llb::Platform;
use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};

use crate::compare;
use crate::debug;
use crate::entrypoint::{Entrypoint, IgnoreRules, MainContext};
use crate::expand::{Core, ask, expand};
use crate::gateway::{Failure, Gateway, GatewayError};
use crate::lint::{Findings, Subject, Target, lint};
use crate::lock::{self, Census};
use crate::log_line;
use crate::opts::FrontendOpts;
use crate::parse::{Found, Reading};
use crate::plan::{BuildPlan, plan};
use crate::policy::{self, Judged, Policies};
use crate::presets::detect::choose;
use crate::presets::{Asked, Chosen};
use crate::report::failure;
use crate::resolve::resolve;
use crate::resolved::Resolved;
use crate::sbom::{Scans, extras};
use crate::scan_target;
use crate::select::{Platforms, Request, Selection, platforms, select, select_all};
use crate::source::SpecFiles;
use crate::survey::Survey;
use crate::verify;

/// A spec that has no fault, planned for every platform. Only [`compile`] makes one.
#[derive(Debug)]
pub(crate) struct Compiled {
    /// The spec's files.
    pub(crate) files: SpecFiles,
    /// The vertex that loaded the spec.
    pub(crate) vertex: String,
    /// The spec.
    pub(crate) core: Core,
    /// What the client asks for.
    pub(crate) request: Request,
    /// The platforms.
    pub(crate) platforms: Platforms,
    /// What is built, for each platform.
    pub(crate) selections: Vec<Selection>,
    /// The same, with every text concrete.
    pub(crate) plans: Vec<BuildPlan>,
    /// What was looked up for it.
    pub(crate) resolved: Resolved,
    /// The build context.
    pub(crate) context: MainContext,
    /// What of it the client does not send.
    pub(crate) ignored: IgnoreRules,
    /// What it has to keep to.
    policies: Policies,
    /// What the frontend has scanned by itself.
    pub(crate) scans: Option<Scans>,
}

impl Compiled {
    /// What is against the lint rules; a setting of them that is wrong is a fault.
    pub(crate) fn lint(&self, opts: &FrontendOpts) -> Result<Findings, Faults> {
        self.lint_by(opts.check.as_deref())
    }

    /// What is against any of them, whatever the spec says of that.
    pub(crate) fn lint_all(&self) -> Result<Findings, Faults> {
        self.lint_by(Some(""))
    }

    fn lint_by(&self, instead: Option<&str>) -> Result<Findings, Faults> {
        let (Some(selection), Some(plan)) = (self.selections.first(), self.plans.first()) else {
            return Ok(Findings::default());
        };
        // A stage with tools for debugging is none of the spec's.
        if self.request.built.is_some() {
            return Ok(Findings::default());
        }
        let is_filtered = matches!(self.context, MainContext::Local) && selection.reads_context;
        let ignore = is_filtered.then_some(&self.ignored);
        let target = Target::of(selection, plan, &self.resolved);
        let mut subject =
            Subject::new(&self.files, &self.core, &selection.globals, ignore, &self.request.contexts, target);
        if let Some(lock) = &self.request.lock {
            let census = Census::of(lock, &self.core, &self.request, &self.platforms.list, &self.plans);
            subject = subject.locked(lock, census);
        }
        subject = subject.enforcing(self.policies.lint_errors());
        let mut faults = Faults::new();
        let findings = lint(&subject, instead, &mut faults);
        if faults.is_empty() { Ok(findings) } else { Err(faults) }
    }
}

/// Why there are no plans.
pub(crate) enum Stopped {
    /// The spec is wrong.
    Faults(SpecFiles, Faults),
    /// Something else is.
    Failure(Failure),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Faults(files, faults) => failure(&files, faults),
            Stopped::Failure(failure) => failure,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<GatewayError> for Stopped {
    fn from(error: GatewayError) -> Self {
        Self::Failure(error.into())
    }
}

/// Reads the spec and plans every platform, going on after faults so that all of them are reported.
pub(crate) async fn compile(gateway: &Gateway, opts: &FrontendOpts) -> Result<Compiled, Stopped> {
    compile_extent(gateway, opts, Extent::Target).await
}

/// Which stages are compiled, and with what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Those that the target needs, with what is locked as it is.
    Target,
    /// The same for what a report compares with: nothing is made of it, so no policy has a say in it.
    Before,
    /// All of them.
    AllLocked,
    /// All of them, as if nothing were locked.
    All,
}

impl Extent {
    fn is_whole(self) -> bool {
        matches!(self, Self::AllLocked | Self::All)
    }
}

/// The same for the stages of an extent.
pub(crate) async fn compile_extent(
    gateway: &Gateway,
    opts: &FrontendOpts,
    extent: Extent,
) -> Result<Compiled, Stopped> {
    let (entrypoint, given) = tokio::join!(Entrypoint::read(gateway, opts), policy::given(gateway, opts));
    let (mut entrypoint, given) = (entrypoint?, given?);
    let mut survey = Survey::default();
    let (mut files, mut spec, mut faults) = read(gateway, opts, &entrypoint, &mut survey).await?;
    let mut request = Request::of(opts);
    let found = std::mem::replace(&mut entrypoint.lock, Found::Nothing(None));
    // What a lock file says that is about to be written again does not matter.
    if extent != Extent::All {
        request.lock = lock::read(&entrypoint.filename, found, &mut files, &mut faults).map(Arc::new);
    }
    debug::add(&mut spec, &mut request);
    if extent == Extent::Before {
        compare::add(&mut spec);
    }
    scan_target::ask(&spec, &mut request, &mut faults);
    let policies = match extent {
        Extent::Target => policy::load(gateway, opts, given, &spec, &mut files, &mut faults).await?,
        Extent::Before | Extent::All | Extent::AllLocked => Policies::default(),
    };
    policies.apply(&mut spec);
    look(gateway, opts, &entrypoint, &spec, &mut survey).await?;
    let core = expand(spec, &mut survey);
    let daemon = gateway.ping().await?;
    let build_platform = opts.default_platform().or(daemon.default_platform()).cloned().unwrap_or_default();
    let platforms = platforms(core.spec(), opts, &build_platform, &mut faults);
    let names: Vec<&str> = core.spec().stages.names().chain(core.spec().sources.names()).collect();
    let (selections, resolved, ignored, scans) = loop {
        let selections: Vec<Selection> = platforms
            .list
            .iter()
            .filter_map(|platform| {
                let select = if extent.is_whole() { select_all } else { select };
                select(&core, &request, &build_platform, platform, &mut faults)
            })
            .collect();
        let needs_context = selections.iter().any(|selection| selection.reads_context);
        let extras = selections.iter().map(|one| extras(&core, &request, one, &mut faults)).collect();
        let (resolved, ignored, scans) = tokio::join!(
            resolve(gateway, opts, &entrypoint, &selections, &names, &mut faults),
            entrypoint.ignored(gateway, needs_context),
            Scans::look_up(gateway, opts, extras, &build_platform),
        );
        let (resolved, ignored, scans) = (resolved?, ignored?, scans?);
        // Only the images themselves tell what they carry along, and that may name other stages and images.
        if !request.learns(&selections, &resolved) {
            break (selections, resolved, ignored, scans);
        }
    };
    let mut plans = plan_all(&core, &selections, &resolved, &build_platform, &mut faults);
    verify::prepare(&mut plans, &resolved, &mut faults);
    verify::prepare_scans(&mut plans, &resolved, &mut faults);
    let (selected, planned) = (selections.as_slice(), plans.as_slice());
    let judged = Judged {
        files: &files,
        core: &core,
        opts,
        selections: selected,
        plans: planned,
        resolved: &resolved,
    };
    policies.check(judged, &mut faults);
    if !faults.is_empty() {
        return Err(Stopped::Faults(files, faults));
    }
    let Entrypoint { vertex, context, .. } = entrypoint;
    Ok(Compiled {
        files,
        vertex,
        core,
        request,
        platforms,
        selections,
        plans,
        resolved,
        context,
        ignored,
        policies,
        scans,
    })
}

/// Reads the spec with what it includes. Faults that leave nothing to go on with end the build here.
pub(crate) async fn read(
    gateway: &Gateway,
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    survey: &mut Survey,
) -> Result<(SpecFiles, Spec, Faults), Stopped> {
    let mut reading = Reading::of(&entrypoint.filename, entrypoint.spec.clone());
    loop {
        let wanted = reading.wanted();
        if wanted.is_empty() {
            break;
        }
        reading.take(entrypoint.beside(gateway, opts, wanted).await?);
    }
    let mut merged = reading.merge();
    let chosen = match merged.preset().cloned() {
        None => None,
        Some(asked) => match choose_preset(gateway, opts, entrypoint, asked, survey).await? {
            Ok(chosen) => {
                log_line::write(gateway, chosen.told()).await?;
                Some(chosen)
            }
            Err(fault) => {
                merged.refuse(fault);
                None
            }
        },
    };
    match merged.finish(chosen.as_ref()) {
        (files, Some(spec), faults) => Ok((files, spec, faults)),
        (files, None, faults) => Err(Stopped::Faults(files, faults)),
    }
}

/// Looks at the project until it is known which preset fits, or that none does.
async fn choose_preset(
    gateway: &Gateway,
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    asked: Asked,
    survey: &mut Survey,
) -> Result<Result<Chosen, Diagnostic>, Failure> {
    let asked = Asked { build_args: opts.build_args.clone(), ..asked };
    loop {
        let chosen = choose(&asked, survey);
        let wanted = survey.wanted();
        if wanted.is_empty() {
            return Ok(chosen);
        }
        entrypoint.look(gateway, opts, wanted, survey).await?;
    }
}

/// Looks up what of the build context says what is to be done; asks nothing of most builds.
pub(crate) async fn look(
    gateway: &Gateway,
    opts: &FrontendOpts,
    entrypoint: &Entrypoint,
    spec: &Spec,
    survey: &mut Survey,
) -> Result<(), Failure> {
    loop {
        ask(spec, survey);
        let wanted = survey.wanted();
        if wanted.is_empty() {
            return Ok(());
        }
        entrypoint.look(gateway, opts, wanted, survey).await?;
    }
}

fn plan_all(
    core: &Core,
    selections: &[Selection],
    resolved: &Resolved,
    build_platform: &Platform,
    faults: &mut Faults,
) -> Vec<BuildPlan> {
    let several = selections.len() > 1;
    let plan_one = |selection| plan(core, selection, resolved, build_platform, several, faults);
    selections.iter().map(plan_one).collect()
}
