//! The build: compile, lower, solve, and what goes to the daemon in between.

use spec_schema::diagnostic::Faults;
use tokio::task::JoinSet;

use crate::compile::{Compiled, compile};
use crate::explain_failure;
use crate::gateway::{BuildResult, DaemonInfo, Failure, Gateway, Ref, SolveOptions};
use crate::log_line;
use crate::lower::{Abilities, Lowered, Surroundings, lower};
use crate::opts::FrontendOpts;
use crate::plan::BuildPlan;
use crate::report::{failure, unfit};
use crate::result::{Image, image, reports, result};
use crate::sbom;
use crate::settle::settle;
use crate::subrequest;
use crate::verify::{attestations, settle_users, uncompared, verify};
use crate::warnings;

/// Builds what the client asks for, or answers what it wants to know.
///
/// A build has five round trips to the daemon that wait for each other: hand over the spec's source, read it, look up
/// images (and read `.dockerignore`), solve, return. Each level of includes adds two, and so do copies onto an image and
/// `users`, see `settle`, and `verify`.
pub async fn build(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    if let Some(request) = &opts.request_id {
        return Box::pin(subrequest::answer(gateway, opts, request)).await;
    }
    // Boxed: what it holds while it waits is large.
    let mut compiled = Box::pin(compile(gateway, opts)).await?;
    let findings = compiled.lint(opts).map_err(|faults| failure(&compiled.files, faults))?;
    if !findings.errors.is_empty() {
        return Err(failure(&compiled.files, findings.faults()));
    }
    let mut faults = Faults::new();
    attestations(&compiled.plans, &opts.attest, &mut faults);
    if !faults.is_empty() {
        return Err(unfit(&compiled.files, faults));
    }
    let daemon = gateway.ping().await?;
    settle(gateway, opts, daemon, &mut compiled).await?;
    let mut lowered = lower_all(&compiled, opts, daemon)?;
    let scans =
        compiled.scans.iter().flat_map(|scans| scans.lower(&compiled.plans, opts, &mut lowered)).collect();
    let (refs, attestations, (), ()) = tokio::join!(
        solve_each(gateway, opts, &compiled, lowered, |plan| {
            daemon.loses_places() || explains(plan) && !checks_first(plan, daemon)
        }),
        sbom::solve(gateway, scans),
        // Boxed: few builds have anything to tell.
        Box::pin(tell_uncompared(gateway, &compiled)),
        warnings::send(gateway, &compiled, &findings.warnings)
    );
    let mut refs = refs?;
    if compiled.plans.iter().any(BuildPlan::is_verified) {
        refs = Box::pin(check(gateway, opts, daemon, &mut compiled, refs)).await?;
    }
    let make_image = |plan| {
        if compiled.request.reports {
            return reports(plan);
        }
        image(plan, &compiled.resolved, &opts.labels, compiled.platforms.explicit)
    };
    let images: Vec<Image> = compiled.plans.iter().map(make_image).collect();
    let result = result(images.into_iter().zip(refs).collect(), compiled.platforms.map);
    Ok(BuildResult { attestations: attestations?, ..result })
}

/// Says of which images nobody knows how much they have grown.
async fn tell_uncompared(gateway: &Gateway, compiled: &Compiled) {
    let plans = compiled.plans.iter().filter(|_| !compiled.request.reports);
    for line in plans.filter_map(uncompared) {
        // A line that cannot be shown is no reason to fail a build.
        log_line::write(gateway, line).await.ok();
    }
}

/// Checks what has been built; `refs` are the files of each plan. What comes of it is these, or the reports of scans where those are asked for.
async fn check(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &mut Compiled,
    refs: Vec<Ref>,
) -> Result<Vec<Ref>, Failure> {
    if let Err((index, error)) = settle_users(gateway, &mut compiled.plans, &refs).await {
        return Err(explain_failure::explain(gateway, opts, error, index, compiled).await);
    }
    let lowered = lower_all(compiled, opts, daemon)?;
    let reports: Vec<_> = lowered.iter().filter_map(|lowered| lowered.scans.reports.clone()).collect();
    let lowered = lowered.into_iter().map(|lowered| (lowered.checks, lowered.scans)).collect();
    verify(gateway, opts, compiled, lowered, &refs).await?;
    // The image itself is not part of the reports, and where all scans were cached nothing has asked for it.
    if !compiled.request.reports || daemon.fails_on_unevaluated_refs() {
        evaluate(gateway, opts, daemon, compiled, &refs).await?;
    }
    if !compiled.request.reports {
        return Ok(refs);
    }
    let mut exported = Vec::with_capacity(reports.len());
    for definition in reports {
        exported.push(gateway.solve(definition.into_pb(), SolveOptions::default()).await?);
    }
    Ok(exported)
}

