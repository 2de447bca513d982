//! Processes that cannot be started, or are ended by somebody else.

use spec_schema::diagnostic::{Diagnostic, did_you_mean};

use super::external::is_told;
use super::look::{Found, Looker, find};
use super::program::{Program, START};
use crate::compile::Compiled;
use crate::gateway::{GatewayError, Ref};
use crate::paths;
use crate::plan::{Action, BuildPlan, MountPlan, RunPlan, StepPlan};

/// What a process ends with that nobody can start: by the daemon, a shell, the helper, the kernel.
const NOT_STARTED: [u32; 4] = [1, 126, 127, 255];

/// SIGKILL, as exit codes have it.
const KILLED: u32 = 137;

/// The step that an error is about, by its lines and its command.
fn culprit<'p>(error: &GatewayError, plan: &'p BuildPlan, compiled: &Compiled) -> Option<Found<'p>> {
    let message = error.message();
    let mut told =
        find(plan, |step| matches!(step.action, Action::Run(_)) && is_told(error, step.span, compiled));
    if told.len() > 1 {
        // Several on a line are told apart by what they run, as the daemon writes it.
        let runs = |step: &StepPlan| {
            run_of(step).is_some_and(|run| message.contains(&format!("{:?}", run.args.join(" "))))
        };
        told.retain(|found| runs(found.step));
    }
    told.into_iter().next()
}

fn run_of(step: &StepPlan) -> Option<&RunPlan> {
    match &step.action {
        Action::Run(run) => Some(run),
        Action::Files(_) | Action::Parallel(_) => None,
    }
}

/// A user or group that the files of a stage do not name.
pub(super) fn unknown_user(
    error: &GatewayError,
    plan: &BuildPlan,
    compiled: &Compiled,
) -> Option<Diagnostic> {
    let message = error.message();
    let name = |words: &str| message.split_once(words)?.1.split([':', ' ']).next().map(str::to_owned);
    let (what, file, name) = match name("unable to find user ") {
        Some(user) => ("user", "/etc/passwd", user),
        None => ("group", "/etc/group", name("unable to find group ")?),
    };
    let step = culprit(error, plan, compiled)?.step;
    let message = format!("there is no {what} `{name}`: no line of {file} in this stage is for it");
    let help = if what == "user" {
        format!(
            "`users: {name}` of the stage makes one, without a shell; a number needs no line, and `nonroot` of distroless images is 65532"
        )
    } else {
        "`users` of the stage makes users with their groups; a number needs no line".to_owned()
    };
    Some(Diagnostic::new(step.span, message).help(help))
}

