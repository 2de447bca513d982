//! `add`: files behind URLs, git repositories, and archives of the build context.

use buildkit_llb::{GitSource, HttpSource};
use spec_schema::decode::text::Template;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::spec::AddStep;

use super::copy::{context_path, destination, titled};
use super::files::{chown, text};
use super::stage::StagePlanner;
use super::{Action, CopyFilter, CopySource, FileChange, FileSource, Runtime};
use crate::external::{self, Origin, git};
use crate::paths;

/// One thing to add.
enum Added {
    /// A file behind a URL.
    Http(HttpSource),
    /// A repository.
    Git(GitSource),
    /// A path in the build context.
    Path(CopySource),
}

pub(super) fn add(
    planner: &StagePlanner<'_>,
    step: &AddStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> (Action, String) {
    let checksum = checksum(planner, step, runtime, faults);
    let (dest, to) = destination(planner, step.to.as_ref(), step.add.values.len(), runtime, faults);
    let owner = chown(planner, step.chown.as_ref(), runtime, faults);
    let unpack = step.unpack.as_ref().map(|unpack| unpack.value);
    let mut changes = Vec::with_capacity(step.add.values.len());
    for written in &step.add.values {
        let Some(added) = added(planner, written, runtime, faults) else { continue };
        check(step, &added, written, faults);
        let (source, path, unpack) = match added {
            Added::Path(path) => {
                let (from, sources) = (FileSource::Context, vec![path]);
                let (dest, owner, mode) = (dest.clone(), owner.clone(), step.chmod.clone());
                let filter = CopyFilter::default();
                let unpack = unpack.unwrap_or(true);
                changes.push(FileChange::Copy { from, sources, dest, owner, mode, filter, unpack });
                continue;
            }
            Added::Http(source) => {
                let path = format!("/{}", source.filename.as_deref().unwrap_or_default());
                let checksum = checksum.clone();
                (Origin::Http(HttpSource { checksum, ..source }), path, unpack.unwrap_or(false))
            }
            Added::Git(source) => {
                let keep = step.keep_git_dir.as_ref().map_or(source.keep_git_dir, |keep| keep.value);
                let checksum = checksum.clone().or_else(|| source.checksum.clone());
                (Origin::Git(GitSource { keep_git_dir: keep, checksum, ..source }), "/".to_owned(), false)
            }
        };
        changes.push(FileChange::Fetch {
            source: Box::new(planner.selection.locked(source).into()),
            span: written.span,
            path,
            dest: dest.clone(),
            owner: owner.clone(),
            mode: step.chmod.clone(),
            unpack,
        });
    }
    (Action::Files(changes), format!("{} {to}", shown(step)))
}

fn shown(step: &AddStep) -> String {
    let names: Vec<&str> = step.add.values.iter().map(|added| added.raw.as_str()).collect();
    format!("add {}", names.join(" "))
}

/// What a step is called that has no name, as a name for it.
pub(crate) fn title(step: &AddStep) -> Template {
    titled(&shown(step), step.to.as_ref(), step.span)
}

fn added(
    planner: &StagePlanner<'_>,
    written: &Template,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Option<Added> {
    let known = faults.len();
    let what = text(planner, written, runtime, faults);
    if faults.len() > known {
        return None;
    }
    match git::parse(&what) {
        Some(Ok(source)) => Some(Added::Git(source)),
        Some(Err(why)) => {
            faults.push(Diagnostic::new(written.span, format!("`{what}` cannot be read: {why}")));
            None
        }
        None if external::is_url(&what) => {
            let filename = Some(external::file_name(&what));
            Some(Added::Http(HttpSource { filename, ..HttpSource::new(what) }))
        }
        None => {
            let path = paths::absolute_file("/", &context_path(&what, written, faults));
            Some(Added::Path(CopySource { path, parents_below: None, span: written.span }))
        }
    }
}

fn checksum(
    planner: &StagePlanner<'_>,
    step: &AddStep,
    runtime: &Runtime,
    faults: &mut Faults,
) -> Option<String> {
    let written = step.checksum.as_ref()?;
    let known = faults.len();
    let checksum = planner.expand(written, &runtime.env, faults);
    if step.add.values.len() > 1 {
        let fault = Diagnostic::new(written.span, "a checksum is for one URL, and this step adds several");
        faults.push(fault.help("make it several steps"));
    }
    (faults.len() == known).then_some(checksum)
}

/// What does not go together with what is added.
fn check(step: &AddStep, added: &Added, written: &Template, faults: &mut Faults) {
    let (span, message, help) = match (added, &step.checksum, &step.unpack, &step.keep_git_dir) {
        (Added::Path(_), Some(checksum), ..) => (
            checksum.span,
            "a file of the build context has no checksum".to_owned(),
            "it is what it is: the client sends it",
        ),
        (Added::Http(_) | Added::Path(_), .., Some(keep)) => {
            let message = format!("`keep_git_dir` is for git, and `{}` is no git repository", written.raw);
            (
                keep.span,
                message,
                "a URL of a repository ends in `.git`, or starts with `git://`, `ssh://` or `user@host:`",
            )
        }
        (Added::Git(_), _, Some(unpack), _) => (
            unpack.span,
            "a git repository is no archive that could be unpacked".to_owned(),
            "its files are added as they are",
        ),
        (Added::Http(_), Some(checksum), ..) => return check_sum(checksum, external::check_digest, faults),
        (Added::Git(_), Some(checksum), ..) => return check_sum(checksum, external::check_commit, faults),
        _ => return,
    };
    faults.push(Diagnostic::new(span, message).help(help));
}

/// A checksum that is written out; one with variables is left to the daemon.
fn check_sum(written: &Template, check: fn(&str) -> Result<(), &'static str>, faults: &mut Faults) {
    if let (true, Err(why)) = (written.is_literal(), check(&written.raw)) {
        faults.push(Diagnostic::new(written.span, format!("`{}` is no checksum: {why}", written.raw)));
    }
}
