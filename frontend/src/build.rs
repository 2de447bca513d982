//! The build: the phases in their order, and what goes to the daemon in between.

use buildkit_llb::Platform;
use spec_schema::diagnostic::Faults;
use spec_schema::span::FileId;

use crate::entrypoint::Entrypoint;
use crate::expand::{Core, expand};
use crate::explain_failure;
use crate::gateway::{BuildResult, DaemonInfo, Failure, Gateway, Ref, SolveOptions, Warning};
use crate::lower::{Lowered, Surroundings, lower};
use crate::opts::FrontendOpts;
use crate::parse::{parse, text_of};
use crate::plan::{BaseImages, BuildPlan, ContextPaths, plan};
use crate::report::failure;
use crate::resolve;
use crate::result::{Image, image, result};
use crate::select::{Request, Selection, select, undeclared_args};
use crate::source::SpecFiles;

/// Builds what the client asks for.
///
/// A build has five round trips to the daemon that wait for each other: hand over the spec's source, read it, look up
/// images (and read `.dockerignore`), solve, return.
pub async fn build(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    if let Some(request) = &opts.request_id {
        return Err(Failure::unsupported_request(request));
    }
    let entrypoint = Entrypoint::read(gateway, opts).await?;
    let daemon = gateway.ping().await?;
    let mut compiler = Compiler::new(opts, daemon, &entrypoint)?;
    let selections = compiler.select();
    let needs_context = selections.iter().any(|selection| selection.reads_context);
    let stage_names: Vec<String> = compiler.core.spec().stages.names().map(str::to_owned).collect();
    let stage_names: Vec<&str> = stage_names.iter().map(String::as_str).collect();
    let mode = opts.image_resolve_mode;
    let (images, ignored) = tokio::join!(
        resolve::images(gateway, &selections, mode, &stage_names, &mut compiler.faults),
        entrypoint.ignored(gateway, needs_context),
    );
    let ignored = ignored?;
    let plans = compiler.plan(&selections, &images)?;
    let surroundings = Surroundings { opts, files: &compiler.files, ignored: &ignored };
    let lowered = lower_all(&plans, &images, &surroundings, daemon)?;
    let (refs, ()) = tokio::join!(
        solve_all(gateway, opts, &plans, lowered, &compiler, &ignored),
        warn(gateway, &compiler, &entrypoint),
    );
    let explicit = !opts.platforms.is_empty();
    let images: Vec<Image> = plans.iter().map(|plan| image(plan, &images, &opts.labels, explicit)).collect();
    Ok(result(images.into_iter().zip(refs?).collect(), opts.multi_platform))
}

/// What is known of the spec between the phases.
pub(crate) struct Compiler {
    pub(crate) files: SpecFiles,
    core: Core,
    faults: Faults,
    request: Request,
    build_platform: Platform,
    platforms: Vec<Platform>,
}

impl Compiler {
    /// Reads the spec. Faults that leave nothing to go on with end the build here.
    fn new(opts: &FrontendOpts, daemon: &DaemonInfo, entrypoint: &Entrypoint) -> Result<Self, Failure> {
        let mut faults = Faults::new();
        let file = text_of(&opts.filename, entrypoint.spec.clone(), &mut faults);
        let spec = if faults.is_empty() { parse(&file, FileId(0), &mut faults) } else { None };
        let files = SpecFiles::one(file);
        let Some(spec) = spec else { return Err(failure(&files, faults)) };
        let build_platform =
            opts.default_platform().or(daemon.default_platform()).cloned().unwrap_or_default();
        let platforms = opts.target_platforms(&build_platform);
        let request = Request { target: opts.target.clone(), build_args: opts.build_args.clone() };
        Ok(Self { files, core: expand(spec), faults, request, build_platform, platforms })
    }

    fn select(&mut self) -> Vec<Selection> {
        let Self { core, faults, request, build_platform, platforms, .. } = self;
        platforms
            .iter()
            .filter_map(|platform| select(core, request, build_platform, platform, faults))
            .collect()
    }

    /// Plans every platform; the last phase that finds faults in the spec.
    fn plan(&mut self, selections: &[Selection], images: &BaseImages) -> Result<Vec<BuildPlan>, Failure> {
        let several = selections.len() > 1;
        let plans: Vec<BuildPlan> = selections
            .iter()
            .map(|selection| {
                plan(&self.core, selection, images, &self.build_platform, several, &mut self.faults)
            })
            .collect();
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() { Ok(plans) } else { Err(failure(&self.files, faults)) }
    }
}

/// Lowers every plan; what the daemon lacks is told before anything is solved.
fn lower_all(
    plans: &[BuildPlan],
    images: &BaseImages,
    surroundings: &Surroundings<'_>,
    daemon: &DaemonInfo,
) -> Result<Vec<Lowered>, Failure> {
    let lowered: Vec<Lowered> = plans.iter().map(|plan| lower(plan, images, surroundings)).collect();
    let missing: Vec<String> = lowered
        .iter()
        .flat_map(|lowered| lowered.missing(daemon))
        .map(|(line, sentence)| format!("{}:{line}: {sentence}", surroundings.opts.filename))
        .collect();
    if missing.is_empty() { Ok(lowered) } else { Err(Failure::new(missing.join("\n"))) }
}

async fn solve_all(
    gateway: &Gateway,
    opts: &FrontendOpts,
    plans: &[BuildPlan],
    lowered: Vec<Lowered>,
    compiler: &Compiler,
    ignored: &[String],
) -> Result<Vec<Ref>, Failure> {
    let mut solves = tokio::task::JoinSet::new();
    for (index, (plan, lowered)) in plans.iter().zip(lowered).enumerate() {
        let gateway = gateway.clone();
        let options = SolveOptions { evaluate: explains(plan), cache_imports: opts.cache_imports.clone() };
        solves.spawn_local(async move {
            let outcome = gateway.solve(lowered.definition.into_pb(), options).await;
            (index, outcome)
        });
    }
    let mut refs = vec![Ref::scratch(); plans.len()];
    while let Some(finished) = solves.join_next().await {
        let Ok((index, outcome)) = finished else { continue };
        match outcome {
            Ok(reference) => refs[index] = reference,
            Err(error) => {
                return Err(
                    explain_failure::explain(gateway, error, &plans[index], compiler, opts, ignored).await
                );
            }
        }
    }
    Ok(refs)
}

/// Whether to wait for the steps: only where a failure can be told better than the daemon tells it.
///
/// A process that does not wait is gone before the first step runs, and the daemon reports failures by itself.
fn explains(plan: &BuildPlan) -> bool {
    plan.context_paths() != ContextPaths::None || plan.needs_from_client()
}

async fn warn(gateway: &Gateway, compiler: &Compiler, entrypoint: &Entrypoint) {
    for short in undeclared_args(compiler.core.spec(), &compiler.request) {
        let warning = Warning { vertex: entrypoint.vertex.clone(), short, ..Warning::default() };
        // A warning that cannot be shown is no reason to fail a build.
        let _ = gateway.warn(warning).await;
    }
}
