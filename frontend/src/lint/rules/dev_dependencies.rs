//! `DevDependencies`.

use crate::lint::command::Command;
use crate::lint::run::RunView;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "DevDependencies",
    description: "What only development needs is not in the image that runs",
    costs: "test and build tools are pulled with each deployment, and scanned for their own vulnerabilities",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    if !subject.runs_program() {
        return;
    }
    let runs: Vec<&RunView<'_>> = subject.image_runs().collect();
    let prunes = |command: &Command| command.is(&["npm", "pnpm", "yarn"], &["prune"]);
    if runs.iter().flat_map(|run| &run.commands).any(prunes)
        || subject.image_env("NODE_ENV") == Some("production")
    {
        return;
    }
    for run in runs {
        for command in &run.commands {
            let Some(option) = missing(command).filter(|_| !is_production(run, command)) else { continue };
            let detail = format!("`{}` installs what only development needs, too", command.line());
            let line = format!("RUN {} {option}", command.line());
            let help =
                Help::spec("write `production: true` at the step `install`; build in a stage of its own")
                    .dockerfile("leave it out; what a build needs of it belongs into a stage of its own")
                    .better([line]);
            found.add(run.place(subject, command), detail, help);
        }
    }
}

/// The option by which an install would leave them out.
fn missing(command: &Command) -> Option<&'static str> {
    let has = |options: &[&str]| options.iter().any(|option| command.has(option));
    let installs_all = command.operands().nth(1).is_none();
    if command.is(&["npm"], &["ci", "install", "i"]) {
        let is_global = has(&["-g", "--global"]);
        let leaves_out = has(&["--omit", "--production", "--only", "--prod"]);
        return (installs_all && !is_global && !leaves_out).then_some("--omit=dev");
    }
    if command.is(&["pnpm"], &["install", "i"]) {
        return (installs_all && !has(&["--prod", "-P", "--production"])).then_some("--prod");
    }
    if command.is(&["poetry"], &["install"]) {
        return (!has(&["--only", "--without", "--no-dev"])).then_some("--only main");
    }
    if command.is(&["uv"], &["sync"]) {
        return (!has(&["--no-dev", "--only-group", "--no-default-groups"])).then_some("--no-dev");
    }
    if command.is(&["composer"], &["install"]) {
        return (!has(&["--no-dev"])).then_some("--no-dev");
    }
    None
}

fn is_production(run: &RunView<'_>, command: &Command) -> bool {
    let names = ["NODE_ENV", "NPM_CONFIG_OMIT", "npm_config_omit", "UV_NO_DEV", "COMPOSER_NO_DEV"];
    run.run.step.env.iter().any(|(name, _)| names.contains(&name))
        || command.text.contains("NODE_ENV=production")
}
