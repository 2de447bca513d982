//! What the image is made of. The only answer for which steps run.

use buildkit_llb::Definition;
use serde_json::json;
use spec_schema::diagnostic::Faults;

use super::Answer;
use crate::accounts::{AccountFiles, Accounts, PASSWD};
use crate::build::{lower_all, solve_all};
use crate::compare;
use crate::compile::{Compiled, Extent, compile, compile_extent};
use crate::explain::input;
use crate::gateway::{BuildResult, DaemonInfo, Failure, Gateway, Ref, SolveOptions};
use crate::image_config::ImageConfig;
use crate::lint::Findings;
use crate::lower::{Abilities, FOUND, Surroundings as Below, Weighing, lower_base, lower_weighing};
use crate::opts::FrontendOpts;
use crate::plan::{BuildPlan, helper_path};
use crate::report::failure;
use crate::result;
use crate::settle::settle;
use crate::verify::Listing;
use crate::weight::checklist::{Evidence, checklist, looked_for};
use crate::weight::{Found, Report, Surroundings, report as made_of};

/// The most that is read of what was found: far above what the helper tells.
const LIMIT: usize = 4 << 20;

/// Builds the target, weighs it, and tells by `written`.
pub(super) async fn report(
    gateway: &Gateway,
    opts: &FrontendOpts,
    written: fn(&[Report]) -> String,
) -> Result<BuildResult, Failure> {
    let mut compiled = Box::pin(compile(gateway, opts)).await?;
    let findings = compiled.lint_all().map_err(|faults| failure(&compiled.files, faults))?;
    let looker = looker(&mut compiled, opts)?;
    let daemon = gateway.ping().await?;
    settle(gateway, opts, daemon, &mut compiled).await?;
    let before = before(gateway, opts, daemon, &compiled).await?;
    let weighings = weighings(&compiled, opts, daemon, looker, before.as_deref());
    let lowered = lower_all(&compiled, opts, daemon)?;
    let images = solve_all(gateway, opts, daemon, &compiled, lowered).await?;
    let mut reports = Vec::with_capacity(weighings.len());
    for ((plan, weighing), image) in compiled.plans.iter().zip(weighings).zip(&images) {
        reports.push(weighed(gateway, opts, (&compiled, &findings), plan, weighing, image).await?);
    }
    Ok(Answer::new(&json!({ "platforms": reports }), written(&reports)).into())
}

/// The program that weighs: what other answers do not need, and not every daemon hands out.
fn looker(compiled: &mut Compiled, opts: &FrontendOpts) -> Result<&'static str, Failure> {
    let own_image = Definition::from_bytes(&opts.own_image).ok().filter(|image| !image.is_empty());
    let platform = compiled.plans.first().map(|plan| plan.build_platform.clone()).unwrap_or_default();
    let looker = helper_path(own_image.is_some(), &platform, "`--call=report`");
    let looker = looker.map_err(|(why, help)| Failure::new(format!("{why}\nhelp: {help}")))?;
    compiled.resolved.own_image = own_image;
    Ok(looker)
}

/// What the image of each platform is compared with, where the client gives something: `None` there is nothing at all.
async fn before(
    gateway: &Gateway,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    compiled: &Compiled,
) -> Result<Option<Vec<Option<Definition>>>, Failure> {
    let Some(opts) = compare::options(opts).filter(|_| !compare::is_taken(compiled.core.spec())) else {
        return Ok(None);
    };
    let other = Box::pin(compile_extent(gateway, &opts, Extent::Before)).await?;
    let below = below(&other, &opts, daemon);
    let base = |plan| lower_base(plan, 0, &other.resolved, &below);
    let bases: Result<_, Faults> = other.plans.iter().map(base).collect();
    bases.map(Some).map_err(|faults| failure(&other.files, faults))
}

fn below<'a>(compiled: &'a Compiled, opts: &'a FrontendOpts, daemon: &DaemonInfo) -> Below<'a> {
    let Compiled { files, context, ignored, .. } = compiled;
    Below { opts, files, context, ignored: &ignored.patterns, abilities: Abilities::of(daemon) }
}

fn weighings(
    compiled: &Compiled,
    opts: &FrontendOpts,
    daemon: &DaemonInfo,
    looker: &str,
    before: Option<&[Option<Definition>]>,
) -> Vec<Weighing> {
    let below = below(compiled, opts, daemon);
    let weighing = |(at, plan): (usize, &BuildPlan)| {
        let search = plan.stages.last().and_then(|stage| stage.runtime.env.get("PATH"));
        let look = looked_for(search.unwrap_or_default());
        let before = before.and_then(|before| before.get(at)).map(Option::as_ref);
        lower_weighing(plan, &compiled.resolved, &below, looker, before, &look)
    };
    compiled.plans.iter().enumerate().map(weighing).collect()
}

/// Weighs the image of one platform.
async fn weighed(
    gateway: &Gateway,
    opts: &FrontendOpts,
    (compiled, findings): (&Compiled, &Findings),
    plan: &BuildPlan,
    weighing: Weighing,
    image: &Ref,
) -> Result<Report, Failure> {
    let find = async |definition: Definition| {
        let options = SolveOptions { evaluate: true, cache_imports: opts.cache_imports.clone() };
        let found = gateway.solve(definition.into_pb(), options).await?;
        gateway.read_file(&found, &format!("{FOUND}/found"), LIMIT).await
    };
    let passwd = gateway.read_file(image, PASSWD, LIMIT);
    let (sizes, look, passwd) = tokio::join!(find(weighing.sizes), find(weighing.look), passwd);
    let (sizes, look) = (sizes?.unwrap_or_default(), look?.unwrap_or_default());
    // An image without a file that can be read has no users.
    let passwd = passwd.ok().flatten();
    let accounts = AccountFiles { passwd, ..AccountFiles::default() }.accounts();
    let Compiled { resolved, files, .. } = compiled;
    let mut report =
        made_of(Surroundings { plan, resolved, files }, &weighing.subjects, Found::parse(&sizes));
    report.checklist = lines(opts, (compiled, findings), plan, &report, Listing::parse(&look), &accounts);
    Ok(report)
}

fn lines(
    opts: &FrontendOpts,
    (compiled, findings): (&Compiled, &Findings),
    plan: &BuildPlan,
    report: &Report,
    listing: Listing,
    accounts: &Accounts,
) -> Vec<crate::weight::checklist::Line> {
    let config: ImageConfig = result::config(plan, &compiled.resolved);
    let of = |stage: usize| input(plan, &compiled.resolved, &plan.stages[stage].base);
    let base = plan.chain().first().map(|bottom| of(*bottom));
    let is_go = (0..plan.stages.len()).any(|stage| {
        let base = of(stage);
        let name = base.name.split([':', '@']).next().unwrap_or_default();
        base.kind == "image" && name.rsplit('/').next() == Some("golang")
    });
    let verify = plan.stages.last().and_then(|stage| stage.verify.as_ref());
    checklist(&Evidence {
        base: base.as_ref().map_or(("scratch", ""), |base| (base.kind, base.name.as_str())),
        listing,
        config: &config,
        accounts,
        findings,
        size: report.size,
        max_size: verify.and_then(|verify| verify.max_size.as_ref()).map(|size| size.value),
        is_go,
        scans: plan.scans(),
        platforms: &compiled.platforms.list,
        sbom: opts.attest.sbom.is_some(),
    })
}
