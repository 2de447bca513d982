//! What a scanner says of the image: by its exit code, and by whether it came to one at all.

use spec_schema::diagnostic::Diagnostic;
use spec_schema::spec::Network;

use super::process::{Outcome, duration};
use super::{Found, last_lines};
use crate::gateway::{Gateway, GatewayError, Ref};
use crate::image_config::ImageConfig;
use crate::plan::{REPORT, ScanPlan};

/// How to see all that a scanner says.
const REPORTS: &str = "`--target scan --output DIRECTORY`, or `STAGE+scan` for another stage than the default one, exports all that it says";

/// Fills in what the scanner's own config says: its program, and its arguments where the spec has none.
pub(super) fn prepare(scan: &mut ScanPlan, config: &ImageConfig) -> Option<Diagnostic> {
    let (program, arguments) = (config.texts("Entrypoint"), config.texts("Cmd"));
    let (has_args, image) = (scan.has_args, scan.image.clone());
    let run = scan.run_mut()?;
    let own = std::mem::take(&mut run.args);
    run.args = [program, if has_args { own } else { arguments }].concat();
    run.args.is_empty().then(|| {
        let message =
            format!("the scanner `{}` has nothing to start: neither entrypoint nor cmd", image.value);
        Diagnostic::new(image.span, message).help("name the program and its arguments by `args`")
    })
}

/// The files that must be there and are not.
pub(super) async fn missing(
    gateway: &Gateway,
    report: &Ref,
    scan: &ScanPlan,
) -> Result<Vec<String>, GatewayError> {
    let mut missing = Vec::new();
    for wanted in &scan.report {
        let found = gateway.stat_file(report, &format!("{REPORT}/{}", wanted.value)).await?;
        if found.is_none_or(|file| file.is_file() && file.size == 0) {
            missing.push(wanted.value.clone());
        }
    }
    Ok(missing)
}

/// What does not hold. Where the report is all that is asked for, it does not count what a scanner finds.
pub(super) fn judge(scan: &ScanPlan, found: &Found, only_report: bool) -> Vec<Diagnostic> {
    let name = &scan.name;
    let outcome = String::from_utf8_lossy(&found.main);
    let outcome = Outcome::parse(&outcome);
    let said = || last_lines(if found.stderr.is_empty() { &found.stdout } else { &found.stderr });
    let fault = match &outcome {
        Outcome::Exit(code) if scan.fail_on.covers(*code) && !only_report => {
            let message = format!("the scan `{name}` ended with exit code {code}");
            let fault = Diagnostic::new(scan.step.span, message).quoting(both(found));
            fault.help(offline(scan, found).unwrap_or_else(|| REPORTS.to_owned()))
        }
        Outcome::Exit(code) => return not_written(scan, found, *code),
        Outcome::Late(_) => {
            let message = format!("the scan `{name}` was not done within {}", duration(scan.time.value));
            let help = offline(scan, found).unwrap_or_else(|| "give it a longer `timeout`".to_owned());
            Diagnostic::new(scan.time.span, message).quoting(said()).help(help)
        }
        Outcome::Error(why) => {
            let run = scan.run();
            let program = run.and_then(|run| run.args.first()).map_or("", String::as_str);
            let why = why.split(" (os error").next().unwrap_or(why);
            let message = format!("the scan `{name}` cannot be run: `{program}`: {why}");
            Diagnostic::new(scan.step.span, message)
                .help("what runs is the entrypoint of the scanner's image, or the first of `args` where it has none")
        }
        outcome => {
            let end = outcome.end().unwrap_or_default();
            let fault = Diagnostic::new(scan.step.span, format!("the scan `{name}` {end}")).quoting(said());
            let killed = end.contains("SIGKILL");
            fault.help_opt(killed.then(|| {
                "what is ended in this way has mostly run out of memory: give the builder more".to_owned()
            }))
        }
    };
    vec![fault]
}

/// A scanner that says that all is well, and has not done what it was to do.
fn not_written(scan: &ScanPlan, found: &Found, code: u32) -> Vec<Diagnostic> {
    let spans = scan.report.iter().filter(|wanted| found.missing.contains(&wanted.value));
    let faults = spans.map(|wanted| {
        let message = format!(
            "the scan `{}` ended with exit code {code} and has not written `{REPORT}/{}`, or nothing into it",
            scan.name, wanted.value
        );
        Diagnostic::new(wanted.span, message).quoting(both(found)).help_opt(offline(scan, found))
    });
    faults.collect()
}

/// The end of what a scanner said: of its findings, and what it says of itself where there are none.
fn both(found: &Found) -> Vec<String> {
    let findings = last_lines(&found.stdout);
    if findings.is_empty() { last_lines(&found.stderr) } else { findings }
}

/// What programs say that look for a server and have no network.
const NO_NETWORK: [&str; 8] = [
    "no such host",
    "bad address",
    "could not resolve",
    "couldn't resolve",
    "name resolution",
    "name or service not known",
    "network is unreachable",
    "dial tcp",
];

/// What to do where a scanner seems to want a network that it does not have.
fn offline(scan: &ScanPlan, found: &Found) -> Option<String> {
    let has_network = scan.run().is_none_or(|run| run.network != Some(Network::None));
    if has_network {
        return None;
    }
    let said = [last_lines(&found.stdout), last_lines(&found.stderr)].concat().join("\n").to_lowercase();
    NO_NETWORK.iter().any(|words| said.contains(words)).then(|| {
        "a scan has no network; `network: default` gives it one, `cache` keeps what it downloads and `refresh` says for how long that counts"
            .to_owned()
    })
}
