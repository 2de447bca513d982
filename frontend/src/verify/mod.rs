//! What must hold of an image before it leaves the build.
//!
//! What its config tells is known before anything runs, see [`prepare`]. The rest is found out by processes, which are steps of
//! the build as others are: they run at the same time, and what they have found is cached. They judge nothing; that is done here.

mod config;
mod files;
mod process;

use std::borrow::Cow;

use spec_schema::diagnostic::{Diagnostic, Faults};
use tokio::task::JoinSet;

pub(crate) use config::attestations;
pub use config::prepare;
pub(crate) use files::Listing;

use crate::accounts::{AccountFiles, GROUP, PASSWD};
use crate::compile::Compiled;
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::lower::{FOUND, LoweredChecks};
use crate::opts::{CacheImport, FrontendOpts};
use crate::plan::{BuildPlan, ImageProcess, VerifyPlan};
use crate::report::unfit;

/// The most that is read of a file that a check leaves: far above what the helper keeps of an output.
const LIMIT: usize = 4 << 20;

/// What a check is of.
#[derive(Debug, Clone, Copy)]
enum Subject {
    Look,
    Run(usize),
    Serve,
    User,
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
}

/// Says who a user is by numbers, where an image lacks a file to look that up in: a container starts all the same, but a step of a build
/// would not.
pub(crate) async fn settle_users(
    gateway: &Gateway,
    plans: &mut [BuildPlan],
    refs: &[Ref],
) -> Result<(), Failure> {
    for (plan, image) in plans.iter_mut().zip(refs) {
        let Some(verify) = plan.stages.last_mut().and_then(|stage| stage.verify.as_mut()) else { continue };
        let unsettled: Vec<&mut ImageProcess> =
            verify.processes_mut().filter(|process| !config::is_settled(&process.user)).collect();
        if unsettled.is_empty() {
            continue;
        }
        let read = |path| gateway.read_file(image, path, LIMIT);
        let (passwd, group) = tokio::try_join!(read(PASSWD), read(GROUP))?;
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

/// Checks the images of all platforms, all at once; `refs` are their files.
///
/// Every check is told that fails. A check that cannot be done at all is a failure of the build like any other.
pub(crate) async fn verify(
    gateway: &Gateway,
    opts: &FrontendOpts,
    compiled: &Compiled,
    checks: Vec<LoweredChecks>,
    refs: &[Ref],
) -> Result<(), Failure> {
    let mut running: JoinSet<Finding> = JoinSet::new();
    for (index, ((plan, checks), image)) in compiled.plans.iter().zip(checks).zip(refs).enumerate() {
        let verify = plan.stages.last().and_then(|stage| stage.verify.as_ref());
        if verify.is_some_and(config::asks_for_accounts) {
            let (gateway, image) = (gateway.clone(), image.clone());
            running.spawn_local(async move { (index, Subject::User, accounts(&gateway, &image).await) });
        }
        let runs = checks.runs.into_iter().enumerate().map(|(at, run)| (Subject::Run(at), run));
        let look = checks.look.map(|look| (Subject::Look, look));
        let serve = checks.serve.map(|serve| (Subject::Serve, serve));
        for (subject, definition) in look.into_iter().chain(runs).chain(serve) {
            let (gateway, imports) = (gateway.clone(), opts.cache_imports.clone());
            running.spawn_local(async move {
                let definition = definition.into_pb();
                (index, subject, find(&gateway, definition, imports, subject).await)
            });
        }
    }
    let mut faults = Faults::new();
    let several = compiled.plans.len() > 1;
    while let Some(finished) = running.join_next().await {
        let Ok((index, subject, found)) = finished else { continue };
        let plan = &compiled.plans[index];
        let Some(verify) = plan.stages.last().and_then(|stage| stage.verify.as_ref()) else { continue };
        let judged = match found {
            Ok(found) => judge(verify, subject, &found),
            Err(error) => match process_of(verify, subject).and_then(|it| process::not_there(it, &error)) {
                Some(fault) => vec![fault],
                None => return Err(error.into()),
            },
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

/// Runs a check, and reads what it has left.
async fn find(
    gateway: &Gateway,
    definition: buildkit_proto::pb::Definition,
    cache_imports: Vec<CacheImport>,
    subject: Subject,
) -> Result<Found, GatewayError> {
    let report = gateway.solve(definition, SolveOptions { evaluate: true, cache_imports }).await?;
    let read = async |name: &str| {
        let file = gateway.read_file(&report, &format!("{FOUND}/{name}"), LIMIT).await;
        file.map(Option::unwrap_or_default)
    };
    Ok(match subject {
        Subject::Look => Found { main: read("found").await?, ..Found::default() },
        Subject::Run(_) => {
            let (main, stdout, stderr) = tokio::try_join!(read("outcome"), read("stdout"), read("stderr"))?;
            Found { main, stdout, stderr }
        }
        Subject::Serve => {
            let (main, stdout) = tokio::try_join!(read("outcome"), read("output"))?;
            Found { main, stdout, ..Found::default() }
        }
        Subject::User => Found::default(),
    })
}

/// What does not hold.
fn judge(verify: &VerifyPlan, subject: Subject, found: &Found) -> Vec<Diagnostic> {
    match subject {
        Subject::Look => files::judge(verify, &found.main),
        Subject::Run(at) => verify.runs.get(at).map(|run| process::judge_run(run, found)).unwrap_or_default(),
        Subject::Serve => {
            verify.serve.iter().filter_map(|serve| process::judge_serve(serve, found)).collect()
        }
        Subject::User => {
            let files = AccountFiles { passwd: Some(found.main.clone()), ..AccountFiles::default() };
            config::judge_user(verify, &files.accounts()).into_iter().collect()
        }
    }
}

/// The process of a check that is made by one in the image.
fn process_of(verify: &VerifyPlan, subject: Subject) -> Option<&ImageProcess> {
    match subject {
        Subject::Run(at) => verify.runs.get(at).map(|run| &run.process),
        Subject::Serve => verify.serve.as_ref().map(|serve| &serve.process),
        Subject::Look | Subject::User => None,
    }
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
