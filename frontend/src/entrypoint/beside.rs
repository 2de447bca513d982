//! Spec files beside the spec: read from where that came from.

use buildkit_llb::{Definition, LocalSource};
use spec_schema::diagnostic::did_you_mean;

use super::locals::single;
use super::{Entrypoint, SPEC_LOCAL};
use crate::gateway::{Failure, Gateway, GatewayError, Ref, SolveOptions};
use crate::lock::SUFFIX;
use crate::opts::FrontendOpts;
use crate::parse::{Found, MAX_SPEC_BYTES};
use crate::paths;

/// Where the spec came from.
#[derive(Debug)]
pub(super) enum SpecFolder {
    /// From a directory of the client, which sends nothing of it that is not asked for.
    Client,
    /// From files that the daemon has: a remote context, an input.
    Loaded(Ref),
}

impl SpecFolder {
    /// What to do about a file that is not there.
    fn help(&self) -> &'static str {
        match self {
            Self::Client => {
                "files are included from the folder of the spec, which is what the client sends; a spec from stdin has none"
            }
            Self::Loaded(_) => "files are included from the build context that the spec came from",
        }
    }
}

impl Entrypoint {
    /// What stands at each of these paths, seen from the root of what holds the spec. Two round trips where the client
    /// has it, else one.
    pub async fn beside(
        &self,
        gateway: &Gateway,
        opts: &FrontendOpts,
        paths: Vec<String>,
    ) -> Result<Vec<Found>, Failure> {
        let folder = match &self.folder {
            SpecFolder::Loaded(folder) => folder.clone(),
            SpecFolder::Client => {
                let source = LocalSource { follow_paths: paths.clone(), ..spec_folder(opts, "include") };
                let label = format!("[internal] load build definition from {}", paths.join(", "));
                gateway.solve(single(source, &label).into_pb(), SolveOptions::default()).await?
            }
        };
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
                *help = Some(self.help_for(gateway, opts, path).await);
            }
        }
        Ok(found)
    }

    /// What to do about a file that is not there: the nearest name in its folder.
    async fn help_for(&self, gateway: &Gateway, opts: &FrontendOpts, path: &str) -> String {
        let siblings = self.siblings(gateway, opts, path).await.unwrap_or_default();
        if siblings.iter().any(|sibling| sibling == path) {
            return "what this link leads to is not in the folder of the spec".to_owned();
        }
        did_you_mean(path, siblings.iter().map(String::as_str))
            .unwrap_or_else(|| self.folder.help().to_owned())
    }

    /// The YAML files in the folder of a file, without the spec itself.
    async fn siblings(
        &self,
        gateway: &Gateway,
        opts: &FrontendOpts,
        path: &str,
    ) -> Result<Vec<String>, GatewayError> {
        let absolute = format!("/{path}");
        let folder = paths::parent(&absolute);
        let inside = |name: &str| paths::absolute_file(folder, name).trim_start_matches('/').to_owned();
        let listed = match &self.folder {
            SpecFolder::Loaded(loaded) => loaded.clone(),
            SpecFolder::Client => {
                let include_patterns = vec![inside("*.yaml"), inside("*.yml")];
                let source = LocalSource { include_patterns, ..spec_folder(opts, &format!("list:{folder}")) };
                let definition = single(source, "[internal] list spec files");
                gateway.solve(definition.into_pb(), SolveOptions::default()).await?
            }
        };
        let is_yaml = |name: &str| [".yaml", ".yml"].iter().any(|ending| name.ends_with(ending));
        let files = gateway.read_dir(&listed, folder, "").await?;
        let files = files.iter().filter(|file| !file.is_dir() && is_yaml(&file.path));
        Ok(files.map(|file| inside(&file.path)).filter(|name| *name != self.filename).collect())
    }
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

/// The source of the lock file of the spec. It is not read together with the spec: that source has to be the one that the daemon's own
/// frontend found the directive with, so that nothing is sent twice.
pub(super) fn lock_source(opts: &FrontendOpts) -> Definition {
    let lock = format!("{}{SUFFIX}", opts.filename);
    let label = format!("[internal] load {lock}");
    single(LocalSource { follow_paths: vec![lock], ..spec_folder(opts, "lock") }, &label)
}

/// What stands where the lock file of a spec would be.
pub(super) async fn lock_in(gateway: &Gateway, folder: &Ref, spec: &str) -> Result<Found, Failure> {
    read(gateway, folder, &format!("{spec}{SUFFIX}")).await
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
