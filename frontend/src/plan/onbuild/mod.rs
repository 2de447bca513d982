//! Triggers: the instructions that a base carries along (`ONBUILD`) are run right behind `from`.

mod files;
mod flags;
mod process;

use serde_json::{Map, Value, json};
use spec_schema::decode::Duration;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use super::config::list;
use super::names::one_line;
use super::stage::StagePlanner;
use super::{Action, ConfigChange, FileChange, Owner, Runtime, StepPlan, config};
use crate::dockerfile::words::{self, Quotes};
use crate::dockerfile::{Check, Command, Instruction};
use crate::paths;
use crate::scope::{Env, Lookup};
use crate::signals;

/// What the triggers of a stage's base come to.
#[derive(Default)]
pub(super) struct Triggered {
    pub(super) steps: Vec<StepPlan>,
    pub(super) config: Vec<ConfigChange>,
}

/// Plans the triggers, and leaves in `runtime` what the stage itself begins with.
pub(super) fn triggers(
    planner: &mut StagePlanner<'_>,
    runtime: &mut Runtime,
    faults: &mut Faults,
) -> Triggered {
    let selected = planner.selected;
    let span = selected.from_span;
    let mut run = Triggers { args: Env::default(), has_cmd: false, span, done: Triggered::default() };
    for trigger in &selected.triggers {
        let mut own = Faults::new();
        match run.apply(planner, &trigger.instruction, runtime, &mut own) {
            Ok(None) => {}
            Ok(Some(action)) => {
                planner.nothing_there = false;
                let display = format!("ONBUILD {}", one_line(&trigger.text));
                run.done.steps.push(StepPlan::new(display, span, action));
            }
            Err(why) => own.push(Diagnostic::new(span, why)),
        }
        for fault in own.into_sorted() {
            faults.push(trigger.fault(span, &fault.message));
        }
    }
    run.done
}

/// The triggers that were read so far.
struct Triggers {
    /// What they declare by `ARG`.
    args: Env,
    /// Whether one of them said `CMD`.
    has_cmd: bool,
    span: Span,
    done: Triggered,
}

impl Triggers {
    /// Does what an instruction says; a step that it makes is the answer.
    fn apply(
        &mut self,
        planner: &StagePlanner<'_>,
        instruction: &Instruction,
        runtime: &mut Runtime,
        faults: &mut Faults,
    ) -> Result<Option<Action>, String> {
        match instruction {
            Instruction::Run(run) => return self.process(planner, run, runtime, faults).map(Some),
            Instruction::Copy(copy) => return self.copy(planner, copy, runtime, faults).map(Some),
            Instruction::Add(add) => return self.add(planner, add, runtime, faults).map(Some),
            Instruction::Workdir(path) => return self.workdir(planner, path, runtime),
            Instruction::Env(pairs) => self.env(pairs, runtime)?,
            Instruction::Arg(args) => self.declare(planner, args, runtime)?,
            Instruction::User(user) => {
                runtime.user = self.text(user, runtime)?;
                self.set("User", runtime.user.as_str().into());
            }
            Instruction::Shell(shell) => {
                runtime.shell.clone_from(shell);
                self.set("Shell", list(shell.clone()));
            }
            other => self.configure(other, runtime)?,
        }
        Ok(None)
    }

    /// Instructions that only change the image config.
    fn configure(&mut self, instruction: &Instruction, runtime: &Runtime) -> Result<(), String> {
        match instruction {
            Instruction::Label(pairs) => {
                for (name, value) in pairs {
                    let (name, value) = (self.text(name, runtime)?, self.text(value, runtime)?);
                    self.add_to("Labels", name, value.into());
                }
            }
            Instruction::Expose(ports) => {
                for text in self.texts(ports, runtime)? {
                    let ports = config::ports(&text)?;
                    for port in ports {
                        self.add_to("ExposedPorts", port, json!({}));
                    }
                }
            }
            Instruction::Volume(paths) => {
                for path in self.texts(paths, runtime)? {
                    self.add_to("Volumes", path, json!({}));
                }
            }
            Instruction::StopSignal(signal) => {
                let signal = self.text(signal, runtime)?;
                signals::number(&signal).ok_or_else(|| format!("`{signal}` is not a signal"))?;
                self.set("StopSignal", signal.into());
            }
            Instruction::Cmd(command) => {
                self.has_cmd = true;
                self.set("Cmd", list(arguments(command, runtime)));
                self.set("ArgsEscaped", true.into());
            }
            Instruction::Entrypoint(command) => {
                self.set("Entrypoint", list(arguments(command, runtime)));
                if !self.has_cmd {
                    self.done.config.push(ConfigChange::Remove("Cmd"));
                }
            }
            Instruction::Healthcheck(check) => {
                let check = check.as_ref().map_or_else(|| Ok(json!({ "Test": ["NONE"] })), health)?;
                self.set("Healthcheck", check);
            }
            _ => {}
        }
        Ok(())
    }

