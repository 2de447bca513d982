//! A step that runs something, as rules see it.

use spec_schema::span::Span;
use spec_schema::spec::{Command as Written, Mount};

use super::command::Command;
use super::script::commands;
use super::subject::Subject;
use crate::expand::{CoreAction, CoreRun, CoreStep};

/// A `run` step.
#[derive(Debug)]
pub(super) struct RunView<'a> {
    pub(super) run: &'a CoreRun,
    pub(super) step: &'a CoreStep,
    pub(super) commands: Vec<Command>,
}

impl<'a> RunView<'a> {
    pub(super) fn of(step: &'a CoreStep) -> Option<Self> {
        let CoreAction::Run(run) = &step.action else { return None };
        Some(Self { run, step, commands: commands_of(&run.step.run) })
    }
}

impl RunView<'_> {
    /// Whether a path, or what is below it, is a cache or in memory while the step runs, and so not in its layer.
    pub(super) fn keeps_out(&self, path: &str) -> bool {
        let caches = self.run.caches.iter().map(|cache| &cache.target);
        let mounts = self.run.step.mounts.iter().map(Mount::target);
        caches.chain(mounts).any(|target| {
            let target = target.raw.trim_end_matches('/');
            path == target || path.strip_prefix(target).is_some_and(|rest| rest.starts_with('/'))
        })
    }

    /// The place of a command of it.
    pub(super) fn place(&self, subject: &Subject<'_>, command: &Command) -> Span {
        subject.within(self.span(), &command.text)
    }

    /// The place of the command as a whole.
    pub(super) fn span(&self) -> Span {
        match &self.run.step.run {
            Written::Script(script) => script.span,
            Written::Exec(_, span) => *span,
        }
    }
}

fn commands_of(run: &Written) -> Vec<Command> {
    match run {
        Written::Script(script) => commands(script),
        Written::Exec(words, _) => {
            let words: Vec<String> = words.iter().map(|word| word.raw.clone()).collect();
            match words.as_slice() {
                [shell, flag, script, ..]
                    if shell.ends_with("sh") && flag.starts_with('-') && flag.ends_with('c') =>
                {
                    commands(script)
                }
                _ => vec![Command::of(words)],
            }
        }
    }
}
