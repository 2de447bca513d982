//! Sources of the client's directories that are read before it is known what a build needs.

use std::collections::BTreeMap;

use buildkit_llb::{Definition, Graph, LocalSource, OpMeta};

use super::SPEC_LOCAL;
use super::ignore::IGNORE_FILE;
use crate::external::{LocalDirectory, NamedContexts};
use crate::gateway::{Gateway, GatewayError, Ref, SolveOptions};
use crate::opts::FrontendOpts;

/// The source of the spec: the same op as the one that the daemon's own frontend found the directive with, so that the
/// file is not sent a second time.
pub(super) fn spec_source(opts: &FrontendOpts) -> Definition {
    let name = opts.dockerfile_key.as_deref().unwrap_or(SPEC_LOCAL);
    let filename = opts.filename.as_str();
    let mut paths = vec![filename.to_owned(), format!("{filename}.dockerignore")];
    let (folder, base) = filename.rsplit_once('/').unwrap_or(("", filename));
    if base == "Dockerfile" {
        let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        paths.push(format!("{folder}dockerfile"));
    }
    let source = LocalSource {
        session: Some(opts.session_for_local(name).to_owned()),
        follow_paths: paths,
        shared_key_hint: Some(name.to_owned()),
        differ: Some(buildkit_llb::Differ::None),
        ..LocalSource::new(name)
    };
    let label = format!("[internal] load build definition from {filename}");
    single(source, &label)
}

/// The source of the ignore file of a directory. `hint` tells it from others in the daemon's cache.
pub(super) fn ignore_source(opts: &FrontendOpts, local: &str, hint: &str, label: &str) -> Definition {
    let source = LocalSource {
        session: Some(opts.session_for_local(local).to_owned()),
        follow_paths: vec![IGNORE_FILE.to_owned()],
        shared_key_hint: Some(format!("{hint}-{IGNORE_FILE}")),
        differ: Some(buildkit_llb::Differ::None),
        ..LocalSource::new(local)
    };
    single(source, &format!("{label} load {IGNORE_FILE}"))
}

/// Hands over the sources of the ignore files of all directories among the named contexts: which of them a build needs
/// is known later, and one that nobody reads costs nothing.
pub(super) async fn directories(
    gateway: &Gateway,
    opts: &FrontendOpts,
) -> Result<BTreeMap<String, Ref>, GatewayError> {
    let contexts = NamedContexts::of(opts);
    let mut handed_over = tokio::task::JoinSet::new();
    for LocalDirectory { context, local, .. } in contexts.directories() {
        let hint = format!("context:{context}");
        let source = ignore_source(opts, &local, &hint, &format!("[context {context}]"));
        let gateway = gateway.clone();
        handed_over.spawn_local(async move {
            let reference = gateway.solve(source.into_pb(), SolveOptions::default()).await;
            (context, reference)
        });
    }
    let mut references = BTreeMap::new();
    while let Some(finished) = handed_over.join_next().await {
        let Ok((context, reference)) = finished else { continue };
        references.insert(context, reference?);
    }
    Ok(references)
}

/// A definition of one source.
pub(super) fn single(source: LocalSource, label: &str) -> Definition {
    let mut graph = Graph::new();
    let output = graph.source(source, OpMeta::named(label));
    graph.marshal(Some(output))
}
