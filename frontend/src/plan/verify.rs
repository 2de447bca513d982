//! What must hold of the image: the checks of the stage that is built, with every text concrete.

use std::time::Duration;

use spec_schema::decode::Map;
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::{
    Attestation, Command, Network, Verify, VerifyRun, VerifyServe, VerifyServeSettings, VerifyText,
};

use super::growth::{GrowthCheck, growth};
use super::names::one_line;
use super::run::script_args;
use super::stage::StagePlanner;
use super::{MountPlan, Runtime, health, helper};
use crate::resolved::Resolved;
use crate::scope::Env;

/// The checks of an image.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VerifyPlan {
    /// Where the spec asks for them.
    pub span: Span,
    /// The most bytes that the files may have together.
    pub max_size: Option<Spanned<u64>>,
    /// How much more they may have than those of the image that was published before.
    pub max_growth: Option<GrowthCheck>,
    /// Who must be the image's user.
    pub user: Option<Spanned<String>>,
    /// Who is, where that is to be compared when the files of the image are there.
    pub image_user: String,
    /// What must, or must not be in the image.
    pub paths: Vec<PathCheck>,
    /// The program that looks for that, by its path in the frontend's image.
    pub looker: &'static str,
    /// The directories in which the image's commands are.
    pub search: String,
    /// Commands that are run.
    pub runs: Vec<RunCheck>,
    /// The server that is started.
    pub serve: Option<ServeCheck>,
    /// What the client must ask for beside the image.
    pub attestations: Vec<Spanned<Attestation>>,
}

/// Something that must, or must not be in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathCheck {
    /// As it is written.
    pub wanted: Wanted,
    /// Where it stands.
    pub span: Span,
    /// Whether it must not be there.
    pub forbidden: bool,
}

/// What is looked for in an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// An absolute path.
    Path(String),
    /// A pattern of absolute paths.
    Glob(String),
    /// A command by its name.
    Command(String),
}

/// A process in the image, and what looks after it.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageProcess {
    /// Where the spec asks for it.
    pub span: Span,
    /// What is shown for it.
    pub display: String,
    /// Program and arguments.
    pub args: Vec<String>,
    /// Environment.
    pub env: Env,
    /// Working directory, absolute.
    pub workdir: String,
    /// User and group; empty for root.
    pub user: String,
    /// Network.
    pub network: Network,
    /// A script that names its own interpreter.
    pub script: Option<MountPlan>,
    /// The program that looks after it, by its path in the frontend's image.
    pub helper: &'static str,
    /// The time that it has, in milliseconds, and where the spec says so.
    pub time: Spanned<u64>,
}

/// A command that is run.
#[derive(Debug, Clone, PartialEq)]
pub struct RunCheck {
    /// The command.
    pub process: ImageProcess,
    /// The exit code that it must have.
    pub exit_code: Spanned<u32>,
    /// What it must write, each with `stdout` or `stderr`.
    pub texts: Vec<(&'static str, TextCheck)>,
}

/// What a text must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextCheck {
    /// How.
    pub kind: TextKind,
    /// What is compared with it.
    pub wanted: Spanned<String>,
}

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// It is in there.
    Contains,
    /// It is all of it.
    Equals,
    /// It is a regular expression that matches a part.
    Matches,
}

/// A server that is started.
#[derive(Debug, Clone, PartialEq)]
pub struct ServeCheck {
    /// The image's own command, which is known when its config is.
    pub process: ImageProcess,
    /// What is asked: `http` or `tcp`, an address, and what goes with it.
    pub probe: Vec<String>,
    /// The address as messages name it.
    pub address: Spanned<String>,
    /// The number of the signal that stops it.
    pub stop_signal: i32,
}

impl VerifyPlan {
    /// What runs in the image.
    pub fn processes_mut(&mut self) -> impl Iterator<Item = &mut ImageProcess> {
        let serve = self.serve.iter_mut().map(|serve| &mut serve.process);
        self.runs.iter_mut().map(|run| &mut run.process).chain(serve)
    }
}

/// The time that a command has where the spec says nothing, and a server to come up.
const TIMEOUT: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(30);

