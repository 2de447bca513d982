//! `UnverifiedDownload`.

use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "UnverifiedDownload",
    description: "What is downloaded is what was meant: its checksum says so",
    asked_for: false,
    check,
};

/// Programs that download, and those that run what they are given.
const DOWNLOADS: &[&str] = &["curl", "wget"];
const RUNS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "python", "python3", "perl", "ruby", "node"];

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, step) in subject.steps() {
        let CoreAction::Add(add) = &step.action else { continue };
        for url in &add.add.values {
            let is_http = url.raw.starts_with("https://") || url.raw.starts_with("http://");
            let is_git =
                url.raw.split(['#', '?']).next().is_some_and(|url| url.rsplit('.').next() == Some("git"));
            if is_http && !is_git && add.checksum.is_none() {
                found.add(
                    url.span,
                    format!("nothing says what `{}` has to be", url.raw),
                    "add `checksum: sha256:…`",
                );
            }
        }
    }
    for (_, run) in subject.runs() {
        for pair in run.commands.windows(2) {
            let [download, shell] = pair else { continue };
            let is_run = RUNS.contains(&shell.program())
                && shell.operands().all(|word| word == "s" || word.starts_with('/'));
            if download.piped && DOWNLOADS.contains(&download.program()) && is_run {
                let detail = format!("what `{}` downloads is run unseen", download.program());
                let help = "get it by a step `add` with `checksum`, and run that file";
                found.add(run.place(subject, download), detail, help);
            }
        }
    }
}
