//! The spec file and the ignore file of the build context, as the client sends them.

use std::sync::Arc;

use buildkit_llb::{Definition, Graph, LocalSource, OpMeta};

use crate::dockerignore;
use crate::gateway::{
    Failure, Gateway, GatewayError, Ref, SolveOptions, SourceExcerpt, SourceFile, SourceRange,
};
use crate::opts::FrontendOpts;
use crate::parse::MAX_SPEC_BYTES;

/// The most bytes that an ignore file may have.
const MAX_IGNORE_BYTES: usize = 1 << 20;

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
    ignore: IgnoreFile,
}

/// The ignore file: `<spec>.dockerignore` beside the spec, else `.dockerignore` in the context.
#[derive(Debug)]
enum IgnoreFile {
    Read(Vec<u8>),
    /// In the context, whose source was handed to the daemon in good time; nothing is sent until it is read.
    InContext(Ref),
}

impl Entrypoint {
    /// Reads the spec. Two round trips: the sources are handed over together with the ping, then the files are read.
    pub async fn read(gateway: &Gateway, opts: &FrontendOpts) -> Result<Self, Failure> {
        let (source, vertex) = spec_source(opts);
        let context = ignore_source(opts);
        let (daemon, spec, context) = tokio::join!(
            gateway.ping(),
            gateway.solve(source.into_pb(), SolveOptions::default()),
            gateway.solve(context.into_pb(), SolveOptions::default()),
        );
        daemon?;
        let (spec, context) = (spec?, context?);
        let filename = opts.filename.as_str();
        let beside = format!("{filename}.dockerignore");
        let (bytes, ignore) = tokio::join!(
            gateway.read_file(&spec, filename, MAX_SPEC_BYTES),
            gateway.read_file(&spec, &beside, MAX_IGNORE_BYTES),
        );
        let spec = match bytes {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return Err(Failure::new(format!("there is no spec file {filename}"))),
            Err(error) => return Err(unreadable(filename, error)),
        };
        let ignore = match ignore {
            Ok(Some(bytes)) => IgnoreFile::Read(bytes),
            Ok(None) => IgnoreFile::InContext(context),
            Err(error) => return Err(unreadable(&beside, error)),
        };
        Ok(Self { spec, vertex, ignore })
    }

    /// The patterns of paths that the client does not send. `needed` is false for a build that reads nothing of the
    /// context: then nothing is asked.
    pub async fn ignored(&self, gateway: &Gateway, needed: bool) -> Result<Vec<String>, Failure> {
        let bytes = match &self.ignore {
            IgnoreFile::Read(bytes) => bytes.clone(),
            IgnoreFile::InContext(context) => {
                let must_read = gateway.ping().await?.fails_on_unevaluated_refs();
                if !needed && !must_read {
                    return Ok(Vec::new());
                }
                gateway.read_file(context, ".dockerignore", MAX_IGNORE_BYTES).await?.unwrap_or_default()
            }
        };
        dockerignore::parse(&bytes).map_err(|errors| ignore_failure(&bytes, &errors))
    }
}

/// The lines of the ignore file that are no patterns, with their excerpt.
fn ignore_failure(bytes: &[u8], errors: &dockerignore::IgnoreErrors) -> Failure {
    let name = ".dockerignore";
    let told: Vec<String> =
        errors.0.iter().map(|error| format!("{name}:{}: {}", error.line, error.problem)).collect();
    let ranges = errors.0.iter().map(|error| SourceRange::lines(error.line, error.line)).collect();
    let data = String::from_utf8_lossy(bytes).into_owned().into_bytes();
    let file = SourceFile { filename: name.to_owned(), data, language: String::new() };
    Failure::new(told.join("\n")).with_source(SourceExcerpt { file: Arc::new(file), ranges })
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

fn ignore_source(opts: &FrontendOpts) -> Definition {
    let source = LocalSource {
        session: Some(opts.session_for_local(CONTEXT_LOCAL).to_owned()),
        follow_paths: vec![".dockerignore".to_owned()],
        shared_key_hint: Some(format!("{CONTEXT_LOCAL}-.dockerignore")),
        differ: Some(buildkit_llb::Differ::None),
        ..LocalSource::new(CONTEXT_LOCAL)
    };
    single(source, "[internal] load .dockerignore").0
}

/// A definition of one source, and its digest.
fn single(source: LocalSource, label: &str) -> (Definition, String) {
    let mut graph = Graph::new();
    let output = graph.source(source, OpMeta::named(label));
    let definition = graph.marshal(Some(output));
    let digest = definition.result_digest().unwrap_or_default().to_owned();
    (definition, digest)
}
