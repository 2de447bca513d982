//! The spec file, and where the files are that it is about: what the client says of both is read here.

mod beside;
mod ignore;
mod locals;
mod look;
mod main_context;

use std::collections::BTreeMap;
use std::sync::Arc;

use buildkit_llb::{Definition, pb};
use tokio::sync::OnceCell;

use crate::external::CONTEXT_FILE;
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions, SourceExcerpt, SourceFile};
use crate::opts::FrontendOpts;
use crate::parse::{Found, MAX_SPEC_BYTES};
use crate::plain_words::{Plain, plain};
use beside::{SpecFolder, lock_in, lock_source};
use ignore::IgnoreFile;
use locals::{directories, ignore_source, spec_source};
use main_context::{RemoteFiles, is_archive};

pub use ignore::IgnoreRules;
pub(crate) use ignore::{IGNORE_FILE, MAX_IGNORE_BYTES};
pub(crate) use look::MAX_BYTES as MAX_SURVEY_BYTES;
pub use main_context::{MainContext, RemoteContext};

/// The name of the local source that holds the spec, and of an input that does.
const SPEC_LOCAL: &str = "dockerfile";

/// The name of the local source that holds the build context, and of an input that does.
pub const CONTEXT_LOCAL: &str = "context";

/// Bytes of a download that show whether it is an archive.
const ARCHIVE_HEADER: usize = 1024;

/// What was read of the spec, and where more can be read.
#[derive(Debug)]
pub struct Entrypoint {
    /// The name of the spec file.
    pub filename: String,
    /// The bytes of the spec file.
    pub spec: Vec<u8>,
    /// The digest of the vertex that loaded it: where warnings are shown.
    pub vertex: String,
    /// What stands where its lock file would be.
    pub lock: Found,
    /// The build context.
    pub context: MainContext,
    /// The graphs that the client handed over, by name.
    pub inputs: BTreeMap<String, pb::Definition>,
    folder: SpecFolder,
    ignore: IgnoreFile,
    /// Sources of the ignore files of named contexts, handed to the daemon in good time.
    directories: BTreeMap<String, Ref>,
}

impl Entrypoint {
    /// Reads the spec. From the client, that takes two round trips: the sources are handed over together with the ping,
    /// then the files are read.
    pub async fn read(gateway: &Gateway, opts: &FrontendOpts) -> Result<Self, Failure> {
        match RemoteContext::of(gateway, opts).await? {
            None => Self::read_local(gateway, opts).await,
            // Boxed: most builds have no use for the room that this takes.
            Some(remote) => Box::pin(Self::read_remote(gateway, opts, remote)).await,
        }
    }

    async fn read_local(gateway: &Gateway, opts: &FrontendOpts) -> Result<Self, Failure> {
        let source = spec_source(opts);
        let mut vertex = vertex_of(&source);
        let context = ignore_source(opts, CONTEXT_LOCAL, CONTEXT_LOCAL, "[internal]");
        let (daemon, spec, locked, context, directories) = tokio::join!(
            gateway.ping(),
            gateway.solve(source.into_pb(), SolveOptions::default()),
            gateway.solve(lock_source(opts).into_pb(), SolveOptions::default()),
            gateway.solve(context.into_pb(), SolveOptions::default()),
            directories(gateway, opts),
        );
        daemon?;
        let (spec, locked, context, directories) = (spec?, locked?, context?, directories?);
        let filename = opts.filename.clone();
        let beside = format!("{filename}.dockerignore");
        let read = async |folder| {
            tokio::join!(
                gateway.read_file(folder, &filename, MAX_SPEC_BYTES),
                gateway.read_file(folder, &beside, MAX_IGNORE_BYTES),
            )
        };
        let ((mut bytes, mut ignore), mut lock, inputs) =
            tokio::join!(read(&spec), lock_in(gateway, &locked, &filename), gateway.inputs());
        let inputs = inputs?;
        let mut folder = SpecFolder::Client;
        if let (Some(input), None) = (inputs.get(SPEC_LOCAL), &opts.dockerfile_key) {
            let definition = given(input, SPEC_LOCAL)?;
            vertex = vertex_of(&definition);
            let solved = gateway.solve(definition.into_pb(), SolveOptions::default()).await?;
            ((bytes, ignore), lock) = tokio::join!(read(&solved), lock_in(gateway, &solved, &filename));
            folder = SpecFolder::Loaded(solved);
        }
        let spec = spec_of(&filename, bytes, "")?;
        let (context, ignore) = match (inputs.get(CONTEXT_LOCAL), ignore) {
            (Some(input), _) => {
                let files = RemoteFiles::Input(given(input, CONTEXT_LOCAL)?);
                let context = MainContext::Remote(Box::new(RemoteContext::new(files, opts)));
                (context, IgnoreFile::None)
            }
            (None, Ok(Some(bytes))) => (MainContext::Local, IgnoreFile::Read { name: beside, bytes }),
            (None, Ok(None)) => (MainContext::Local, IgnoreFile::InContext(context, OnceCell::new())),
            (None, Err(error)) => return Err(unreadable(&beside, error)),
        };
        let lock = lock?;
        Ok(Self { filename, spec, vertex, lock, context, inputs, folder, ignore, directories })
    }