/// A process that somebody has killed.
pub(super) fn killed(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<Diagnostic> {
    if error.exit_code() != Some(KILLED) {
        return None;
    }
    let step = culprit(error, plan, compiled)?.step;
    let message =
        format!("`{}` was killed (exit code {KILLED}): mostly that is for want of memory", step.display);
    Some(Diagnostic::new(step.span, message).help(
        "give the builder more memory, or let the step take less: fewer jobs at a time, a limit such as NODE_OPTIONS=--max-old-space-size=2048",
    ))
}

/// A process that could not be started, by what is there of its program; a command of a script that is not there.
pub(super) async fn not_started(
    looker: Looker<'_>,
    error: &GatewayError,
    plan: &BuildPlan,
) -> Option<Diagnostic> {
    let code = error.exit_code().filter(|code| NOT_STARTED.contains(code))?;
    let found = culprit(error, plan, looker.compiled)?;
    let run = run_of(found.step)?;
    let files = looker.before(plan, &found).await?;
    let trouble = Trouble::of(looker, plan, &found, run, &files, code).await;
    let trouble = match trouble {
        None if code == 127 => Trouble::CommandOfScript,
        trouble => trouble?,
    };
    Some(trouble.told(&found, run))
}

/// Why a program cannot be started.
enum Trouble {
    /// It is not there; the nearest one that is.
    Missing {
        program: String,
        near: Option<String>,
    },
    NotExecutable(String),
    /// What its first line names is not there.
    Interpreter {
        program: String,
        interpreter: String,
    },
    /// What loads its libraries is not there.
    Loader {
        program: String,
        loader: String,
    },
    /// It is for another architecture than its stage.
    Foreign {
        program: String,
        architecture: &'static str,
    },
    /// The builder runs nothing for the platform of the stage.
    NoEmulation,
    /// Neither a program nor a script.
    NoProgram(String),
    /// The program is there; one that its script names is not.
    CommandOfScript,
}

impl Trouble {
    async fn of(
        looker: Looker<'_>,
        plan: &BuildPlan,
        found: &Found<'_>,
        run: &RunPlan,
        files: &Ref,
        code: u32,
    ) -> Option<Self> {
        let program = run.args.first()?;
        let gateway = looker.gateway;
        let script = run.mounts.iter().find_map(|mount| match mount {
            MountPlan::File { target, content, .. } if target == program => Some(content),
            _ => None,
        });
        let (path, start) = if let Some(content) = script {
            ("the script".to_owned(), content.clone().into_bytes())
        } else {
            let Some(path) = existing(looker, run, files).await.ok()? else {
                return Some(Self::Missing {
                    near: near(looker, run, files).await,
                    program: program.clone(),
                });
            };
            let file = gateway.stat_file(files, &path).await.ok()??;
            if file.is_file() && file.mode & 0o111 == 0 {
                return Some(Self::NotExecutable(path));
            }
            let start = gateway.read_start(files, &path, START).await.ok()?;
            (path, start)
        };
        let is_there =
            async |path: &str| gateway.stat_file(files, path).await.is_ok_and(|file| file.is_some());
        match Program::of(&start) {
            Program::Script(interpreter) if !is_there(&interpreter).await => {
                Some(Self::Interpreter { program: path, interpreter })
            }
            Program::Binary { loader: Some(loader), .. } if !is_there(&loader).await => {
                Some(Self::Loader { program: path, loader })
            }
            Program::Other if code != 1 && script.is_none() => Some(Self::NoProgram(path)),
            binary @ Program::Binary { .. } if matches!(code, 126 | 255) => {
                match binary.foreign_to(&found.stage.platform) {
                    Some(architecture) => Some(Self::Foreign { program: path, architecture }),
                    None => binary.foreign_to(&plan.build_platform).map(|_| Self::NoEmulation),
                }
            }
            _ => None,
        }
    }

    fn told(self, found: &Found<'_>, run: &RunPlan) -> Diagnostic {
        let shell = &found.stage.runtime.shell;
        let platform = &found.stage.platform;
        let (message, help) = match self {
            Self::Missing { program, .. } if run.args.len() > 2 && shell.first() == Some(&program) => (
                format!("`{program}` is not in this stage, and is what runs a text"),
                Some("distroless images and `scratch` have no shell: do this in a stage that has one and copy what comes of it, or write a list, which needs none".to_owned()),
            ),
            Self::Missing { program, near } => {
                let message = if program.contains('/') {
                    format!("`{program}` is not in this stage")
                } else {
                    format!("there is no program `{program}` on the PATH of this step, which is {}", search(run))
                };
                (message, near.or_else(|| Some("install it in this stage, or copy it from another one".to_owned())))
            }
            Self::NotExecutable(program) => (
                format!("`{program}` is not executable"),
                Some("`chmod: 0755` of the step that brings it makes it so".to_owned()),
            ),
            Self::Interpreter { program, interpreter } => (
                format!("{} is to be run by `{interpreter}`, which is not in this stage", ticked(&program)),
                Some("install it, or name another one in the first line".to_owned()),
            ),
            Self::Loader { program, loader } => (
                format!("`{program}` is made for another system: `{loader}`, which loads its libraries, is not in this stage"),
                Some("build it where it is to run, such as both on Debian or both on Alpine, or link it statically".to_owned()),
            ),
            Self::Foreign { program, architecture } => (
                format!("`{program}` is a program for {architecture}, and this stage is for {platform}"),
                Some("take the one for this platform; `$TARGETARCH` in a URL or in flags of a compiler says which that is".to_owned()),
            ),
            Self::NoEmulation => (
                format!("this step runs programs for {platform}, which the builder cannot run"),
                Some(format!(
                    "give the stage `platform: $BUILDPLATFORM` and have the compiler make what is for {platform}, or install emulation: `docker run --privileged --rm tonistiigi/binfmt --install {}`",
                    platform.architecture
                )),
            ),
            Self::NoProgram(program) => (
                format!("`{program}` is no program that Linux can run, and no script that begins with `#!`"),
                None,
            ),
            Self::CommandOfScript => (
                format!("`{}` ended with exit code 127: a command that it names is not there", found.step.display),
                Some("its output above says which: install it in this stage, or see whether it is on PATH".to_owned()),
            ),
        };
        Diagnostic::new(found.step.span, message).help_opt(help)
    }
}

/// A path as messages have it; what is no path stays as it is.
fn ticked(program: &str) -> String {
    if program.starts_with('/') { format!("`{program}`") } else { program.to_owned() }
}

fn search(run: &RunPlan) -> &str {
    run.env.get("PATH").unwrap_or(crate::image_config::DEFAULT_PATH)
}

/// Where the program is; an error where nothing can be told of it.
async fn existing(looker: Looker<'_>, run: &RunPlan, files: &Ref) -> Result<Option<String>, ()> {
    let program = run.args.first().ok_or(())?;
    let candidates: Vec<String> = if program.contains('/') {
        vec![paths::absolute_file(&run.workdir, program)]
    } else {
        search(run).split(':').map(|folder| paths::absolute_file(folder, program)).collect()
    };
    for path in candidates {
        let below = |target: &str| path == target || path.starts_with(&format!("{target}/"));
        // What is mounted is not among the files of the stage.
        if run.mounts.iter().any(|mount| below(mount.target())) {
            return Err(());
        }
        if looker.gateway.stat_file(files, &path).await.map_err(drop)?.is_some_and(|file| !file.is_dir()) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// The program that was probably meant.
async fn near(looker: Looker<'_>, run: &RunPlan, files: &Ref) -> Option<String> {
    let program = run.args.first()?;
    let is_path = program.contains('/');
    let path = paths::absolute_file(&run.workdir, program);
    let folders = if is_path { vec![paths::parent(&path)] } else { search(run).split(':').collect() };
    let mut names = Vec::new();
    for folder in folders {
        for file in looker.gateway.read_dir(files, folder, "").await.unwrap_or_default() {
            names.push(if is_path { paths::absolute_file(folder, &file.path) } else { file.path });
        }
    }
    did_you_mean(if is_path { &path } else { program }, names.iter().map(String::as_str))
}
