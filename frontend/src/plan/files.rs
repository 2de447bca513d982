//! Changes of files that need no process.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{MkdirStep, RemoveStep, SymlinkStep, WriteStep};

use super::owner::owner;
use super::stage::StagePlanner;
use super::{Action, FileChange, Owner, Runtime};
use crate::paths;

pub(super) type Planned = (Action, String);

pub(super) fn write(
    planner: &StagePlanner<'_>,
    step: &WriteStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let file = &step.write;
    let path = path(planner, &file.path, runtime, faults);
    let content = planner.expand(&file.content, &runtime.env, faults);
    let mode = file.chmod.map_or(0o644, |mode| mode.0);
    let owner = chown(planner, file.chown.as_ref(), runtime, faults);
    let display = format!("write {path}");
    let mut changes = parents(&path);
    changes.push(FileChange::Write { path, content: content.into_bytes(), mode, owner });
    (Action::Files(changes), display)
}

pub(super) fn mkdir(
    planner: &StagePlanner<'_>,
    step: &MkdirStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let mode = step.chmod.map_or(0o755, |mode| mode.0);
    let owner = chown(planner, step.chown.as_ref(), runtime, faults);
    let paths: Vec<String> =
        step.mkdir.values.iter().map(|written| path(planner, written, runtime, faults)).collect();
    let display = format!("mkdir {}", paths.join(" "));
    let mut changes = Vec::new();
    for path in paths {
        // Mode and owner are those of the directory that is named; parents are as any other.
        changes.extend(parents(&path));
        changes.push(FileChange::Mkdir { path, mode, owner: owner.clone() });
    }
    (Action::Files(changes), display)
}

pub(super) fn remove(
    planner: &StagePlanner<'_>,
    step: &RemoveStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let missing_ok = step.missing_ok.as_ref().is_some_and(|missing_ok| missing_ok.value);
    let paths: Vec<String> =
        step.remove.values.iter().map(|written| path(planner, written, runtime, faults)).collect();
    let display = format!("remove {}", paths.join(" "));
    let changes = paths.into_iter().map(|path| FileChange::Remove { path, missing_ok });
    (Action::Files(changes.collect()), display)
}

pub(super) fn symlink(
    planner: &StagePlanner<'_>,
    step: &SymlinkStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let link = path(planner, &step.symlink.path, runtime, faults);
    let target = planner.expand(&step.symlink.target, &runtime.env, faults);
    let display = format!("symlink {link} -> {target}");
    let mut changes = parents(&link);
    changes.push(FileChange::Symlink { target, path: link });
    (Action::Files(changes), display)
}

/// An absolute path that must not be the root.
fn path(planner: &StagePlanner<'_>, written: &Template, runtime: &Runtime, faults: &mut Faults) -> String {
    let known = faults.len();
    let path = paths::absolute_file(&runtime.workdir, &text(planner, written, runtime, faults));
    if path == "/" && faults.len() == known {
        faults.push(Diagnostic::new(written.span, "this is the root of the stage, which stays as it is"));
    }
    path
}

/// A path as written, which must say something: an empty one would stand for a whole directory.
pub(super) fn text(
    planner: &StagePlanner<'_>,
    written: &Template,
    runtime: &Runtime,
    faults: &mut Faults,
) -> String {
    let known = faults.len();
    let path = planner.expand(written, &runtime.env, faults);
    if path.is_empty() && faults.len() == known {
        faults.push(
            Diagnostic::new(written.span, "this path is empty").help("`.` stands for the directory itself"),
        );
    }
    path
}

/// What makes the directory that holds `path`.
pub(crate) fn parents(path: &str) -> Vec<FileChange> {
    let parent = paths::parent(path);
    if parent == "/" {
        return Vec::new();
    }
    vec![FileChange::Mkdir { path: parent.to_owned(), mode: 0o755, owner: None }]
}

pub(super) fn chown(
    planner: &StagePlanner<'_>,
    written: Option<&Template>,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Option<Owner> {
    let written = written?;
    let known = faults.len();
    let text = planner.expand(written, &runtime.env, faults);
    (faults.len() == known).then(|| owner(&text, written, planner.nothing_there, faults)).flatten()
}
