//! What is run in the image: its own commands, and its server.

use std::time::Duration;

use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::{Span, Spanned};
use spec_schema::spec::{Command, Network, VerifyRun, VerifyServe, VerifyServeSettings, VerifyText};

use super::Reader;
use crate::plan::names::one_line;
use crate::plan::run::script_args;
use crate::plan::{MountPlan, health};
use crate::scope::Env;

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

/// The time that a command has where the spec says nothing, and a server to come up.
const TIMEOUT: Duration = Duration::from_secs(60);
const WITHIN: Duration = Duration::from_secs(30);

impl Reader<'_, '_> {
    pub(super) fn run(&mut self, run: &VerifyRun, helper: &'static str) -> RunCheck {
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

    pub(super) fn serve(&mut self, serve: &VerifyServe, helper: &'static str) -> ServeCheck {
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
