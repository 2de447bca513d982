//! What commands begin with: variables, a working directory, a shell, a user.

use super::StagePlan;
use crate::image_config::ImageConfig;
use crate::resolved::Resolved;
use crate::scope::Env;
use crate::select::Source;

/// The environment that commands run in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Runtime {
    /// Variables.
    pub env: Env,
    /// Working directory, absolute.
    pub workdir: String,
    /// What runs texts.
    pub shell: Vec<String>,
    /// The image's user; empty for root.
    pub user: String,
}

/// What commands of a stage begin with, before the stage says anything itself.
pub(super) fn base_runtime(base: &Source, resolved: &Resolved, stages: &[StagePlan]) -> Runtime {
    match base {
        Source::Stage(position) => {
            stages.get(*position).map_or_else(|| image_runtime(None), |stage| stage.runtime.clone())
        }
        base => image_runtime(resolved.config(base)),
    }
}

/// The environment of an image that sets none.
pub(super) fn default_env() -> Env {
    Env::from_iter([("PATH".to_owned(), crate::image_config::DEFAULT_PATH.to_owned())])
}

fn image_runtime(config: Option<&ImageConfig>) -> Runtime {
    let shell = config.map(|config| config.texts("Shell")).filter(|shell| !shell.is_empty());
    Runtime {
        env: config.map_or_else(default_env, ImageConfig::env),
        workdir: config.and_then(|config| config.text("WorkingDir")).unwrap_or("/").to_owned(),
        shell: shell.unwrap_or_else(|| vec!["/bin/sh".to_owned(), "-c".to_owned()]),
        user: config.and_then(|config| config.text("User")).unwrap_or_default().to_owned(),
    }
}
