//! Changes of files: one op a step.

use buildkit_llb::{Copy, FileOp, Mkdir, Mkfile, OpMeta, Output, OwnerName, Permissions, Remove, Symlink};

use super::Lowerer;
use super::copy::{CopyShape, permissions};
use crate::paths::parent;
use crate::plan::{FileChange, Name, Owner, has_wildcard};

impl Lowerer<'_> {
    /// Adds the changes of one step.
    pub(super) fn change(
        &mut self,
        root: Option<Output>,
        changes: &[FileChange],
        meta: OpMeta,
    ) -> Option<Output> {
        let abilities = self.surroundings.abilities;
        let mut op = FileOp::on(root);
        for change in changes {
            op = match change {
                FileChange::Copy { from, sources, dest, owner, mode, filter, unpack } => {
                    let shape = CopyShape {
                        from: self.source(from),
                        dest: dest.clone(),
                        owner: owner.as_ref().map(|owner| lower_owner(owner, root)),
                        permissions: mode.as_ref().map(|mode| permissions(mode, abilities)),
                        unpack: *unpack,
                    };
                    self.copies(op, &shape, sources, filter)
                }
                FileChange::Fetch { source, span, path, dest, owner, mode, unpack } => {
                    let from = self.external(source, *span);
                    op.copy(Copy {
                        owner: owner.as_ref().map(|owner| lower_owner(owner, root)),
                        permissions: mode.as_ref().map(|mode| permissions(mode, abilities)),
                        attempt_unpack: *unpack,
                        create_dest_path: true,
                        ..Copy::new(from, path.clone(), dest.clone())
                    })
                }
                FileChange::Write { path, content, mode, owner } => {
                    let owner = owner.as_ref().map(|owner| lower_owner(owner, root));
                    let data = content.clone();
                    let file = Mkfile {
                        path: path.clone(),
                        data,
                        mode: *mode,
                        owner: owner.clone(),
                        timestamp: self.time,
                    };
                    if is_cut(*mode) {
                        let path = format!("/{}", base_name(path));
                        let made = FileOp::on(None).mkfile(Mkfile { path, owner: None, ..file.clone() });
                        op.copy(self.made_elsewhere(made, &file.path, *mode, owner))
                    } else {
                        op.mkfile(file)
                    }
                }
                FileChange::Mkdir { path, mode, owner } => {
                    let owner = owner.as_ref().map(|owner| lower_owner(owner, root));
                    let directory = Mkdir {
                        path: path.clone(),
                        mode: *mode,
                        make_parents: true,
                        owner: owner.clone(),
                        timestamp: self.time,
                    };
                    if is_cut(*mode) {
                        let path = format!("/{}", base_name(path));
                        let made = FileOp::on(None).mkdir(Mkdir { path, owner: None, ..directory.clone() });
                        op.copy(self.made_elsewhere(made, &directory.path, *mode, owner))
                    } else {
                        op.mkdir(directory)
                    }
                }
                FileChange::Remove { path, missing_ok } => self.remove(op, path, *missing_ok),
                FileChange::Symlink { target, path } => self.symlink(op, path, target),
            };
        }
        self.graph.file(op, meta)
    }
}

impl Lowerer<'_> {
    fn symlink(&mut self, op: FileOp, path: &str, target: &str) -> FileOp {
        if !self.surroundings.abilities.symlinks {
            return op.copy(self.unpacked_link(path, target));
        }
        let (target, path) = (target.to_owned(), path.to_owned());
        op.symlink(Symlink { target, path, owner: None, timestamp: self.time })
    }

    fn remove(&mut self, op: FileOp, path: &str, missing_ok: bool) -> FileOp {
        let remove = Remove {
            path: path.to_owned(),
            allow_not_found: missing_ok,
            allow_wildcard: true,
            may_follow_symlink: false,
        };
        if self.surroundings.abilities.link_removal || has_wildcard(path) {
            return op.remove(remove);
        }
        // What is no link any more cannot be followed.
        op.copy(self.unpacked_file(path)).remove(Remove { may_follow_symlink: true, ..remove })
    }

    /// Copies what `file` makes to the directory that holds `path`, with exactly these permissions.
    pub(super) fn made_elsewhere(
        &mut self,
        file: FileOp,
        path: &str,
        mode: u32,
        owner: Option<buildkit_llb::Owner>,
    ) -> Copy {
        let from = self.graph.file(file, OpMeta::named(format!("[internal] make {path}")));
        let directory = format!("{}/", parent(path).trim_end_matches('/'));
        Copy {
            owner,
            permissions: Some(Permissions::Bits(mode)),
            dir_copy_contents: true,
            ..Copy::new(from, "/", directory)
        }
    }
}

/// Whether the daemon would give something new other permissions: it applies its umask, and drops the bits above 0777.
/// A copy's permissions are exact.
pub(super) fn is_cut(mode: u32) -> bool {
    mode & 0o7022 != 0
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Names are those of the stage as it was before the step.
fn lower_owner(owner: &Owner, of: Option<Output>) -> buildkit_llb::Owner {
    let name = |name: &Name| match name {
        Name::Id(id) => OwnerName::Id(*id),
        Name::Named(name) => OwnerName::Name { name: name.clone(), of },
    };
    buildkit_llb::Owner { user: Some(name(&owner.user)), group: owner.group.as_ref().map(name) }
}
