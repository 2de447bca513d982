//! What must hold of an image before it leaves the build.
//!
//! What its config tells is known before anything runs, see [`prepare`]. The rest is found out by processes, which are steps of
//! the build as others are: they run at the same time, and what they have found is cached. They judge nothing; that is done here.

mod config;
mod files;
mod growth;
mod process;
mod scan;

use std::borrow::Cow;

use buildkit_llb::Definition;
use spec_schema::diagnostic::{Diagnostic, Faults};
use tokio::task::JoinSet;

pub(crate) use config::attestations;
pub use config::{prepare, prepare_scans};
pub(crate) use files::Listing;
pub(crate) use growth::uncompared;

use crate::accounts::{AccountFiles, GROUP, PASSWD};
use crate::compile::Compiled;
use crate::explain_failure;
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::lower::{FOUND, LoweredChecks, LoweredScan, LoweredScans};
use crate::opts::{CacheImport, FrontendOpts};
use crate::plan::{BuildPlan, ImageProcess, ScanPlan};
use crate::report::unfit;

/// The most that is read of a file that a check leaves: far above what the helper keeps of an output.
const LIMIT: usize = 4 << 20;

/// What a check is of.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Look,
    Growth,
    Run(usize),
    Serve,
    User,
    Scan(usize),
}

/// Where a check is, and what it has found, by the names of files.
type Finding = (usize, Subject, Result<Found, GatewayError>);

/// Files that a check has left.
#[derive(Debug, Default)]
struct Found {
    /// What was found, or became of a process.
    main: Vec<u8>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// Files of its report that are not there.
    missing: Vec<String>,
}

/// Says who a user is by numbers, where an image lacks a file to look that up in: a container starts all the same, but a step of a build
/// would not. The error is that of the plan at a position.
pub(crate) async fn settle_users(
    gateway: &Gateway,
    plans: &mut [BuildPlan],
    refs: &[Ref],
) -> Result<(), (usize, GatewayError)> {
    for (index, (plan, image)) in plans.iter_mut().zip(refs).enumerate() {
        let Some(verify) = plan.stages.last_mut().and_then(|stage| stage.verify.as_mut()) else { continue };
        let unsettled: Vec<&mut ImageProcess> =
            verify.processes_mut().filter(|process| !config::is_settled(&process.user)).collect();
        if unsettled.is_empty() {
            continue;
        }
        let read = |path| gateway.read_file(image, path, LIMIT);
        let (passwd, group) = tokio::try_join!(read(PASSWD), read(GROUP)).map_err(|error| (index, error))?;
        if passwd.is_some() && group.is_some() {
            continue;
        }
        let accounts = AccountFiles { passwd, group, ..AccountFiles::default() }.accounts();
        for process in unsettled {
            if let Some(user) = config::settled(&process.user, &accounts) {
                process.user = user;
            }
        }
    }
    Ok(())
}

