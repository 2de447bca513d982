//! Changes of files that need no process.

use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::{CopyStep, MkdirStep, RemoveStep, SymlinkStep, WriteStep};

use super::build::StagePlanner;
use super::owner::owner;
use super::{Action, CopySource, FileChange, FileSource, Owner, Runtime};
use crate::paths;

type Planned = (Action, String);

pub(super) fn copy(
    planner: &StagePlanner<'_>,
    step: &CopyStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Planned {
    let from = match &step.from {
        Some(from) => FileSource::Other(planner.source(from)),
        None => FileSource::Context,
    };
    let mut sources = Vec::with_capacity(step.copy.values.len());
    for written in &step.copy.values {
        let path = text(planner, written, runtime, faults);
        if paths::escapes(&path) && from == FileSource::Context {
            let fault = Diagnostic::new(written.span, format!("`{path}` leads out of the build context"));
            faults.push(fault.help("only files inside of the context can be copied; a second directory comes in with `--build-context`"));
        }
        sources.push(CopySource { path: paths::absolute_file("/", &path), span: written.span });
    }
    let to = step.to.as_ref().map(|to| planner.expand(to, &runtime.env, faults));
    if let (Some(to), Some(written), 2..) = (&to, &step.to, sources.len())
        && !is_directory(to)
    {
        let fault = Diagnostic::new(written.span, "several sources are copied, so this must be a directory");
        faults.push(fault.help(format!("end it with a slash: `{to}/`")));
    }
    let dest = paths::absolute(&runtime.workdir, to.as_deref().unwrap_or("."));
    let display = format!("copy {} {}", shown(step), to.as_deref().unwrap_or("."));
    let owner = chown(planner, step.chown.as_ref(), runtime, faults);
    (Action::Files(vec![FileChange::Copy { from, sources, dest, owner, mode: step.chmod.clone() }]), display)
}

fn is_directory(path: &str) -> bool {
    path.is_empty() || path.ends_with('/') || path == "." || path.ends_with("/.") || path.ends_with("..")
}

fn shown(step: &CopyStep) -> String {
    let sources: Vec<&str> = step.copy.values.iter().map(|source| source.raw.as_str()).collect();
    let from = step.from.as_ref().map(|from| format!("{}:", from.raw)).unwrap_or_default();
    format!("{from}{}", sources.join(" "))
}

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
    changes.push(FileChange::Write { path, content, mode, owner });
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
fn text(planner: &StagePlanner<'_>, written: &Template, runtime: &Runtime, faults: &mut Faults) -> String {
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
fn parents(path: &str) -> Vec<FileChange> {
    let parent = paths::parent(path);
    if parent == "/" {
        return Vec::new();
    }
    vec![FileChange::Mkdir { path: parent.to_owned(), mode: 0o755, owner: None }]
}

fn chown(
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
