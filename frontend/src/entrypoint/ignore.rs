//! Ignore files: which one counts, and what is told of one that is wrong.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::OnceCell;

use super::Entrypoint;
use crate::dockerignore;
use crate::external::LocalDirectory;
use crate::gateway::{Failure, Gateway, Ref, SourceExcerpt, SourceFile, SourceRange};

/// The most bytes that an ignore file may have.
pub(crate) const MAX_IGNORE_BYTES: usize = 1 << 20;

/// The ignore file of a directory.
pub(crate) const IGNORE_FILE: &str = ".dockerignore";

/// The ignore file of the build context: `<spec>.dockerignore` beside the spec, else `.dockerignore` in the context.
#[derive(Debug)]
pub(super) enum IgnoreFile {
    /// A context that is no directory of the client has none.
    None,
    Read {
        name: String,
        bytes: Vec<u8>,
    },
    /// In the context, whose source was handed to the daemon in good time; nothing is sent until it is read.
    /// Its patterns are kept once they are read.
    InContext(Ref, OnceCell<Vec<String>>),
}

/// What of the build context the client does not send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IgnoreRules {
    /// The file that says so.
    pub name: String,
    /// The patterns of paths.
    pub patterns: Vec<String>,
}

impl Entrypoint {
    /// The patterns of paths that the client does not send. `needed` is false for a build that reads nothing of the
    /// context: then nothing is asked.
    pub async fn ignored(&self, gateway: &Gateway, needed: bool) -> Result<IgnoreRules, Failure> {
        let (name, patterns) = match &self.ignore {
            IgnoreFile::None => (IGNORE_FILE, Vec::new()),
            IgnoreFile::Read { name, bytes } => (name.as_str(), parse(name, bytes)?),
            IgnoreFile::InContext(context, patterns) => {
                let needed = needed || must_read(gateway).await?;
                let patterns = if needed {
                    patterns.get_or_try_init(|| read(gateway, context, IGNORE_FILE)).await?.clone()
                } else {
                    Vec::new()
                };
                (IGNORE_FILE, patterns)
            }
        };
        Ok(IgnoreRules { name: name.to_owned(), patterns })
    }

    /// The same for directories of the client that are not the build context, by their named contexts.
    pub async fn ignored_in(
        &self,
        gateway: &Gateway,
        needed: &[&LocalDirectory],
    ) -> Result<BTreeMap<String, Vec<String>>, Failure> {
        let must_read = !self.directories.is_empty() && must_read(gateway).await?;
        let is_needed =
            |context: &str| must_read || needed.iter().any(|directory| directory.context == context);
        let mut reads = tokio::task::JoinSet::new();
        for (context, reference) in self.directories.iter().filter(|(context, _)| is_needed(context)) {
            let (gateway, context, reference) = (gateway.clone(), context.clone(), reference.clone());
            reads.spawn_local(async move {
                let name = format!("{IGNORE_FILE} of the named context {context}");
                let patterns = read(&gateway, &reference, &name).await;
                (context, patterns)
            });
        }
        let mut ignored = BTreeMap::new();
        while let Some(finished) = reads.join_next().await {
            let Ok((context, patterns)) = finished else { continue };
            ignored.insert(context, patterns?);
        }
        Ok(ignored)
    }
}

/// Some daemons fail a build whose references were not all looked into.
async fn must_read(gateway: &Gateway) -> Result<bool, Failure> {
    Ok(gateway.ping().await?.fails_on_unevaluated_refs())
}

async fn read(gateway: &Gateway, directory: &Ref, name: &str) -> Result<Vec<String>, Failure> {
    let bytes = gateway.read_file(directory, IGNORE_FILE, MAX_IGNORE_BYTES).await?;
    parse(name, &bytes.unwrap_or_default())
}

/// The patterns; else the lines that are none, with their excerpt.
fn parse(name: &str, bytes: &[u8]) -> Result<Vec<String>, Failure> {
    dockerignore::parse(bytes).map_err(|errors| {
        let told: Vec<String> =
            errors.0.iter().map(|error| format!("{name}:{}: {}", error.line, error.problem)).collect();
        let ranges = errors.0.iter().map(|error| SourceRange::lines(error.line, error.line)).collect();
        let data = String::from_utf8_lossy(bytes).into_owned().into_bytes();
        let file = SourceFile { filename: name.to_owned(), data, language: String::new() };
        Failure::new(told.join("\n")).with_source(SourceExcerpt { file: Arc::new(file), ranges })
    })
}