/// Plans the checks of a stage; `runtime` is that of its image.
pub(super) fn verify(
    planner: &StagePlanner<'_>,
    verify: &Verify,
    runtime: &Runtime,
    resolved: &Resolved,
    faults: &mut Faults,
) -> VerifyPlan {
    let mut reader = Reader { planner, runtime, faults };
    let user = verify.user.as_ref().map(|user| reader.text(user, &runtime.env));
    let mut paths = reader.paths(&verify.forbid, true);
    paths.extend(reader.paths(&verify.require, false));
    let measures = verify.max_size.is_some() || verify.max_growth.is_some();
    let looks = measures || !paths.is_empty();
    let build = planner.build_platform;
    let looker = looks.then(|| helper::path_for(planner, build, "`verify`", verify.span, reader.faults));
    let runs_any = !verify.run.is_empty() || verify.serve.is_some();
    let own = &planner.selected.platform;
    let helper = runs_any.then(|| helper::path_for(planner, own, "`verify`", verify.span, reader.faults));
    let helper = helper.flatten().unwrap_or_default();
    let attestations =
        verify.attestations.iter().flat_map(|all| all.values.iter().map(|it| Spanned::new(*it, all.span)));
    VerifyPlan {
        span: verify.span,
        max_size: verify.max_size.as_ref().map(|size| Spanned::new(size.value.0, size.span)),
        max_growth: verify.max_growth.as_ref().map(|it| growth(it, planner.selection, resolved)),
        user,
        image_user: String::new(),
        paths,
        looker: looker.flatten().unwrap_or_default(),
        search: runtime.env.get("PATH").unwrap_or_default().to_owned(),
        runs: verify.run.iter().map(|run| reader.run(run, helper)).collect(),
        serve: verify.serve.as_ref().map(|serve| reader.serve(serve, helper)),
        attestations: attestations.collect(),
    }
}

struct Reader<'a, 'f> {
    planner: &'a StagePlanner<'a>,
    runtime: &'a Runtime,
    faults: &'f mut Faults,
}

impl Reader<'_, '_> {
    fn text(&mut self, written: &Template, env: &Env) -> Spanned<String> {
        Spanned::new(self.planner.expand(written, env, self.faults), written.span)
    }

    fn paths(&mut self, written: &[Template], forbidden: bool) -> Vec<PathCheck> {
        let mut checks = Vec::with_capacity(written.len());
        for written in written {
            let known = self.faults.len();
            let text = self.text(written, &self.runtime.env);
            match wanted(&text) {
                Ok(wanted) => checks.push(PathCheck { wanted, span: text.span, forbidden }),
                Err((why, help)) => {
                    if self.faults.len() == known {
                        self.faults.push(Diagnostic::new(text.span, why).help(help));
                    }
                }
            }
        }
        checks
    }

    fn run(&mut self, run: &VerifyRun, helper: &'static str) -> RunCheck {
        let env = self.env(&run.env);
        let (args, script, display) = match &run.command {
            Command::Script(text) => {
                let (args, script) = script_args(text, self.runtime.shell.clone());
                (args, script, one_line(text))
            }
            Command::Exec(arguments, _) => {
                let args = self.planner.expand_all(arguments, &env, self.faults);
                let display = one_line(&args.join(" "));
                (args, None, display)
            }
        };
        let user = run.run_as.as_ref().map(|run_as| self.text(run_as, &env).value);
        let time = self.time(run.timeout.as_ref(), run.span, TIMEOUT);
        let process = ImageProcess {
            span: run.span,
            display,
            args,
            env,
            workdir: self.runtime.workdir.clone(),
            user: user.unwrap_or_else(|| self.runtime.user.clone()),
            network: run.network.unwrap_or(Network::None),
            script,
            helper,
            time,
        };
        let outputs = [("stdout", &run.stdout), ("stderr", &run.stderr)];
        let texts = outputs.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
        let texts = texts.flat_map(|(name, text)| self.output(text).into_iter().map(move |it| (name, it)));
        let texts = texts.collect();
        RunCheck { process, exit_code: self.exit_code(run), texts }
    }

    fn exit_code(&mut self, run: &VerifyRun) -> Spanned<u32> {
        let Some(code) = &run.exit_code else { return Spanned::new(0, run.span) };
        if code.value > 255 {
            let message = format!("`{}` is not an exit code", code.value);
            self.faults.push(Diagnostic::new(code.span, message).help("exit codes are 0 to 255"));
        }
        code.clone()
    }

    fn output(&mut self, text: &VerifyText) -> Vec<TextCheck> {
        let VerifyText { contains, equals, matches, span } = text;
        let mut checks = Vec::new();
        let mut add = |kind, wanted| checks.push(TextCheck { kind, wanted });
        for part in contains.iter().flat_map(|contains| &contains.values) {
            add(TextKind::Contains, self.text(part, &self.runtime.env));
        }
        if let Some(all) = equals {
            add(TextKind::Equals, self.text(all, &self.runtime.env));
        }
        if let Some(pattern) = matches {
            if let Err(error) = regex_lite::Regex::new(pattern) {
                let message = format!("`{}` is not a regular expression: {error}", pattern.value);
                self.faults.push(Diagnostic::new(pattern.span, message));
            }
            add(TextKind::Matches, pattern.clone());
        }
        if checks.is_empty() {
            let fault = Diagnostic::new(*span, "this says nothing of the output");
            self.faults.push(fault.help("write `contains`, `equals` or `matches`"));
        }
        checks
    }

