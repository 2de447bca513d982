//! Processes to run.

use std::collections::BTreeSet;

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{Command, Network, RunStep};

use super::names::one_line;
use super::process::process;
use super::stage::StagePlanner;
use super::{Action, Limits, MountPlan, ProcessPlan, Runtime, helper, mounts};
use crate::expand::CoreRun;
use crate::paths;
use crate::scope::{Env, Lookup, words};

/// A process to run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunPlan {
    /// Program and arguments.
    pub args: Vec<String>,
    /// Environment.
    pub env: Env,
    /// Working directory, absolute.
    pub workdir: String,
    /// User and group; empty for root.
    pub user: String,
    /// What is mounted besides the root.
    pub mounts: Vec<MountPlan>,
    /// Secrets in environment variables.
    pub secret_env: Vec<SecretEnv>,
    /// Network; `None` for what the client chose.
    pub network: Option<Network>,
    /// Hosts, limits, devices, privileges.
    pub process: ProcessPlan,
    /// How long it may take, and how often it is tried, where the step says.
    pub limits: Option<Limits>,
    /// What is probably wrong where it fails.
    pub doubt: Option<Diagnostic>,
}

/// A secret in an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEnv {
    /// The variable.
    pub name: String,
    /// The secret.
    pub id: String,
    /// True where the step runs without it.
    pub optional: bool,
}

/// Where a script with a `#!` line is mounted.
const SCRIPT_PATH: &str = "/dev/optfrontend/script";

/// The variable that names the socket of an agent.
const AGENT: &str = "SSH_AUTH_SOCK";

/// The variable by which a step is another one when its time has come.
const REFRESH: &str = "OPTFRONTEND_REFRESH";

/// Plans a `run` step; also says what is shown for it.
pub(super) fn run(
    planner: &StagePlanner<'_>,
    run: &CoreRun,
    runtime: &Runtime,
    faults: &mut Faults,
) -> (Action, String) {
    let step = &run.step;
    let (own_env, scope_env) = step_env(planner, step, &runtime.env, faults);
    let scope_env = &scope_env;
    let shell = if step.shell.is_empty() {
        runtime.shell.clone()
    } else {
        planner.expand_all(&step.shell, scope_env, faults)
    };
    let (args, script, display) = match &step.run {
        Command::Script(text) => {
            let (args, script) = script_args(text, shell);
            (args, script, one_line(text))
        }
        Command::Exec(arguments, _) => {
            let args = planner.expand_all(arguments, scope_env, faults);
            let display = one_line(&args.join(" "));
            (args, None, display)
        }
    };
    let workdir = match &step.workdir {
        Some(workdir) => paths::absolute_file(&runtime.workdir, &planner.expand(workdir, scope_env, faults)),
        None => runtime.workdir.clone(),
    };
    let user = match &step.run_as {
        Some(run_as) => planner.expand(run_as, scope_env, faults),
        None => planner.base.user.clone(),
    };
    let mut mounts = mounts::Mounts::default();
    mounts.add_all(planner, run, scope_env, &workdir, faults);
    mounts.list.extend(script);
    let process = process(planner, step, scope_env, &mounts.list, faults);
    let mut env = environment(planner, &step.run, &runtime.env, own_env);
    let socket = mounts.agent.filter(|_| !env.contains(AGENT)).map(|socket| (AGENT.to_owned(), socket));
    env.extend(socket.into_iter().chain(refresh(planner, step, faults)));
    let plan = RunPlan {
        args,
        env,
        workdir,
        user,
        mounts: mounts.list,
        secret_env: mounts.secret_env,
        network: step.network,
        process,
        limits: helper::limits(planner, step, faults),
        doubt: run.doubt.clone(),
    };
    (Action::Run(Box::new(plan)), format!("run {display}"))
}

/// What changes with time, where the step asks for it: the start of a span, as a variable of the process.
fn refresh(planner: &StagePlanner<'_>, step: &RunStep, faults: &mut Faults) -> Option<(String, String)> {
    let refresh = step.refresh.as_ref()?;
    let seconds = u32::try_from(refresh.0 / 1_000_000_000).unwrap_or(u32::MAX);
    if seconds == 0 {
        let fault =
            Diagnostic::new(refresh.span, "a cached step is refreshed after a second at the earliest");
        faults.push(fault.help("`no_cache: true` lets the step run each time"));
        return None;
    }
    Some((REFRESH.to_owned(), planner.selection.now.start_of_span(seconds).rfc3339()))
}

/// The step's own variables, of which each sees those above it, and all that its texts see.
fn step_env(
    planner: &StagePlanner<'_>,
    step: &RunStep,
    stage: &Env,
    faults: &mut Faults,
) -> (Vec<(String, String)>, Env) {
    let (mut own, mut seen) = (Vec::new(), stage.clone());
    for (name, entry) in step.env.iter() {
        let value = planner.expand(&entry.value, &seen, faults);
        own.push((name.to_owned(), value.clone()));
        seen.insert(name.to_owned(), value);
    }
    (own, seen)
}

/// The environment of the process: the stage's, the args that the script names, the step's own.
fn environment(
    planner: &StagePlanner<'_>,
    command: &Command,
    stage: &Env,
    own: Vec<(String, String)>,
) -> Env {
    let globals = &planner.selection.globals;
    let is_arg = |word: &&str| globals.get(word) != Lookup::Unknown && !stage.contains(word);
    let named: BTreeSet<&str> = match command {
        Command::Script(script) => words(script).filter(is_arg).collect(),
        Command::Exec(..) => BTreeSet::new(),
    };
    let args = globals.iter().filter(|(name, _)| named.contains(name));
    let args = args.filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let mut env = stage.clone();
    env.extend(args.chain(own));
    env
}

/// Program and arguments for a script, and the file to mount where the script names its own interpreter.
pub(super) fn script_args(text: &Text, shell: Vec<String>) -> (Vec<String>, Option<MountPlan>) {
    if text.starts_with("#!") {
        let target = SCRIPT_PATH.to_owned();
        let script = MountPlan::File { target: target.clone(), content: text.value.clone(), mode: 0o755 };
        return (vec![target], Some(script));
    }
    let script = text.trim_end_matches('\n');
    if !script.contains('\n') || !is_posix_shell(&shell) {
        return (shell.into_iter().chain([script.to_owned()]).collect(), None);
    }
    match shell.split_last() {
        // As an option it leaves the script, and the numbers of its lines, as they are.
        Some((last, options)) if last == "-c" => {
            let stop = if options.iter().any(|option| stops_at_failures(option)) { None } else { Some("-e") };
            let args = options.iter().map(String::as_str).chain(stop).chain(["-c", script]);
            (args.map(str::to_owned).collect(), None)
        }
        _ => (shell.into_iter().chain([format!("set -e\n{script}")]).collect(), None),
    }
}

/// True for options of a shell such as `-e` and `-eo`.
fn stops_at_failures(option: &str) -> bool {
    option.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('e'))
}

/// True for shells that know `set -e`.
fn is_posix_shell(shell: &[String]) -> bool {
    let program = shell.first().map_or("", |program| program.rsplit('/').next().unwrap_or_default());
    matches!(program, "sh" | "bash" | "dash" | "ash" | "zsh" | "ksh" | "busybox")
}
