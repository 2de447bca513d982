//! `RecommendedPackages`.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "RecommendedPackages",
    description: "What is installed is what was asked for, and not what goes well with it",
    costs: "packages that nobody asked for are in the image, each with updates and vulnerabilities of its own",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let runs: Vec<_> = subject.image_runs().collect();
    // Who has set it for all has set it.
    let is_set = |text: &str| text.contains("Install-Recommends");
    if runs.iter().flat_map(|run| &run.commands).any(|command| is_set(&command.text)) {
        return;
    }
    for run in runs {
        for command in &run.commands {
            if command.is(&["apt-get", "apt"], &["install"]) && !command.has("--no-install-recommends") {
                let detail = format!("`{} install` brings recommended packages along", command.program());
                let packages: Vec<&str> = command.operands().skip(1).collect();
                let line = command.line().replacen("install", "install --no-install-recommends", 1);
                let help = Help::spec(format!(
                    "write `- apt: [{}]`, or add `--no-install-recommends`",
                    packages.join(", ")
                ))
                .dockerfile("say that they are not wanted")
                .better([line]);
                found.add(run.place(subject, command), detail, help);
                break;
            }
        }
    }
}
