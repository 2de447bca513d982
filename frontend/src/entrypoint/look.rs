//! Files of the build context that say what is to be built.

use buildkit_llb::LocalSource;

use super::locals::single;
use super::{CONTEXT_LOCAL, Entrypoint, MainContext};
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::lower::hint;
use crate::opts::FrontendOpts;
use crate::survey::{Survey, Wanted};

/// The most that is read of one file: lockfiles of large projects have some megabytes.
pub(crate) const MAX_BYTES: usize = 64 << 20;

impl Entrypoint {
    /// Looks up what a survey wants to know. From a directory of the client, that takes two round trips, and one for the ignore
    /// file the first time; a pattern takes one for each of its parts. What the client does not send is not there.
    pub async fn look(
        &self,
        gateway: &Gateway,
        opts: &FrontendOpts,
        wanted: Wanted,
        survey: &mut Survey,
    ) -> Result<(), Failure> {
        let context = self.context_with(gateway, opts, &wanted).await?;
        let mut reads = tokio::task::JoinSet::new();
        for path in wanted.files {
            let (gateway, context) = (gateway.clone(), context.clone());
            reads.spawn_local(async move {
                let bytes = read(&gateway, &context, &path).await;
                (path, bytes)
            });
        }
        let mut lists = tokio::task::JoinSet::new();
        for pattern in wanted.patterns {
            let (gateway, context) = (gateway.clone(), context.clone());
            lists.spawn_local(async move {
                let paths = matching(&gateway, &context, &pattern).await;
                (pattern, with_bytes(&gateway, &context, paths).await)
            });
        }
        while let Some(finished) = reads.join_next().await {
            let Ok((path, bytes)) = finished else { continue };
            survey.found(path, bytes?);
        }
        while let Some(finished) = lists.join_next().await {
            let Ok((pattern, files)) = finished else { continue };
            let (paths, bytes): (Vec<_>, Vec<_>) = files?.into_iter().unzip();
            for (path, bytes) in paths.iter().zip(bytes) {
                if bytes.is_some() {
                    survey.found(path.clone(), bytes);
                }
            }
            survey.listed(pattern, paths);
        }
        Ok(())
    }

    /// The build context; of a directory of the client no more than these files.
    async fn context_with(
        &self,
        gateway: &Gateway,
        opts: &FrontendOpts,
        wanted: &Wanted,
    ) -> Result<Ref, Failure> {
        let definition = match &self.context {
            MainContext::Remote(remote) => {
                let mut graph = buildkit_llb::Graph::new();
                let output = remote.add_to(&mut graph);
                graph.marshal(output)
            }
            MainContext::Local => {
                let follow_paths: Vec<String> = wanted.files.union(&wanted.patterns).cloned().collect();
                let exclude_patterns = self.ignored(gateway, true).await?.patterns;
                let source = LocalSource {
                    session: Some(opts.session_for_local(CONTEXT_LOCAL).to_owned()),
                    shared_key_hint: Some(hint("context-survey", &[&follow_paths, &exclude_patterns])),
                    follow_paths,
                    exclude_patterns,
                    ..LocalSource::new(CONTEXT_LOCAL)
                };
                single(source, "[internal] look for manifests and lockfiles in the build context")
            }
        };
        Ok(gateway.solve(definition.into_pb(), SolveOptions::default()).await?)
    }
}

async fn read(gateway: &Gateway, context: &Ref, path: &str) -> Result<Option<Vec<u8>>, Failure> {
    match gateway.read_file(context, path, MAX_BYTES).await {
        Ok(bytes) => Ok(bytes),
        // A directory of that name is not the file.
        Err(error) if error.is_no_file() || error.is_missing_file() => Ok(None),
        Err(GatewayError::FileTooLarge { .. }) => {
            Err(Failure::new(format!("{path} in the build context is larger than {} MiB", MAX_BYTES >> 20)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Paths with what is in those that are files: the client has sent it with the list, and would send it again for the next look.
async fn with_bytes(
    gateway: &Gateway,
    context: &Ref,
    paths: Result<Vec<String>, Failure>,
) -> Result<Vec<(String, Option<Vec<u8>>)>, Failure> {
    let mut reads = tokio::task::JoinSet::new();
    for path in paths? {
        let (gateway, context) = (gateway.clone(), context.clone());
        reads.spawn_local(async move {
            // Whoever wants what cannot be read is told when it asks for it.
            let bytes = read(&gateway, &context, &path).await.unwrap_or_default();
            (path, bytes)
        });
    }
    let mut files = Vec::new();
    while let Some(finished) = reads.join_next().await {
        files.extend(finished.ok());
    }
    Ok(files)
}

/// The paths that match a pattern, one level of directories after the other.
async fn matching(gateway: &Gateway, context: &Ref, pattern: &str) -> Result<Vec<String>, Failure> {
    let mut found = vec![String::new()];
    for part in pattern.split('/') {
        let mut reads = tokio::task::JoinSet::new();
        for parent in std::mem::take(&mut found) {
            let (gateway, context, part) = (gateway.clone(), context.clone(), part.to_owned());
            reads.spawn_local(async move { entries(&gateway, &context, &parent, &part).await });
        }
        while let Some(finished) = reads.join_next().await {
            if let Ok(paths) = finished {
                found.extend(paths?);
            }
        }
    }
    Ok(found)
}

/// The paths of what matches in one directory.
async fn entries(gateway: &Gateway, context: &Ref, parent: &str, part: &str) -> Result<Vec<String>, Failure> {
    match gateway.read_dir(context, &format!("/{parent}"), part).await {
        Ok(entries) => Ok(entries.iter().map(|entry| below(parent, entry.path.trim_matches('/'))).collect()),
        Err(error) if error.is_missing_file() || error.is_no_file() => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn below(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}
