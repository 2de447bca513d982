//! What args and platform args stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_llb::Platform;
use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use spec_schema::span::Span;
use spec_schema::spec::Arg;

use super::Selection;
use super::triggers::{Triggers, triggers};
use crate::epoch::Epoch;
use crate::external::NamedContexts;
use crate::lock::Lock;
use crate::opts::FrontendOpts;
use crate::opts::keys::ARG_SOURCE_DATE_EPOCH as SOURCE_DATE_EPOCH;
use crate::resolved::Resolved;
use crate::scope::{Globals, Lookup, Scope};

/// What the client asks for, as far as it decides what is built.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `--target`.
    pub target: Option<String>,
    /// The stage whose steps are to see its own name as the target's, where that is another one.
    pub built: Option<String>,
    /// Whether the reports of its scans are to be exported in the place of the image.
    pub reports: bool,
    /// `--build-arg`.
    pub build_args: BTreeMap<String, String>,
    /// The machine's time.
    pub now: Epoch,
    /// `--build-context`.
    pub contexts: NamedContexts,
    /// What the base images of each platform carry along, once they are known.
    pub triggers: BTreeMap<Platform, Triggers>,
    /// The lock file, where there is one.
    pub lock: Option<Arc<Lock>>,
}

impl Request {
    /// What the options say of it.
    pub fn of(opts: &FrontendOpts) -> Self {
        let (target, build_args) = (opts.target.clone(), opts.build_args.clone());
        let (now, contexts) = (opts.now, NamedContexts::of(opts));
        Self { target, build_args, now, contexts, ..Self::default() }
    }

    /// Takes note of what base images carry along; whether that is news.
    pub fn learns(&mut self, selections: &[Selection], resolved: &Resolved) -> bool {
        let mut news = false;
        for selection in selections {
            let known = self.triggers.entry(selection.platform.clone()).or_default();
            for (stage, texts) in triggers(selection, resolved) {
                news |= known.insert(stage, texts).is_none();
            }
        }
        news
    }
}