    fn serve(&mut self, serve: &VerifyServe, helper: &'static str) -> ServeCheck {
        let VerifyServeSettings { http, status, tcp, within, env, network, span } = &*serve.settings;
        let env = self.env(env);
        let (probe, address) = match (http, tcp) {
            (Some(http), _) => {
                let url = health::url_of(self.planner, http, &env, self.faults);
                let status = status.as_ref().map(|status| status.value.to_string());
                let status = status.into_iter().flat_map(|status| ["--status".to_owned(), status]);
                let probe = ["http".to_owned(), url.clone()].into_iter().chain(status).collect();
                (probe, Spanned::new(url, http.span))
            }
            (None, Some(tcp)) => {
                let address = health::address_of(self.planner, tcp, &env, self.faults);
                (vec!["tcp".to_owned(), address.clone()], Spanned::new(address, tcp.span))
            }
            // A fault has been recorded.
            (None, None) => (Vec::new(), Spanned::new(String::new(), *span)),
        };
        let process = ImageProcess {
            span: *span,
            display: format!("serve {}", address.value),
            args: Vec::new(),
            env,
            workdir: self.runtime.workdir.clone(),
            user: self.runtime.user.clone(),
            network: network.unwrap_or(Network::None),
            script: None,
            helper,
            time: self.time(within.as_ref(), address.span, WITHIN),
        };
        ServeCheck { process, probe, address, stop_signal: 0 }
    }

    /// The image's variables, and those of a check; each sees those above it.
    fn env(&mut self, own: &Map<Template>) -> Env {
        let mut env = self.runtime.env.clone();
        for (name, entry) in own.iter() {
            let value = self.planner.expand(&entry.value, &env, self.faults);
            env.insert(name.to_owned(), value);
        }
        env
    }

    fn time(
        &mut self,
        written: Option<&Spanned<spec_schema::decode::Duration>>,
        otherwise: Span,
        default: Duration,
    ) -> Spanned<u64> {
        let Some(time) = written else {
            return Spanned::new(u64::try_from(default.as_millis()).unwrap_or(u64::MAX), otherwise);
        };
        if time.0 == 0 {
            self.faults.push(Diagnostic::new(time.span, "nothing is done in no time"));
        }
        Spanned::new(time.0.div_ceil(1_000_000), time.span)
    }
}

/// What may stand in `forbid` and `require`.
const FORMS: &str = "write an absolute path, a pattern such as `**/*.pem`, or the name of a command";

/// What is wrong with a text, and what to do.
type Wrong = (String, String);

/// What a text of `forbid` or `require` means.
fn wanted(text: &str) -> Result<Wanted, Wrong> {
    let is_pattern = text.contains(['*', '?', '[', '{']);
    if is_pattern {
        if !text.starts_with('/') && !text.starts_with("**/") {
            let help = format!("write `**/{text}` for any directory, or `/{text}` for the root");
            return Err((format!("`{text}` does not say where it begins"), help));
        }
        for (open, close) in [('[', ']'), ('{', '}')] {
            if text.matches(open).count() != text.matches(close).count() {
                let help = format!("`\\{open}` is the character itself");
                return Err((
                    format!("`{text}` has a `{open}` without its `{close}`, or the other way round"),
                    help,
                ));
            }
        }
        return Ok(Wanted::Glob(text.to_owned()));
    }
    match text {
        "" => Err(("this is empty, where something is to be named".to_owned(), FORMS.to_owned())),
        "/" | "." | ".." => Err((format!("`{text}` is in every image"), FORMS.to_owned())),
        _ if text.starts_with('/') => Ok(Wanted::Path(text.to_owned())),
        _ if text.contains('/') => {
            Err((format!("`{text}` is not an absolute path"), format!("write `/{text}`")))
        }
        _ => Ok(Wanted::Command(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_paths_patterns_or_commands() {
        for (text, meant) in [
            ("/bin/sh", Wanted::Path("/bin/sh".to_owned())),
            ("npm", Wanted::Command("npm".to_owned())),
            ("**/*.pem", Wanted::Glob("**/*.pem".to_owned())),
            ("/opt/{a,b}", Wanted::Glob("/opt/{a,b}".to_owned())),
        ] {
            assert_eq!(wanted(text), Ok(meant));
        }
        for text in ["", "/", "..", "etc/passwd", "*.pem", "keys/*", "/[a", "/{a"] {
            assert!(wanted(text).is_err(), "{text}");
        }
    }
}