    /// Reads the spec from a remote context, or from the client where the option `dockerfilekey` says so.
    async fn read_remote(
        gateway: &Gateway,
        opts: &FrontendOpts,
        remote: RemoteContext,
    ) -> Result<Self, Failure> {
        let (remote, solved, directories) = load(gateway, opts, remote).await?;
        let place = format!(" in the build context {}", opts.context.as_deref().unwrap_or_default());
        let is_local = opts.dockerfile_key.is_some();
        let (definition, reference, locked) = if is_local {
            let source = spec_source(opts);
            let (solved, locked) = tokio::join!(
                gateway.solve(source.clone().into_pb(), SolveOptions::default()),
                gateway.solve(lock_source(opts).into_pb(), SolveOptions::default()),
            );
            (source, solved?, locked?)
        } else {
            (remote.definition(), solved.clone(), solved)
        };
        let filename = if remote.is_spec() && !is_local { CONTEXT_FILE } else { &opts.filename };
        let (bytes, lock, inputs) = tokio::join!(
            gateway.read_file(&reference, filename, MAX_SPEC_BYTES),
            lock_in(gateway, &locked, filename),
            gateway.inputs(),
        );
        let bytes = match bytes {
            Err(error) if !is_local => return Err(unloadable(opts, error)),
            bytes => bytes,
        };
        Ok(Self {
            filename: filename.to_owned(),
            spec: spec_of(filename, bytes, if is_local { "" } else { &place })?,
            vertex: vertex_of(&definition),
            lock: lock?,
            context: MainContext::Remote(Box::new(remote)),
            inputs: inputs?,
            folder: if is_local { SpecFolder::Client } else { SpecFolder::Loaded(reference) },
            ignore: IgnoreFile::None,
            directories,
        })
    }
}

/// Hands a remote context to the daemon; a download is looked at, to tell an archive from a spec.
async fn load(
    gateway: &Gateway,
    opts: &FrontendOpts,
    remote: RemoteContext,
) -> Result<(RemoteContext, Ref, BTreeMap<String, Ref>), Failure> {
    let definition = remote.definition().into_pb();
    let (daemon, solved, directories) = tokio::join!(
        gateway.ping(),
        gateway.solve(definition.clone(), SolveOptions::default()),
        directories(gateway, opts),
    );
    if let Some(missing) = daemon?.missing(&definition).first() {
        return Err(Failure::new(format!("{}: {missing}", cannot_load(opts))));
    }
    let (solved, directories) = (solved?, directories?);
    if remote.download().is_none() {
        return Ok((remote, solved, directories));
    }
    let start = gateway.read_start(&solved, CONTEXT_FILE, ARCHIVE_HEADER).await;
    let start = start.map_err(|error| unloadable(opts, error))?;
    if !is_archive(&start) {
        return Ok((remote, solved, directories));
    }
    let remote = remote.unpacked();
    let unpacked = gateway.solve(remote.definition().into_pb(), SolveOptions::default()).await?;
    Ok((remote, unpacked, directories))
}

fn unloadable(opts: &FrontendOpts, error: GatewayError) -> Failure {
    let cannot = cannot_load(opts);
    match plain(&error.message()) {
        None => error.context(&cannot).into(),
        Some(Plain { why, help }) => {
            let help = help.map(|help| format!("\n  help: {help}")).unwrap_or_default();
            Failure::new(format!("{cannot}: {why}{help}"))
        }
    }
}

fn cannot_load(opts: &FrontendOpts) -> String {
    format!("the build context {} cannot be loaded", opts.context.as_deref().unwrap_or_default())
}

/// A graph that the client handed over.
fn given(input: &pb::Definition, name: &str) -> Result<Definition, Failure> {
    let read = input.clone().try_into();
    read.map_err(|error| Failure::new(format!("the input `{name}` cannot be used: {error}")))
}

fn vertex_of(definition: &Definition) -> String {
    definition.result_digest().unwrap_or_default().to_owned()
}

fn spec_of(
    filename: &str,
    bytes: Result<Option<Vec<u8>>, GatewayError>,
    place: &str,
) -> Result<Vec<u8>, Failure> {
    match bytes {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => {
            // What a client looks for that was not told otherwise.
            let help = if filename == "Dockerfile" { "\n  help: name the spec: `-f build.yaml`" } else { "" };
            Err(Failure::new(format!("there is no spec file {filename}{place}{help}")))
        }
        Err(error) => Err(unreadable(filename, error)),
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