/// Build args that BuildKit or Docker give a meaning: no spec has to declare them.
const PREDEFINED: &[&str] =
    &["SOURCE_DATE_EPOCH", "HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/// The `--build-arg`s that neither the spec nor a trigger declares, each as a warning.
pub fn undeclared_args(spec: &Spec, request: &Request, selections: &[Selection]) -> Vec<String> {
    let triggers =
        || selections.iter().flat_map(|selection| &selection.stages).flat_map(|stage| &stage.triggers);
    let declares = |name: &str| triggers().any(|trigger| trigger.instruction.declares(name));
    let predefined = |name: &str| {
        name.starts_with("BUILDKIT_")
            || PREDEFINED.contains(&name.to_uppercase().as_str())
            || is_platform_arg(name)
    };
    let undeclared = request
        .build_args
        .keys()
        .filter(|name| !spec.args.declares(name) && !predefined(name) && !declares(name));
    undeclared
        .map(|name| {
            let help =
                did_you_mean(name, spec.args.names()).map(|help| format!("; {help}")).unwrap_or_default();
            format!("the spec declares no build arg `{name}`, which the client set{help}")
        })
        .collect()
}

/// Platform args as Dockerfiles have them, for a build on `build` and an image for `target`.
fn platform_args(build: &Platform, target: &Platform, stage: &str) -> Vec<(&'static str, String)> {
    let mut args = Vec::with_capacity(11);
    let names = [
        (["BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"], build),
        (["TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT"], target),
    ];
    for ([all, os, version, arch, variant], platform) in names {
        args.push((all, platform.to_string()));
        args.push((os, platform.os.clone()));
        args.push((version, platform.os_version.clone().unwrap_or_default()));
        args.push((arch, platform.architecture.clone()));
        args.push((variant, platform.variant.clone().unwrap_or_default()));
    }
    args.push(("TARGETSTAGE", stage.to_owned()));
    args
}

/// Whether that is an arg that says what is built for, or on.
pub(crate) fn is_platform_arg(name: &str) -> bool {
    const PARTS: [&str; 5] = ["PLATFORM", "OS", "OSVERSION", "ARCH", "VARIANT"];
    name == "TARGETSTAGE"
        || ["BUILD", "TARGET"]
            .iter()
            .any(|side| name.strip_prefix(side).is_some_and(|rest| PARTS.contains(&rest)))
}

/// The globals of a build; faults for values that an arg does not allow.
pub(super) fn globals(
    spec: &Spec,
    request: &Request,
    build: &Platform,
    target: &Platform,
    stage: &str,
    faults: &mut Faults,
) -> Globals {
    let mut globals = Globals::default();
    for (name, value) in platform_args(build, target, stage) {
        globals.set(name, Some(request.build_args.get(name).cloned().unwrap_or(value)));
    }
    for (name, entry) in spec.args.iter() {
        let value = match request.build_args.get(name) {
            Some(value) => Some(value.clone()),
            None => default(&globals, &entry.value, faults),
        };
        // A wrong default is told where it stands, a wrong value of the client where the arg is declared.
        let default =
            entry.value.settings.default.as_ref().filter(|_| !request.build_args.contains_key(name));
        let span = default.map_or(entry.key_span, |default| default.span);
        check(name, entry, value.as_deref(), span, faults);
        if value.is_none() && is_required(&entry.value) {
            globals.tell(name);
        }
        globals.set(name, value);
    }
    // The value of an arg that could not be read is unknown, not its name.
    for name in spec.args.names() {
        if globals.get(name) == Lookup::Unknown {
            globals.set(name, Some(String::new()));
        }
    }
    globals
}

/// The time that `SOURCE_DATE_EPOCH` gives, by the client or by a default; none where it is empty.
pub(super) fn epoch(spec: &Spec, request: &Request, globals: &Globals, faults: &mut Faults) -> Option<Epoch> {
    let text = match globals.get(SOURCE_DATE_EPOCH) {
        Lookup::Value(value) => value,
        Lookup::Unset | Lookup::Unknown => request.build_args.get(SOURCE_DATE_EPOCH)?,
    };
    if text.is_empty() {
        return None;
    }
    let found = Epoch::parse(text);
    if found.is_none() {
        let default = spec.args.get(SOURCE_DATE_EPOCH).and_then(|arg| arg.settings.default.as_ref());
        let span = default.map_or(spec.span, |default| default.span);
        let message = format!("`{text}`, the value of `{SOURCE_DATE_EPOCH}`, is not a time");
        let help = "give seconds since 1970, such as those of the last commit: `git log -1 --format=%ct`";
        faults.push(Diagnostic::new(span, message).help(help));
    }
    found
}

fn default(globals: &Globals, arg: &Arg, faults: &mut Faults) -> Option<String> {
    let template = arg.settings.default.as_ref()?;
    // One fault is enough: with it there is no build, and uses of the arg are no faults of their own.
    Some(Scope::global(globals).expand(template, faults).unwrap_or_default())
}

fn is_required(arg: &Arg) -> bool {
    arg.settings.required.as_ref().is_some_and(|required| required.value)
}

fn check(name: &str, entry: &Entry<Arg>, value: Option<&str>, span: Span, faults: &mut Faults) {
    let settings = &entry.value.settings;
    let Some(value) = value else {
        if is_required(&entry.value) {
            let fault = Diagnostic::new(
                entry.key_span,
                format!("the build arg `{name}` is required, and the client set none"),
            );
            faults.push(fault.help(format!("pass `--build-arg {name}=VALUE`")));
        }
        return;
    };
    let allowed = settings.choices.iter().map(|choice| choice.as_str());
    if !settings.choices.is_empty() && !allowed.clone().any(|choice| choice == value) {
        let fault = Diagnostic::new(span, format!("the build arg `{name}` cannot be `{value}`"));
        faults.push(fault.help(format!("allowed: {}", one_of(allowed))));
    }
    if let Some(pattern) = &settings.pattern {
        match regex_lite::Regex::new(&format!("^(?:{})$", pattern.value)) {
            Err(error) => {
                let fault = Diagnostic::new(
                    pattern.span,
                    format!("`{}` is not a regular expression: {error}", pattern.value),
                );
                faults.push(fault);
            }
            Ok(regex) if !regex.is_match(value) => {
                let fault = Diagnostic::new(span, format!("the build arg `{name}` cannot be `{value}`"));
                faults.push(fault.help(format!("it must match `{}`", pattern.value)));
            }
            Ok(_) => {}
        }
    }
}
