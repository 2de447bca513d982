//! Spec files beside the spec: read from where that came from.

use buildkit_llb::LocalSource;
use spec_schema::diagnostic::did_you_mean;

use super::{Entrypoint, SPEC_LOCAL, single};
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::opts::FrontendOpts;
use crate::parse::{Found, MAX_SPEC_BYTES};
use crate::paths;

/// What to do about a file that is not there.
const NOT_THERE: &str = "files are included from the folder of the spec, which is what the client sends; a spec from stdin has none";

impl Entrypoint {
    /// What stands at each of these paths, seen from the folder that holds the spec. Two round trips: the client sends
    /// nothing that is not asked for.
    pub async fn beside(
        &self,
        gateway: &Gateway,
        opts: &FrontendOpts,
        paths: Vec<String>,
    ) -> Result<Vec<Found>, Failure> {
        let source = LocalSource { follow_paths: paths.clone(), ..spec_folder(opts, "include") };
        let label = format!("[internal] load build definition from {}", paths.join(", "));
        let (definition, _) = single(source, &label);
        let folder = gateway.solve(definition.into_pb(), SolveOptions::default()).await?;
        let mut reads = tokio::task::JoinSet::new();
        for (index, path) in paths.iter().enumerate() {
            let (gateway, folder, path) = (gateway.clone(), folder.clone(), path.clone());
            reads.spawn_local(async move { (index, read(&gateway, &folder, &path).await) });
        }
        let mut found: Vec<Found> = paths.iter().map(|_| Found::Nothing(None)).collect();
        while let Some(finished) = reads.join_next().await {
            let Ok((index, read)) = finished else { continue };
            found[index] = read?;
        }
        for (path, found) in paths.iter().zip(&mut found) {
            if let Found::Nothing(help) = found {
                *help = Some(help_for(gateway, opts, path).await);
            }
        }
        Ok(found)
    }
}

/// What to do about a file that is not there: the nearest name in its folder.
async fn help_for(gateway: &Gateway, opts: &FrontendOpts, path: &str) -> String {
    let siblings = siblings(gateway, opts, path).await.unwrap_or_default();
    if siblings.iter().any(|sibling| sibling == path) {
        return "what this link leads to is not in the folder of the spec".to_owned();
    }
    did_you_mean(path, siblings.iter().map(String::as_str)).unwrap_or_else(|| NOT_THERE.to_owned())
}

/// The YAML files in the folder of a file, without the spec itself.
async fn siblings(gateway: &Gateway, opts: &FrontendOpts, path: &str) -> Result<Vec<String>, GatewayError> {
    let absolute = format!("/{path}");
    let folder = paths::parent(&absolute);
    let inside = |name: &str| paths::absolute_file(folder, name).trim_start_matches('/').to_owned();
    let include_patterns = vec![inside("*.yaml"), inside("*.yml")];
    let source = LocalSource { include_patterns, ..spec_folder(opts, &format!("list:{folder}")) };
    let (definition, _) = single(source, "[internal] list spec files");
    let listed = gateway.solve(definition.into_pb(), SolveOptions::default()).await?;
    let files = gateway.read_dir(&listed, folder, "").await?;
    let names = files.iter().filter(|file| !file.is_dir()).map(|file| inside(&file.path));
    Ok(names.filter(|name| *name != opts.filename).collect())
}

/// The folder that holds the spec, on the side of the client. `purpose` tells this source from that of the spec alone: under
/// one name, each would make the client send the other again.
fn spec_folder(opts: &FrontendOpts, purpose: &str) -> LocalSource {
    let name = opts.dockerfile_key.as_deref().unwrap_or(SPEC_LOCAL);
    LocalSource {
        session: Some(opts.session_for_local(name).to_owned()),
        shared_key_hint: Some(format!("{name}-{purpose}")),
        differ: Some(buildkit_llb::Differ::None),
        ..LocalSource::new(name)
    }
}

async fn read(gateway: &Gateway, folder: &Ref, path: &str) -> Result<Found, Failure> {
    Ok(match gateway.read_file(folder, path, MAX_SPEC_BYTES).await {
        Ok(Some(bytes)) => Found::Bytes(bytes),
        Ok(None) => Found::Nothing(None),
        Err(GatewayError::FileTooLarge { .. }) => Found::TooLarge,
        Err(error) if error.is_no_file() => Found::NoFile,
        Err(error) => return Err(error.into()),
    })
}
