//! The spec file and the ignore file of the build context, as the client sends them.

mod beside;
mod ignore;

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_llb::{Definition, Graph, LocalSource, OpMeta, pb};

use crate::external::{LocalDirectory, NamedContexts};
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions, SourceExcerpt, SourceFile};
use crate::opts::FrontendOpts;
use crate::parse::MAX_SPEC_BYTES;
use ignore::{IGNORE_FILE, IgnoreFile, MAX_IGNORE_BYTES};

/// The name of the local source that holds the spec.
const SPEC_LOCAL: &str = "dockerfile";

/// The name of the local source that holds the build context.
pub const CONTEXT_LOCAL: &str = "context";

/// What was read of the spec, and where more can be read.
#[derive(Debug)]
pub struct Entrypoint {
    /// The bytes of the spec file.
    pub spec: Vec<u8>,
    /// The digest of the vertex that loaded it: where warnings are shown.
    pub vertex: String,
    /// The graphs that the client handed over, by name.
    pub inputs: BTreeMap<String, pb::Definition>,
    ignore: IgnoreFile,
    /// Sources of the ignore files of named contexts, handed to the daemon in good time.
    directories: BTreeMap<String, Ref>,
}

impl Entrypoint {
    /// Reads the spec. Two round trips: the sources are handed over together with the ping, then the files are read.
    pub async fn read(gateway: &Gateway, opts: &FrontendOpts) -> Result<Self, Failure> {
        let (source, vertex) = spec_source(opts);
        let context = ignore_source(opts, CONTEXT_LOCAL, CONTEXT_LOCAL, "[internal]");
        let (daemon, spec, context, directories) = tokio::join!(
            gateway.ping(),
            gateway.solve(source.into_pb(), SolveOptions::default()),
            gateway.solve(context.into_pb(), SolveOptions::default()),
            directories(gateway, opts),
        );
        daemon?;
        let (spec, context, directories) = (spec?, context?, directories?);
        let filename = opts.filename.as_str();
        let beside = format!("{filename}.dockerignore");
        let (bytes, ignore, inputs) = tokio::join!(
            gateway.read_file(&spec, filename, MAX_SPEC_BYTES),
            gateway.read_file(&spec, &beside, MAX_IGNORE_BYTES),
            gateway.inputs(),
        );
        let spec = match bytes {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(Failure::new(format!("there is no spec file {filename}"))),
            Err(error) => return Err(unreadable(filename, error)),
        };
        let ignore = match ignore {
            Ok(Some(bytes)) => IgnoreFile::Read { name: beside, bytes },
            Ok(None) => IgnoreFile::InContext(context),
            Err(error) => return Err(unreadable(&beside, error)),
        };
        Ok(Self { spec, vertex, inputs: inputs?, ignore, directories })
    }
}

fn unreadable(file: &str, error: GatewayError) -> Failure {
    match error {
        GatewayError::FileTooLarge { limit, .. } => {
            let help = "large files belong into the build context, to be copied";
            // To an error without any place, the daemon adds the whole file, and clients cannot read an answer of such a
            // size. An empty place keeps it from that, and shows nothing.
            let nowhere = SourceFile { filename: file.to_owned(), data: Vec::new(), language: String::new() };
            Failure::new(format!("{file} is larger than {} MiB\n  help: {help}", limit >> 20))
                .with_source(SourceExcerpt { file: Arc::new(nowhere), ranges: Vec::new() })
        }
        error => error.into(),
    }
}

/// The source of the spec: the same op as the one that the daemon's own frontend found the directive with, so that the
/// file is not sent a second time.
fn spec_source(opts: &FrontendOpts) -> (Definition, String) {
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
fn ignore_source(opts: &FrontendOpts, local: &str, hint: &str, label: &str) -> Definition {
    let source = LocalSource {
        session: Some(opts.session_for_local(local).to_owned()),
        follow_paths: vec![IGNORE_FILE.to_owned()],
        shared_key_hint: Some(format!("{hint}-{IGNORE_FILE}")),
        differ: Some(buildkit_llb::Differ::None),
        ..LocalSource::new(local)
    };
    single(source, &format!("{label} load {IGNORE_FILE}")).0
}

/// Hands over the sources of the ignore files of all directories among the named contexts: which of them a build needs
/// is known later, and one that nobody reads costs nothing.
async fn directories(gateway: &Gateway, opts: &FrontendOpts) -> Result<BTreeMap<String, Ref>, GatewayError> {
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

/// A definition of one source, and its digest.
fn single(source: LocalSource, label: &str) -> (Definition, String) {
    let mut graph = Graph::new();
    let output = graph.source(source, OpMeta::named(label));
    let definition = graph.marshal(Some(output));
    let digest = definition.result_digest().unwrap_or_default().to_owned();
    (definition, digest)
}
