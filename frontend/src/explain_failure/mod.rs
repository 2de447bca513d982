//! Failures of a solve that can be told better than the daemon tells them: a path that is not in the context, a secret
//! or an ssh agent that the client did not pass, a privilege that it did not allow.
//!
//! All else goes back to the client as it came, details included: they hold the user's lines and the exit code.

mod external;
mod layers;
mod look;
mod process;
mod program;
mod source;

use std::time::Duration;

use buildkit_llb::{Graph, LocalSource, OpMeta};
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean};
use spec_schema::span::Span;
use spec_schema::spec::Network;

use crate::compile::Compiled;
use crate::dockerignore::Matcher;
use crate::entrypoint::{CONTEXT_LOCAL, MainContext};
use crate::gateway::{DaemonInfo, Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::opts::FrontendOpts;
use crate::paths;
use crate::plan::{Action, BuildPlan, FileSource, MountPlan};
use crate::report::failure;
use look::Looker;

/// The exit code by which the helper tells that a process took too long.
const TIMED_OUT: u32 = 198;

/// What the user gets for an error of a solve.
pub(crate) async fn explain(
    gateway: &Gateway,
    opts: &FrontendOpts,
    error: GatewayError,
    plan: usize,
    compiled: &Compiled,
) -> Failure {
    let Some(plan) = compiled.plans.get(plan) else { return error.into() };
    let message = error.message();
    let looker = Looker { gateway, opts, compiled };
    let known = match missing_copy(&message, plan) {
        Some((path, span)) => Some(explain_path(gateway, opts, &path, span, compiled).await),
        None => missing_path(&message)
            .and_then(|path| external::missing_path(path, plan))
            .or_else(|| missing_secret(&message, plan))
            .or_else(|| missing_agent(&message, plan))
            .or_else(|| forbidden(&message, plan))
            .or_else(|| too_long(&error, plan, compiled))
            .or_else(|| doubted(&error, plan, compiled))
            .or_else(|| process::unknown_user(&error, plan, compiled))
            .or_else(|| process::killed(&error, plan, compiled))
            .or_else(|| layers::too_many(&error, plan, compiled))
            .or_else(|| external::explain(&error, plan, compiled)),
    };
    let fault = match (known, missing_path(&message)) {
        (Some(known), _) => Some(known),
        (None, Some(path)) => Box::pin(source::missing(looker, &error, path, plan)).await,
        (None, None) => Box::pin(process::not_started(looker, &error, plan)).await,
    };
    match fault {
        None => placed(gateway, error).await.into(),
        Some(fault) => {
            let mut faults = Faults::new();
            faults.push(fault);
            failure(&compiled.files, faults)
        }
    }
}

/// The error with its place in front of the message, where it would not reach the client by itself.
async fn placed(gateway: &Gateway, error: GatewayError) -> GatewayError {
    let is_lost = gateway.ping().await.is_ok_and(DaemonInfo::loses_places);
    match error.place().filter(|_| is_lost) {
        Some(place) => error.context(&place),
        None => error,
    }
}

/// The path that the daemon found missing.
fn missing_path(message: &str) -> Option<&str> {
    // Before 0.9 `"/a" not found: not found`, since `"/a": not found`.
    let quoted = || {
        message
            .strip_suffix(": not found")?
            .trim_end_matches(" not found")
            .strip_suffix('"')?
            .rsplit('"')
            .next()
    };
    let stated = || message.strip_suffix(": no such file or directory")?.rsplit("stat ").next();
    quoted().or_else(|| stated().map(without_mount))
}

/// A path without the directory in which the daemon has mounted what it looks at: one of its own, or that of Docker's own image store.
fn without_mount(path: &str) -> &str {
    if let Some((_, layer)) = path.split_once("/overlay2/") {
        return layer.find("/merged/").and_then(|at| layer.get(at + "/merged".len()..)).unwrap_or(path);
    }
    let below = path
        .rsplit_once("/buildkit-mount")
        .map(|(_, rest)| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
    below.unwrap_or(path)
}

/// The path that is missing, if the plan copies it from the context. Some releases tell the first directory on the way
/// to it that is missing.
fn missing_copy(message: &str, plan: &BuildPlan) -> Option<(String, Span)> {
    let path = missing_path(message)?;
    let below = |source: &str| source.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    let source = plan.copied_from_context().find(|source| source.path == path);
    let source = source.or_else(|| plan.copied_from_context().find(|source| below(&source.path)));
    let copied = source.map(|source| (source.path.clone(), source.span));
    copied.or_else(|| Some((path.to_owned(), mounted_from_context(path, plan)?)))
}

/// The step that mounts a path of the context.
fn mounted_from_context(path: &str, plan: &BuildPlan) -> Option<Span> {
    let mounts = |mount: &MountPlan| matches!(mount, MountPlan::Bind { from: FileSource::Context, source, .. } if source == path);
    let step = plan.steps().find(|step| match &step.action {
        Action::Run(run) => run.mounts.iter().any(mounts),
        Action::Files(_) | Action::Parallel(_) => false,
    });
    step.map(|step| step.span)
}

async fn explain_path(
    gateway: &Gateway,
    opts: &FrontendOpts,
    path: &str,
    span: Span,
    compiled: &Compiled,
) -> Diagnostic {
    let shown = path.trim_start_matches('/');
    let fault = Diagnostic::new(span, format!("`{shown}` is not in the build context"));
    let fault = fault.help_opt(as_in_dockerfile(compiled, span, shown));
    let folder = paths::parent(path);
    let Ok(context) = list_folder(gateway, opts, &compiled.context, folder).await else { return fault };
    let ignored = &compiled.ignored;
    let matcher = Matcher::new(&ignored.patterns).unwrap_or_default();
    let is_there = gateway.stat_file(&context, path).await.is_ok_and(|found| found.is_some());
    if let Some(rule) = matcher.hidden_by(shown).filter(|_| is_there) {
        let file = &ignored.name;
        let message = format!("`{shown}` is in the build context, but `{rule}` in {file} hides it");
        return Diagnostic::new(span, message).help(format!("add the line `!{shown}` below that one"));
    }
    let siblings = gateway.read_dir(&context, folder, "").await.unwrap_or_default();
    let siblings: Vec<String> = siblings
        .iter()
        .map(|file| paths::absolute_file(folder, &file.path).trim_start_matches('/').to_owned())
        .filter(|file| !matcher.matches(file))
        .collect();
    fault.help_opt(did_you_mean(shown, siblings.iter().map(String::as_str)))
}

/// The help for a path that is where to, or the paths and where to in one, as an instruction of a Dockerfile has them.
fn as_in_dockerfile(compiled: &Compiled, span: Span, shown: &str) -> Option<String> {
    // A name may have a blank in it; one that begins or ends like a directory is none.
    let is_folder = |text: &str| text.starts_with(['/', '.']) || text.ends_with('/');
    if let Some((sources, to)) = shown.rsplit_once(' ').filter(|(_, to)| is_folder(to)) {
        return Some(format!("where to stands beside it: `{{copy: {}, to: {to}}}`", sources.trim_end()));
    }
    let text = &compiled.files.get(span.file)?.text;
    let written = text.get(span.start as usize..span.end as usize)?.trim_matches(['"', '\'']);
    let is_target = written.starts_with('/') && written.ends_with('/');
    is_target
        .then(|| format!("paths start at the root of the build context; where to is said by `to: {written}`"))
}

/// One folder of the context without what is below it, ignored files included.
async fn list_folder(
    gateway: &Gateway,
    opts: &FrontendOpts,
    context: &MainContext,
    folder: &str,
) -> Result<Ref, GatewayError> {
    let mut graph = Graph::new();
    if let MainContext::Remote(remote) = context {
        let output = remote.add_to(&mut graph);
        return gateway.solve(graph.marshal(output).into_pb(), SolveOptions::default()).await;
    }
    let folder = folder.trim_matches('/');
    let inside = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let source = LocalSource {
        session: Some(opts.session_for_local(CONTEXT_LOCAL).to_owned()),
        shared_key_hint: Some(format!("{CONTEXT_LOCAL}-list:{folder}")),
        include_patterns: vec![format!("{inside}*")],
        exclude_patterns: vec![format!("{inside}*/*")],
        ..LocalSource::new(CONTEXT_LOCAL)
    };
    let output = graph.source(source, OpMeta::named("[internal] list build context"));
    gateway.solve(graph.marshal(Some(output)).into_pb(), SolveOptions::default()).await
}

/// The place that names a secret which the client did not pass.
fn missing_secret(message: &str, plan: &BuildPlan) -> Option<Diagnostic> {
    if !message.contains("not found") || !message.contains("secret") {
        return None;
    }
    for step in plan.steps() {
        let Action::Run(run) = &step.action else { continue };
        let files = run.mounts.iter().filter_map(|mount| match mount {
            MountPlan::Secret { id, optional: false, .. } => Some(id),
            _ => None,
        });
        let variables = run.secret_env.iter().filter(|secret| !secret.optional).map(|secret| &secret.id);
        let mut ids = files.chain(variables);
        // Before 0.9 `secret x not found`, since `secret x: not found`.
        let told = |id: &&String| {
            [": not", " not"].iter().any(|not| message.contains(&format!("secret {id}{not} found")))
        };
        if let Some(id) = ids.find(told) {
            let fault = Diagnostic::new(
                step.span,
                format!("this step needs the secret `{id}`, which the client did not pass"),
            );
            return Some(fault.help(format!(
                "add `--secret id={id},src=FILE` or `--secret id={id},env=VARIABLE`; `required: false` lets the build go on without it"
            )));
        }
    }
    None
}

/// The limit of a step that was ended because it took longer.
fn too_long(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<Diagnostic> {
    if error.exit_code() != Some(TIMED_OUT) {
        return None;
    }
    plan.steps().find_map(|step| {
        let Action::Run(run) = &step.action else { return None };
        let limits = run.limits.as_ref()?;
        let timeout = limits.timeout.as_ref()?;
        external::is_told(error, step.span, compiled).then(|| {
            let time = humantime::format_duration(Duration::from_millis(timeout.value)).to_string();
            let tries = limits.retries.saturating_add(1);
            let tries = if tries > 1 { format!(", in {tries} tries") } else { String::new() };
            let what = format!("`{}` was not done within {time}{tries}", step.display);
            Diagnostic::new(timeout.span, what)
                .help("give it a longer `timeout`, or see in its output above what it waits for")
        })
    })
}

/// What was doubted of a step before it failed.
fn doubted(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<Diagnostic> {
    // A program that is not there, or may not be run, has read nothing.
    if matches!(error.exit_code()?, 126 | 127) {
        return None;
    }
    let mut doubts = plan.steps().filter_map(|step| match &step.action {
        Action::Run(run) => run.doubt.as_ref(),
        _ => None,
    });
    doubts.find(|doubt| external::is_told(error, doubt.span, compiled)).cloned()
}

/// The place that needs an ssh agent which the client did not forward.
fn missing_agent(message: &str, plan: &BuildPlan) -> Option<Diagnostic> {
    for step in plan.steps() {
        let Action::Run(run) = &step.action else { continue };
        for mount in &run.mounts {
            let MountPlan::Ssh { id, optional: false, .. } = mount else { continue };
            if message.contains(&format!("unset ssh forward key {id}")) || message.contains("no SSH key") {
                let fault = Diagnostic::new(
                    step.span,
                    format!("this step needs the ssh agent `{id}`, which the client did not forward"),
                );
                return Some(
                    fault.help(format!("add `--ssh {id}`, with an agent that runs and holds a key")),
                );
            }
        }
    }
    None
}

/// The place that asks for something which the client did not allow, or a device that is not there.
fn forbidden(message: &str, plan: &BuildPlan) -> Option<Diagnostic> {
    let runs = plan.steps().filter_map(|step| match &step.action {
        Action::Run(run) => Some((step.span, run)),
        Action::Files(_) | Action::Parallel(_) => None,
    });
    let denied = |entitlement: &str| message.ends_with(&format!("{entitlement} is not allowed"));
    for (span, run) in runs {
        if run.process.insecure && denied("security.insecure") {
            return Some(not_allowed(span, "all privileges").help("add `--allow security.insecure`"));
        }
        if run.network == Some(Network::Host) && denied("network.host") {
            return Some(not_allowed(span, "the network of the host").help("add `--allow network.host`"));
        }
        let Some((device, _)) = run.process.devices.iter().find(|(name, _)| names_device(message, name))
        else {
            continue;
        };
        if message.contains("requested by the build but not allowed") {
            let message = format!(
                "this step asks for the device `{device}`, which neither the client nor the builder allows"
            );
            // Docker's own daemon grants clients no devices before 29, and fails a build that asks for that.
            let help = format!(
                "for every build, give it the annotation `org.mobyproject.buildkit.device.autoallow: true` in its CDI file; \
                 for this one, add `--allow device={device}`, which Docker's own daemon refuses before Docker 29"
            );
            return Some(Diagnostic::new(span, message).help(help));
        }
        if message.contains("is not registered") {
            let fault = Diagnostic::new(span, format!("the builder has no device `{device}`"));
            return Some(fault.help(
                "`docker buildx inspect` lists its devices; `required: false` lets the step run without it",
            ));
        }
    }
    None
}

/// Whether a message is about a device, which may be asked for by its class alone.
fn names_device(message: &str, device: &str) -> bool {
    message.contains(device.strip_suffix("=*").unwrap_or(device))
}

fn not_allowed(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(span, format!("this step asks for {what}, which the client did not allow"))
}

#[cfg(test)]
mod tests {
    use super::missing_path;

    #[test]
    fn missing_paths_are_found_in_the_words_of_every_release() {
        for message in [
            "failed to compute cache key: \"/src/a\": not found",
            "failed to compute cache key: \"/src/a\" not found: not found",
            "lstat /src/a: no such file or directory",
            "failed to walk /tmp/buildkit-mount12/src: lstat /var/lib/docker/tmp/buildkit-mount12/src/a: no such file or directory",
            "lstat /var/lib/docker/overlay2/1f/merged/src/a: no such file or directory",
        ] {
            assert_eq!(missing_path(message), Some("/src/a"), "{message}");
        }
        assert_eq!(missing_path("secret token not found: not found"), None);
    }
}