/// Checks and scans the images of all platforms, all at once; `refs` are their files. Where reports are what is built, scans have to come
/// to an end, and nothing else counts.
///
/// Every check is told that fails. A check that cannot be done at all is a failure of the build like any other.
pub(crate) async fn verify(
    gateway: &Gateway,
    opts: &FrontendOpts,
    compiled: &Compiled,
    lowered: Vec<(LoweredChecks, LoweredScans)>,
    refs: &[Ref],
) -> Result<(), Failure> {
    let only_reports = compiled.request.reports;
    let mut running: JoinSet<Finding> = JoinSet::new();
    for (index, ((plan, (checks, scans)), image)) in compiled.plans.iter().zip(lowered).zip(refs).enumerate()
    {
        let finder = Finder { gateway: gateway.clone(), cache_imports: opts.cache_imports.clone() };
        for ((at, scan), lowered) in plan.scans().iter().cloned().enumerate().zip(scans.each) {
            let finder = finder.clone();
            running.spawn_local(async move { (index, Subject::Scan(at), finder.scan(&scan, lowered).await) });
        }
        if only_reports {
            continue;
        }
        let verify = plan.stages.last().and_then(|stage| stage.verify.as_ref());
        if verify.is_some_and(config::asks_for_accounts) {
            let (gateway, image) = (gateway.clone(), image.clone());
            running.spawn_local(async move { (index, Subject::User, accounts(&gateway, &image).await) });
        }
        let runs = checks.runs.into_iter().enumerate().map(|(at, run)| (Subject::Run(at), run));
        let look = checks.look.map(|look| (Subject::Look, look));
        let serve = checks.serve.map(|serve| (Subject::Serve, serve));
        let growth = checks.growth.map(|growth| (Subject::Growth, growth));
        for (subject, definition) in look.into_iter().chain(growth).chain(runs).chain(serve) {
            let finder = finder.clone();
            running.spawn_local(async move { (index, subject, finder.find(definition, subject).await) });
        }
    }
    let mut faults = Faults::new();
    let several = compiled.plans.len() > 1;
    while let Some(finished) = running.join_next().await {
        let Ok((index, subject, found)) = finished else { continue };
        let plan = &compiled.plans[index];
        let judged = match found {
            Ok(found) => judge(plan, subject, &found, only_reports),
            Err(error) => {
                // What fails below a check is a step of the image, which is told as one.
                let (error, of_image) = match gateway.evaluate(&refs[index]).await {
                    Err(error) => (error, true),
                    Ok(()) => (error, false),
                };
                let process = process_of(plan, subject).filter(|_| !of_image);
                match process.and_then(|it| process::not_there(&it, &error)) {
                    Some(fault) => vec![fault],
                    None => return Err(explain_failure::explain(gateway, opts, error, index, compiled).await),
                }
            }
        };
        for fault in judged {
            let platform = several.then(|| plan.platform.to_string());
            faults.push(on_platform(fault, platform.as_deref()));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(unfit(&compiled.files, faults)) }
}

async fn accounts(gateway: &Gateway, image: &Ref) -> Result<Found, GatewayError> {
    let main = gateway.read_file(image, PASSWD, LIMIT).await?.unwrap_or_default();
    Ok(Found { main, ..Found::default() })
}

/// Who runs checks, and reads what they have left.
#[derive(Clone)]
struct Finder {
    gateway: Gateway,
    cache_imports: Vec<CacheImport>,
}

impl Finder {
    async fn solve(&self, definition: Definition) -> Result<Ref, GatewayError> {
        let options = SolveOptions { evaluate: true, cache_imports: self.cache_imports.clone() };
        self.gateway.solve(definition.into_pb(), options).await
    }

    async fn find(&self, definition: Definition, subject: Subject) -> Result<Found, GatewayError> {
        let report = self.solve(definition).await?;
        let read = async |name: &str| {
            let file = self.gateway.read_file(&report, &format!("{FOUND}/{name}"), LIMIT).await;
            file.map(Option::unwrap_or_default)
        };
        Ok(match subject {
            Subject::Look | Subject::Growth => Found { main: read("found").await?, ..Found::default() },
            Subject::Run(_) | Subject::Scan(_) => {
                let (main, stdout, stderr) =
                    tokio::try_join!(read("outcome"), read("stdout"), read("stderr"))?;
                Found { main, stdout, stderr, ..Found::default() }
            }
            Subject::Serve => {
                let (main, stdout) = tokio::try_join!(read("outcome"), read("output"))?;
                Found { main, stdout, ..Found::default() }
            }
            Subject::User => Found::default(),
        })
    }

    async fn scan(&self, scan: &ScanPlan, lowered: LoweredScan) -> Result<Found, GatewayError> {
        // The process has run when its report is asked for.
        let found = self.find(lowered.found, Subject::Scan(0)).await?;
        if scan.report.is_empty() {
            return Ok(found);
        }
        let report = self.solve(lowered.report).await?;
        Ok(Found { missing: scan::missing(&self.gateway, &report, scan).await?, ..found })
    }
}

/// What does not hold.
fn judge(plan: &BuildPlan, subject: Subject, found: &Found, only_reports: bool) -> Vec<Diagnostic> {
    if let Subject::Scan(at) = subject {
        return plan.scans().get(at).map(|scan| scan::judge(scan, found, only_reports)).unwrap_or_default();
    }
    let Some(verify) = plan.stages.last().and_then(|stage| stage.verify.as_ref()) else { return Vec::new() };
    match subject {
        Subject::Look => files::judge(verify, &found.main),
        Subject::Growth => growth::judge(verify, &found.main),
        Subject::Run(at) => verify.runs.get(at).map(|run| process::judge_run(run, found)).unwrap_or_default(),
        Subject::Serve => {
            verify.serve.iter().filter_map(|serve| process::judge_serve(serve, found)).collect()
        }
        Subject::User => {
            let files = AccountFiles { passwd: Some(found.main.clone()), ..AccountFiles::default() };
            config::judge_user(verify, &files.accounts()).into_iter().collect()
        }
        Subject::Scan(_) => Vec::new(),
    }
}

/// The process of a check that is made by one.
fn process_of(plan: &BuildPlan, subject: Subject) -> Option<process::Shown<'_>> {
    let verify = plan.stages.last()?.verify.as_ref();
    let process = match subject {
        Subject::Run(at) => &verify?.runs.get(at)?.process,
        Subject::Serve => &verify?.serve.as_ref()?.process,
        Subject::Scan(at) => {
            let scan = plan.scans().get(at)?;
            let (display, user) = (&scan.step.display, &scan.run()?.user);
            return Some(process::Shown { display, user, span: scan.step.span, scans: true });
        }
        Subject::Look | Subject::Growth | Subject::User => return None,
    };
    Some(process::Shown { display: &process.display, user: &process.user, span: process.span, scans: false })
}

/// A fault says for which platform it holds, where there are several.
fn on_platform(fault: Diagnostic, platform: Option<&str>) -> Diagnostic {
    let Some(platform) = platform else { return fault };
    Diagnostic { message: format!("for {platform}: {}", fault.message), ..fault }
}

/// The last lines of an output, without what controls a terminal.
fn last_lines(output: &[u8]) -> Vec<String> {
    const LINES: usize = 10;
    let text: Cow<'_, str> = String::from_utf8_lossy(&output[output.len().saturating_sub(8 << 10)..]);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].iter().map(|line| (*line).to_owned()).collect()
}