    fn set(&mut self, key: &'static str, value: Value) {
        self.done.config.push(ConfigChange::Set(key, value));
    }

    fn add_to(&mut self, key: &'static str, name: String, value: Value) {
        self.done.config.push(ConfigChange::Add(key, name, value));
    }

    fn env(&mut self, pairs: &[(String, String)], runtime: &mut Runtime) -> Result<(), String> {
        // Each value sees what was there before the instruction.
        let mut values = Vec::with_capacity(pairs.len());
        for (name, value) in pairs {
            values.push((self.text(name, runtime)?, self.text(value, runtime)?));
        }
        runtime.env.extend(values);
        self.done.config.push(ConfigChange::Env(runtime.env.clone()));
        Ok(())
    }

    /// `ARG`: the client's value, else the default, else what the spec has under that name.
    fn declare(
        &mut self,
        planner: &StagePlanner<'_>,
        args: &[(String, Option<String>)],
        runtime: &Runtime,
    ) -> Result<(), String> {
        for (name, default) in args {
            let given = planner.selection.build_args.get(name).cloned();
            let value = match (given, default) {
                (Some(given), _) => Some(given),
                (None, Some(default)) => Some(self.text(default, runtime)?),
                (None, None) => match planner.selection.globals.get(name) {
                    Lookup::Value(value) => Some(value.to_owned()),
                    Lookup::Unset | Lookup::Unknown => None,
                },
            };
            self.args.extend(value.map(|value| (name.clone(), value)));
        }
        Ok(())
    }

    fn workdir(
        &mut self,
        planner: &StagePlanner<'_>,
        path: &str,
        runtime: &mut Runtime,
    ) -> Result<Option<Action>, String> {
        runtime.workdir = paths::absolute_file(&runtime.workdir, &self.text(path, runtime)?);
        self.set("WorkingDir", runtime.workdir.as_str().into());
        if runtime.workdir == "/" {
            return Ok(None);
        }
        let owner = Owner::parse(&runtime.user).filter(|owner| !(owner.is_named() && planner.nothing_there));
        let directory = FileChange::Mkdir { path: runtime.workdir.clone(), mode: 0o755, owner };
        Ok(Some(Action::Files(vec![directory])))
    }

    /// A word with its variables replaced and its quotes off.
    fn text(&self, word: &str, runtime: &Runtime) -> Result<String, String> {
        self.expand(word, Quotes::Removed, runtime)
    }

    fn texts(&self, words: &[String], runtime: &Runtime) -> Result<Vec<String>, String> {
        words.iter().map(|word| self.text(word, runtime)).collect()
    }

    fn expand(&self, text: &str, quotes: Quotes, runtime: &Runtime) -> Result<String, String> {
        let value = |name: &str| runtime.env.get(name).or_else(|| self.args.get(name)).map(str::to_owned);
        words::expand(text, quotes, &value)
    }
}

fn arguments(command: &Command, runtime: &Runtime) -> Vec<String> {
    match command {
        Command::Exec(arguments) => arguments.clone(),
        Command::Shell(text) => runtime.shell.iter().chain([text]).cloned().collect(),
    }
}

fn health(check: &Check) -> Result<Value, String> {
    let test = match &check.command {
        Command::Shell(text) => vec!["CMD-SHELL".to_owned(), text.clone()],
        Command::Exec(arguments) => {
            std::iter::once("CMD".to_owned()).chain(arguments.iter().cloned()).collect()
        }
    };
    let mut settings = Map::new();
    settings.insert("Test".to_owned(), list(test));
    for flag in &check.flags {
        let value = flag.value.as_deref().unwrap_or_default();
        let time =
            || Duration::parse(value).map(|time| time.0).ok_or_else(|| format!("`{value}` is not a time"));
        let (key, value) = match flag.name.as_str() {
            "interval" => ("Interval", time()?),
            "timeout" => ("Timeout", time()?),
            "start-period" => ("StartPeriod", time()?),
            "start-interval" => ("StartInterval", time()?),
            "retries" => ("Retries", value.parse().map_err(|_| format!("`{value}` is not a number"))?),
            other => return Err(flags::unknown_flag(other)),
        };
        if value > 0 {
            settings.insert(key.to_owned(), value.into());
        }
    }
    Ok(Value::Object(settings))
}
