//! `CacheInLayer`.

use crate::lint::command::Command;
use crate::lint::run::RunView;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CacheInLayer",
    description: "What a package manager keeps for the next time is not in the image",
    costs: "it is pulled, stored and scanned with every copy of the image, and nothing ever reads it again",
    standing: Standing::Pitfall,
    check,
};

/// A system's package manager: how it installs, what it leaves behind and where, and how that is taken away.
struct Manager {
    programs: &'static [&'static str],
    installs: &'static str,
    leaves: &'static str,
    step: &'static str,
}

const MANAGERS: &[Manager] = &[
    Manager { programs: &["apt-get", "apt"], installs: "install", leaves: "/var/lib/apt/lists", step: "apt" },
    Manager { programs: &["apk"], installs: "add", leaves: "/var/cache/apk", step: "apk" },
    Manager { programs: &["pip", "pip3"], installs: "install", leaves: "/root/.cache/pip", step: "pip" },
    Manager { programs: &["dnf", "yum", "microdnf"], installs: "install", leaves: "/var/cache", step: "dnf" },
];

fn check(subject: &Subject<'_>, found: &mut Found) {
    let target = subject.target().map(|(target, _)| subject.chain(target)).unwrap_or_default();
    // What a stage that is copied from holds besides is in no image.
    for run in target.iter().flat_map(|stage| stage.runs()) {
        for manager in MANAGERS {
            // The others of a step are mended with the first one.
            let Some(command) = run.commands.iter().find(|command| manager.keeps(command)) else { continue };
            if !is_clean(subject, run, manager) {
                found.add(run.place(subject, command), manager.detail(command), manager.help(command));
            }
        }
    }
}

impl Manager {
    /// Whether a command installs, and is not told to keep nothing.
    fn keeps(&self, command: &Command) -> bool {
        command.is(self.programs, &[self.installs])
            && !command.has("--no-cache")
            && !command.has("--no-cache-dir")
    }

    fn detail(&self, command: &Command) -> String {
        let (program, what) = (command.program(), self.what());
        format!("`{program}` leaves its {what} in `{}`, and so in the image", self.leaves)
    }

    fn help(&self, command: &Command) -> Help {
        let packages: Vec<&str> = command.operands().skip(1).collect();
        let add = format!("add `cache: {}` to the step", self.step);
        let spec = match self.step {
            "pip" => add,
            step => format!("write `- {step}: [{}]`, or {add}", packages.join(", ")),
        };
        Help::spec(spec)
            .dockerfile("remove it in the same `RUN`, or keep it in a cache mount")
            .better([format!("RUN {}", self.cleaned(command))])
    }

    /// What stays behind.
    fn what(&self) -> &'static str {
        if self.step == "pip" { "downloads" } else { "index and archives" }
    }

    /// An install that leaves nothing.
    fn cleaned(&self, command: &Command) -> String {
        let line = command.line();
        match self.step {
            "apt" => format!("apt-get update && {line} && rm -rf /var/lib/apt/lists/*"),
            "pip" => line.replacen("install", "install --no-cache-dir", 1),
            "apk" => line.replacen(" add", " add --no-cache", 1),
            _ => format!("{line} && {} clean all", command.program()),
        }
    }
}

/// Whether a step takes away what a manager leaves, or keeps it elsewhere.
fn is_clean(subject: &Subject<'_>, run: &RunView<'_>, manager: &Manager) -> bool {
    run.keeps_out(manager.leaves)
        || manager.step == "pip" && has_no_pip_cache(subject, run)
        || run.commands.iter().any(|other| {
            let removes =
                other.program() == "rm" && other.operands().any(|path| path.starts_with(manager.leaves));
            removes || other.is(&["dnf", "yum", "microdnf"], &["clean"])
        })
}

/// Whether pip keeps nothing, or keeps it elsewhere.
fn has_no_pip_cache(subject: &Subject<'_>, run: &RunView<'_>) -> bool {
    let names = ["PIP_NO_CACHE_DIR", "PIP_CACHE_DIR"];
    let is_set = |name: &&str| run.run.step.env.get(name).is_some() || subject.image_env(name).is_some();
    names.iter().any(is_set)
}

/// Whether a command leaves its cache in the layer of its step.
pub(super) fn is_left(subject: &Subject<'_>, run: &RunView<'_>, command: &Command) -> bool {
    let manager = MANAGERS.iter().find(|manager| manager.keeps(command));
    manager.is_some_and(|manager| !is_clean(subject, run, manager))
}
