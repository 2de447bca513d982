//! A command of a script, and what rules ask about it.

/// A simple command: a program and its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words without quotes; assignments and words like `if` or `exec` before it are left out.
    pub(super) words: Vec<String>,
    /// Its text in the script.
    pub(super) text: String,
    /// What follows it.
    pub(super) next: Next,
}

/// What follows a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// `|`: one that reads its output.
    Pipe,
    /// `||`: one that is run where it fails.
    Or,
    /// Anything else.
    Other,
}

impl Command {
    /// A command that no shell reads.
    pub(super) fn of(words: Vec<String>) -> Self {
        let text = words.join(" ");
        Self { words, text, next: Next::Other }
    }

    /// The name of the program, without its folder.
    pub(super) fn program(&self) -> &str {
        let first = self.words.first().map_or("", String::as_str);
        first.rsplit_once('/').map_or(first, |(_, name)| name)
    }

    /// Whether its output goes into the next one.
    pub(super) fn is_piped(&self) -> bool {
        self.next == Next::Pipe
    }

    /// It on one line, as it is written.
    pub(super) fn line(&self) -> String {
        self.text.replace("\\\n", " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Its arguments, behind the program.
    pub(super) fn arguments(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(String::as_str)
    }

    /// Its arguments that are no options.
    pub(super) fn operands(&self) -> impl Iterator<Item = &str> {
        self.arguments().filter(|word| !word.starts_with('-'))
    }

    /// Whether it is one of the programs, with one of the subcommands.
    pub(super) fn is(&self, programs: &[&str], subcommands: &[&str]) -> bool {
        programs.contains(&self.program())
            && self.operands().next().is_some_and(|first| subcommands.contains(&first))
    }

    /// Whether it has an option, as `--name`, `--name=value`, or one letter among others.
    pub(super) fn has(&self, option: &str) -> bool {
        let letter = option.strip_prefix('-').filter(|rest| rest.len() == 1);
        self.arguments().any(|word| match letter {
            Some(letter) => word.starts_with('-') && !word.starts_with("--") && word.contains(letter),
            None => word.split('=').next() == Some(option),
        })
    }
}