/// Runs what is left to run of images whose checks were cached, as far as they are not evaluated yet.
async fn evaluate(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &Compiled,
    refs: &[Ref],
) -> Result<(), Failure> {
    let mut running = JoinSet::new();
    for (index, (plan, image)) in compiled.plans.iter().zip(refs).enumerate() {
        if checks_first(plan, daemon) {
            let (gateway, image) = (gateway.clone(), image.clone());
            running.spawn_local(async move { (index, gateway.evaluate(&image).await) });
        }
    }
    while let Some(finished) = running.join_next().await {
        if let Ok((index, Err(error))) = finished {
            return Err(explain_failure::explain(gateway, opts, error, index, compiled).await);
        }
    }
    Ok(())
}

/// Lowers every plan; what the daemon lacks is told before anything is solved.
pub(crate) fn lower_all(
    compiled: &Compiled,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
) -> Result<Vec<Lowered>, Failure> {
    let (files, surroundings) = (&compiled.files, surroundings(compiled, opts, daemon));
    let lowered: Vec<Lowered> =
        compiled.plans.iter().map(|plan| lower(plan, &compiled.resolved, &surroundings)).collect();
    let mut faults = Faults::new();
    for (plan, lowered) in compiled.plans.iter().zip(&lowered) {
        for fault in lowered.missing(daemon, plan, files) {
            faults.push(fault);
        }
    }
    if faults.is_empty() { Ok(lowered) } else { Err(failure(files, faults)) }
}

/// What lowering needs besides a plan.
pub(crate) fn surroundings<'a>(
    compiled: &'a Compiled,
    opts: &'a FrontendOpts,
    daemon: &DaemonInfo,
) -> Surroundings<'a> {
    let Compiled { files, context, .. } = compiled;
    let ignored = compiled.ignored.patterns.as_slice();
    Surroundings { opts, files, context, ignored, abilities: Abilities::of(daemon) }
}

/// Solves every plan; a failure is explained.
pub(crate) async fn solve_all(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &Compiled,
    lowered: Vec<Lowered>,
) -> Result<Vec<Ref>, Failure> {
    solve_each(gateway, opts, compiled, lowered, |plan| daemon.loses_places() || explains(plan)).await
}

async fn solve_each(
    gateway: &Gateway,
    opts: &FrontendOpts,
    compiled: &Compiled,
    lowered: Vec<Lowered>,
    evaluates: impl Fn(&BuildPlan) -> bool,
) -> Result<Vec<Ref>, Failure> {
    let mut solves = JoinSet::new();
    for (index, (plan, lowered)) in compiled.plans.iter().zip(lowered).enumerate() {
        let gateway = gateway.clone();
        let options = SolveOptions { evaluate: evaluates(plan), cache_imports: opts.cache_imports.clone() };
        solves.spawn_local(async move {
            let outcome = gateway.solve(lowered.definition.into_pb(), options).await;
            (index, outcome)
        });
    }
    let mut refs = vec![Ref::scratch(); compiled.plans.len()];
    while let Some(finished) = solves.join_next().await {
        let Ok((index, outcome)) = finished else { continue };
        match outcome {
            Ok(reference) => refs[index] = reference,
            Err(error) => return Err(explain_failure::explain(gateway, opts, error, index, compiled).await),
        }
    }
    Ok(refs)
}

/// Whether to wait for the steps: only where a failure can be told better than the daemon tells it, and so where anything can fail by
/// what the spec says.
///
/// A process that does not wait is gone before the first step runs, and the daemon reports failures by itself.
fn explains(plan: &BuildPlan) -> bool {
    plan.steps().any(|step| step.action.can_differ()) || plan.reads_outside() || plan.is_verified()
}

/// Whether an image is evaluated behind what checks it, which needs it only where it is not cached. With the image there before, the daemon
/// reads all of it for the cache key of each check, stops as soon as it finds the check by its graph, and shows that as `CANCELED`.
fn checks_first(plan: &BuildPlan, daemon: &DaemonInfo) -> bool {
    plan.is_verified() && daemon.evaluates_refs()
}
