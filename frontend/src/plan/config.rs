//! What a stage changes in the image config of its base.

use serde_json::{Value, json};
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{Inherited, ShellOrExec, Stage};

use super::stage::StagePlanner;
use super::{Runtime, health};
use crate::scope::Env;
use crate::{dockerfile, paths, signals};

/// One change of an image config.
#[derive(Debug, Clone, PartialEq)]
pub enum ConfigChange {
    /// The environment as a whole.
    Env(Env),
    /// A key of `config`.
    Set(&'static str, Value),
    /// A name in an object of `config`.
    Add(&'static str, String, Value),
    /// A key of `config` that goes.
    Remove(&'static str),
}

/// The changes, in the order of the image config's keys as Docker documents them.
pub(super) fn changes(
    planner: &StagePlanner<'_>,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Vec<ConfigChange> {
    let stage = planner.stage;
    let mut changes = resets(stage);
    let mut expand = |template: &Template| planner.expand(template, &runtime.env, faults);
    if !stage.env.is_empty() || stage.resets(Inherited::Env) {
        changes.push(ConfigChange::Env(runtime.env.clone()));
    }
    if stage.workdir.is_some() {
        changes.push(ConfigChange::Set("WorkingDir", runtime.workdir.as_str().into()));
    }
    if stage.user.is_some() {
        let user = runtime.user.as_str();
        let is_nobody = user.is_empty();
        changes.push(if is_nobody {
            ConfigChange::Remove("User")
        } else {
            ConfigChange::Set("User", user.into())
        });
    }
    if !stage.shell.is_empty() {
        changes.push(ConfigChange::Set("Shell", list(runtime.shell.clone())));
    }
    for (name, entry) in stage.labels.iter() {
        changes.push(ConfigChange::Add("Labels", name.to_owned(), expand(&entry.value).into()));
    }
    for volume in stage.volumes.iter() {
        let path = paths::absolute_file(&runtime.workdir, &expand(volume));
        changes.push(ConfigChange::Add("Volumes", path, json!({})));
    }
    if let Some(written) = &stage.stop_signal {
        changes.push(ConfigChange::Set("StopSignal", expand(written).into()));
    }
    if let Some(entrypoint) = &stage.entrypoint {
        changes.push(command("Entrypoint", entrypoint, runtime, &mut expand));
        // An inherited cmd would become arguments of a program that it was not written for.
        if stage.cmd.is_none() {
            changes.push(ConfigChange::Remove("Cmd"));
        }
    }
    if let Some(cmd) = &stage.cmd {
        changes.push(command("Cmd", cmd, runtime, &mut expand));
        // As the Dockerfile frontend marks every CMD: the arguments are those of a Linux process.
        changes.push(ConfigChange::Set("ArgsEscaped", true.into()));
    }
    if let Some(healthcheck) = &stage.healthcheck {
        changes.push(ConfigChange::Set("Healthcheck", health::config(planner, healthcheck, runtime, faults)));
    }
    if !stage.onbuild.is_empty() {
        let texts = stage.onbuild.iter().map(|text| dockerfile::joined(text)).collect();
        changes.push(ConfigChange::Set("OnBuild", list(texts)));
    }
    check_signal(&changes, stage, faults);
    changes.extend(exposed(planner, runtime, faults));
    changes
}

/// A signal that nobody knows would be found when a container of the image is stopped.
fn check_signal(changes: &[ConfigChange], stage: &Stage, faults: &mut Faults) {
    let Some(written) = &stage.stop_signal else { return };
    for change in changes {
        if let ConfigChange::Set("StopSignal", Value::String(signal)) = change
            && signals::number(signal).is_none()
            // A variable that is not defined is told already.
            && (!signal.is_empty() || written.is_literal())
        {
            faults.push(
                Diagnostic::new(written.span, format!("`{signal}` is not a signal")).help(signals::HELP),
            );
        }
    }
}

/// What the stage drops of its base's config. The environment is set as a whole.
fn resets(stage: &Stage) -> Vec<ConfigChange> {
    let parts: [(Inherited, &[&str]); 6] = [
        (Inherited::Expose, &["ExposedPorts"]),
        (Inherited::Volumes, &["Volumes"]),
        (Inherited::Labels, &["Labels"]),
        (Inherited::Entrypoint, &["Entrypoint"]),
        (Inherited::Cmd, &["Cmd", "ArgsEscaped"]),
        (Inherited::Healthcheck, &["Healthcheck"]),
    ];
    let dropped = parts.into_iter().filter(|(part, _)| stage.resets(*part));
    dropped.flat_map(|(_, keys)| keys.iter().map(|key| ConfigChange::Remove(key))).collect()
}

fn exposed(planner: &StagePlanner<'_>, runtime: &Runtime, faults: &mut Faults) -> Vec<ConfigChange> {
    let mut changes = Vec::new();
    for written in planner.stage.expose.iter() {
        let known = faults.len();
        let text = planner.expand(written, &runtime.env, faults);
        let failed = faults.len() > known;
        // A variable may stand for several ports, or for none.
        let words =
            if written.is_literal() { vec![text.as_str()] } else { text.split_whitespace().collect() };
        for word in words {
            match ports(word) {
                Ok(ports) => changes
                    .extend(ports.into_iter().map(|port| ConfigChange::Add("ExposedPorts", port, json!({})))),
                Err(_) if failed => {}
                Err(why) => faults.push(Diagnostic::new(written.span, why).help(PORTS)),
            }
        }
    }
    changes
}

/// What a port may be.
pub(crate) const PORTS: &str = "write a port from 1 to 65535 such as `8080`, `53/udp` or `8000-8010`";

/// The ports of `8080`, `53/udp`, `8000-8010/tcp`, each as `port/protocol`.
pub(crate) fn ports(text: &str) -> Result<Vec<String>, String> {
    read_ports(text).ok_or_else(|| format!("`{text}` is not a port"))
}

fn read_ports(text: &str) -> Option<Vec<String>> {
    let (range, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return None;
    }
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
    (first >= 1 && first <= last).then(|| (first..=last).map(|port| format!("{port}/{protocol}")).collect())
}

/// The list of an entrypoint or cmd; a text becomes an argument of the shell, an empty list drops what is inherited.
fn command(
    key: &'static str,
    command: &ShellOrExec,
    runtime: &Runtime,
    expand: &mut impl FnMut(&Template) -> String,
) -> ConfigChange {
    match command {
        ShellOrExec::Shell(text) => {
            let arguments = runtime.shell.iter().cloned().chain([text.value.clone()]);
            ConfigChange::Set(key, list(arguments.collect()))
        }
        ShellOrExec::Exec(arguments, _) if arguments.is_empty() => ConfigChange::Remove(key),
        ShellOrExec::Exec(arguments, _) => {
            ConfigChange::Set(key, list(arguments.iter().map(expand).collect()))
        }
    }
}

/// JSON of a list of texts.
pub(super) fn list(texts: Vec<String>) -> Value {
    Value::from(texts)
}
