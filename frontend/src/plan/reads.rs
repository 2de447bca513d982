//! What a build reads of what the client gives.

use super::{
    Action, BuildPlan, CachePlan, CopySource, FileChange, FileSource, MountPlan, StagePlan, StepPlan, copy,
};
use crate::external::Origin;

/// The paths of the build context, or of other files of the client, that a build reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextPaths {
    /// None: it is not needed at all.
    None,
    /// These, from its root; wildcards are possible.
    Some(Vec<String>),
    /// All of it.
    All,
}

impl BuildPlan {
    /// The paths of the build context that any step reads.
    pub fn context_paths(&self) -> ContextPaths {
        self.paths_of(&FileSource::Context)
    }

    /// Patterns of what no step reads of the context: what all copies of it leave out, but for those that name paths and take these as
    /// they are, where they are no part of it.
    ///
    /// Other readers may come by a symbolic link to what a copy does not want.
    pub fn unread_context(&self) -> Vec<String> {
        let mut unread: Option<Vec<String>> = None;
        let mut named = Vec::new();
        for step in self.steps() {
            match &step.action {
                Action::Run(run) => {
                    if run.mounts.iter().any(|mount| mounted(mount, &FileSource::Context).is_some()) {
                        return Vec::new();
                    }
                }
                Action::Files(changes) => {
                    for (source, filter) in changes.iter().flat_map(copy::context_readers) {
                        if source.takes_links_as_they_are(filter) {
                            named.push(source.path.trim_matches('/'));
                            continue;
                        }
                        let left_out = source.left_out(filter);
                        unread = Some(match unread {
                            None => left_out,
                            Some(others) => others.into_iter().filter(|it| left_out.contains(it)).collect(),
                        });
                    }
                }
                Action::Parallel(_) => {}
            }
        }
        let mut unread = unread.unwrap_or_default();
        unread.retain(|pattern| !named.iter().any(|path| copy::may_meet(pattern, path)));
        unread
    }

    /// The paths of some files that any stage reads.
    pub fn paths_of(&self, files: &FileSource) -> ContextPaths {
        let mut paths = Vec::new();
        for step in self.steps() {
            match &step.action {
                Action::Run(run) => paths.extend(run.mounts.iter().filter_map(|mount| mounted(mount, files))),
                Action::Files(changes) => {
                    paths.extend(changes.iter().flat_map(|change| copied(change, files)));
                }
                Action::Parallel(_) => {}
            }
        }
        let is_base = |stage: &StagePlan| matches!(files, FileSource::Other(source) if stage.base == *source);
        let compares = |stage: &StagePlan| {
            let growth = stage.verify.as_ref().and_then(|verify| verify.max_growth.as_ref());
            let published = growth.and_then(|growth| growth.published.as_ref());
            matches!(files, FileSource::Other(source) if published == Some(source))
        };
        if self.stages.iter().any(|stage| is_base(stage) || compares(stage)) {
            return ContextPaths::All;
        }
        if paths.is_empty() {
            return ContextPaths::None;
        }
        if paths.contains(&"/") {
            return ContextPaths::All;
        }
        paths.sort_unstable();
        paths.dedup();
        ContextPaths::Some(paths.into_iter().map(|path| path.trim_matches('/').to_owned()).collect())
    }

    /// Whether anything comes from outside that is no image.
    pub fn reads_outside(&self) -> bool {
        let fetches = |step: &StepPlan| match &step.action {
            Action::Files(changes) => changes.iter().any(|change| matches!(change, FileChange::Fetch { .. })),
            Action::Run(_) | Action::Parallel(_) => false,
        };
        self.places.keys().any(|external| external.origin != Origin::Frontend) || self.steps().any(fetches)
    }

    /// The paths that steps copy from the context, each with its place.
    pub fn copied_from_context(&self) -> impl Iterator<Item = &CopySource> {
        let changes = self.steps().filter_map(|step| match &step.action {
            Action::Files(changes) => Some(changes),
            Action::Run(_) | Action::Parallel(_) => None,
        });
        changes
            .flatten()
            .filter_map(|change| match change {
                FileChange::Copy { from: FileSource::Context, sources, .. } => Some(sources),
                _ => None,
            })
            .flatten()
    }
}

fn mounted<'p>(mount: &'p MountPlan, files: &FileSource) -> Option<&'p str> {
    match mount {
        MountPlan::Bind { from, source, .. }
        | MountPlan::Cache(CachePlan { from: Some((from, source)), .. }) => (from == files).then_some(source),
        _ => None,
    }
}

fn copied<'p>(change: &'p FileChange, files: &FileSource) -> Vec<&'p str> {
    match change {
        FileChange::Copy { from, sources, .. } if from == files => {
            sources.iter().map(CopySource::needed).collect()
        }
        _ => Vec::new(),
    }
}
