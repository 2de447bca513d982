//! `UnverifiedDownload`.

use crate::expand::CoreAction;
use crate::lint::command::Command;
use crate::lint::{Found, Help, Rule, Standing, Subject};
use crate::lock::Name;

pub(super) const RULE: Rule = Rule {
    name: "UnverifiedDownload",
    description: "What is downloaded is what was meant: its checksum says so",
    costs: "whoever has the server, or a part of the way to it, runs code in the image",
    standing: Standing::Pitfall,
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
            let is_locked = || subject.text(url).is_some_and(|url| subject.is_locked(&Name::Http(url)));
            if is_http && !is_git && add.checksum.is_none() && !is_locked() {
                found.add(
                    url.span,
                    format!("nothing says what `{}` has to be", url.raw),
                    Help::spec("add `checksum: sha256:…`")
                        .dockerfile("say what it has to be; `sha256sum` of the file tells")
                        .better([format!("ADD --checksum=sha256:… {} …", url.raw)]),
                );
            }
        }
    }
    for (_, run) in subject.runs() {
        for pair in run.commands.windows(2) {
            let [download, shell] = pair else { continue };
            if is_run_unseen(download, shell) {
                let detail = format!("what `{}` downloads is run unseen", download.program());
                let help = Help::spec("get it by a step `add` with `checksum`, and run that file")
                    .dockerfile("get it by `ADD` with its checksum, and run that file")
                    .better(instead(download, shell));
                found.add(run.place(subject, download), detail, help);
            }
        }
    }
}

/// Whether a command is a download into one that runs it.
pub(super) fn is_run_unseen(download: &Command, shell: &Command) -> bool {
    let runs =
        RUNS.contains(&shell.program()) && shell.operands().all(|word| word == "s" || word.starts_with('/'));
    download.is_piped() && DOWNLOADS.contains(&download.program()) && runs
}

/// A download and the program that runs it, one after the other.
fn instead(download: &Command, shell: &Command) -> Vec<String> {
    let url = download.operands().find(|word| word.contains("://")).unwrap_or("https://…");
    vec![
        format!("ADD --checksum=sha256:… {url} /tmp/install"),
        format!("RUN {} /tmp/install", shell.program()),
    ]
}
