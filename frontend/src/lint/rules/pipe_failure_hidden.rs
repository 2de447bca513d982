//! `PipeFailureHidden`.

use spec_schema::decode::text::Template;
use spec_schema::spec::Command as Written;

use super::unverified_download::is_run_unseen;
use crate::lint::command::{Command, Next};
use crate::lint::run::RunView;
use crate::lint::subject::StageView;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "PipeFailureHidden",
    description: "A step fails where any command of a pipe does",
    costs: "what an image lacks because a command broke off is found where the image runs",
    standing: Standing::Pitfall,
    check,
};

/// The option of shells that makes a pipe fail where any of its commands does.
const OPTION: &str = "pipefail";

/// Shells in which a pipe is as good as its last command.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"];

/// Programs that do not fail where they are there, or list what is, and words that end a group, of which nothing is known.
const HARMLESS: &[&str] = &[
    "echo", "printf", "yes", "true", ":", "env", "printenv", "set", "id", "whoami", "groups", "hostname",
    "uname", "arch", "nproc", "date", "pwd", "seq", "df", "find", "ls", "}", "fi", "done", "esac",
];

/// Programs that fail by themselves where nothing, or half of it, comes in.
const NOTICING: &[&str] = &[
    "gunzip", "bunzip2", "unxz", "unzstd", "zcat", "xzcat", "bzcat", "zstdcat", "cpio", "gpg", "apt-key",
    "grep", "egrep", "fgrep",
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (stage, run) in subject.runs() {
        let Some(shell) = shell_of(subject, stage, run) else { continue };
        let seen_from = run.commands.iter().position(sets_option).unwrap_or(usize::MAX);
        for (at, pipe) in pipes(&run.commands) {
            let before = at.checked_sub(1).and_then(|at| run.commands.get(at));
            if seen_from < at || is_judged_elsewhere(before, pipe) {
                continue;
            }
            if let Some((hidden, last)) = hidden(pipe) {
                let detail = format!(
                    "nobody sees when `{}` fails: a pipe is as good as its last command, `{}`",
                    hidden.program(),
                    last.program()
                );
                found.add(run.place(subject, hidden), detail, help(subject, stage, &shell, pipe));
                // The others of a step are mended with the first one.
                break;
            }
        }
    }
}

/// The name of the shell that reads a step, where it is one of those, and has not been told to see to it.
fn shell_of(subject: &Subject<'_>, stage: &StageView<'_>, run: &RunView<'_>) -> Option<String> {
    let raw = |words: &[Template]| words.iter().map(|word| word.raw.clone()).collect();
    let words: Vec<String> = match &run.run.step.run {
        Written::Exec(words, _) => raw(words),
        Written::Script(script) if script.starts_with("#!") => {
            let line = script.lines().next().unwrap_or_default().trim_start_matches("#!");
            line.split_whitespace().filter(|word| !word.ends_with("/env")).map(str::to_owned).collect()
        }
        Written::Script(_) => {
            let stages = subject.chain(stage);
            let mut said =
                std::iter::once(&run.run.step.shell).chain(stages.iter().map(|it| &it.stage.shell));
            said.find(|words| !words.is_empty())
                .map_or_else(|| vec!["/bin/sh".to_owned()], |words| raw(words))
        }
    };
    let name = words.first()?.rsplit('/').next().unwrap_or_default();
    let sees = words.iter().any(|word| word == OPTION);
    (SHELLS.contains(&name) && !sees).then(|| name.to_owned())
}

/// The commands that are connected, and where in the script they begin.
fn pipes(commands: &[Command]) -> impl Iterator<Item = (usize, &[Command])> {
    let mut start = 0;
    commands.iter().enumerate().filter_map(move |(at, command)| {
        if command.is_piped() {
            return None;
        }
        let first = std::mem::replace(&mut start, at + 1);
        let pipe = commands.get(first..=at)?;
        (pipe.len() > 1).then_some((first, pipe))
    })
}

fn sets_option(command: &Command) -> bool {
    command.program() == "set" && command.arguments().any(|word| word == OPTION)
}

/// Whether a condition or what is behind `||` hears of it, or nobody could: what a substitution among words comes to is not looked at.
fn is_judged_elsewhere(before: Option<&Command>, pipe: &[Command]) -> bool {
    const CONDITIONS: &[&str] = &["if", "elif", "while", "until", "!"];
    let first = pipe.first().and_then(|command| command.text.split_whitespace().next());
    let is_substituted =
        before.and_then(|command| command.words.last()).is_some_and(|word| word.ends_with('$'));
    first.is_some_and(|word| CONDITIONS.contains(&word))
        || pipe.last().is_some_and(|command| command.next == Next::Or)
        || is_substituted
}

/// The command whose failure is not seen, and the last one.
fn hidden(pipe: &[Command]) -> Option<(&Command, &Command)> {
    let (last, others) = pipe.split_last()?;
    if notices(last) {
        return None;
    }
    // A download that is run is told by another rule, whose remedy has no pipe.
    let is_hidden = |(command, next): &(&Command, &Command)| {
        !HARMLESS.contains(&command.program()) && !is_run_unseen(command, next)
    };
    let (hidden, _) = others.iter().zip(pipe.iter().skip(1)).find(is_hidden)?;
    Some((hidden, last))
}

/// Whether a command fails where it is given nothing.
fn notices(command: &Command) -> bool {
    let extracts = || {
        let letters =
            command.arguments().next().is_some_and(|word| !word.starts_with("--") && word.contains('x'));
        letters || command.has("-x") || command.has("--extract") || command.has("--get")
    };
    match command.program() {
        "tar" | "bsdtar" => extracts(),
        "gzip" | "bzip2" | "xz" | "zstd" => command.has("-d") || command.has("--decompress"),
        "jq" => command.has("-e") || command.has("--exit-status"),
        program if program.ends_with("sum") => command.has("-c") || command.has("--check"),
        program => NOTICING.contains(&program),
    }
}

fn help(subject: &Subject<'_>, stage: &StageView<'_>, shell: &str, pipe: &[Command]) -> Help {
    let line: Vec<String> = pipe.iter().map(Command::line).collect();
    let with_option = format!("RUN set -o {OPTION} && {}", line.join(" | "));
    // The shells of these know the option; whether others do depends on their version.
    let base = subject.base(stage);
    let is_busybox =
        base.is_some_and(|base| base.tag_has("alpine") || matches!(base.name.as_str(), "alpine" | "busybox"));
    if is_busybox || matches!(shell, "bash" | "ksh" | "zsh") {
        return Help::spec(format!("start the script with `set -o {OPTION}`"))
            .dockerfile("have the shell look at all of them")
            .better([with_option]);
    }
    Help::spec(format!("add `shell: [bash, -eo, {OPTION}, -c]` to the step or the stage"))
        .dockerfile("have bash look at all of them")
        .better([format!("SHELL [\"/bin/bash\", \"-o\", \"{OPTION}\", \"-c\"]")])
}
