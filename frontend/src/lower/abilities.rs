//! What is made in another way where the daemon is too old, or cannot do it, with the same files in the end.
//!
//! All else that a daemon lacks is told before anything is solved, see [`super::Lowered::missing`].

use buildkit_llb::caps::{self, Cap};

use super::copy::are_plain_with_parents;
use super::secret_env;
use crate::gateway::{DaemonInfo, MAX_REQUEST};
use crate::permissions::fixed_bits;
use crate::plan::{Action, FileChange, StepPlan, has_wildcard};
use spec_schema::decode::Mode;

/// What the daemon can do, of that for which there is another way, and how much it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own")]
pub struct Abilities {
    /// Put layers together: `mergeop` and `diffop`. Else branches run one after the other, and a copy with `link: true` is a plain one.
    pub merges: bool,
    /// Make symbolic links. Else they are unpacked from an archive.
    pub symlinks: bool,
    /// Change permissions such as `u+x`. Else they are set, where they come to the same for every file.
    pub symbolic_modes: bool,
    /// Put secrets into variables. Else the shell reads them from files.
    pub secret_variables: bool,
    /// Remove a symbolic link. Else, as what it points at would be removed, a file is put into its place first.
    pub link_removal: bool,
    /// Choose by patterns what is copied. Else plain paths that keep their directories are copied one by one.
    pub copy_patterns: bool,
    /// Tell the files of a mount by how they were made. Else their content is read to tell them by.
    pub content_cache: bool,
    /// The largest request that it takes, in bytes.
    pub max_request: usize,
}

impl Abilities {
    /// Of a daemon that can do everything.
    pub const ALL: Self = Self {
        merges: true,
        symlinks: true,
        symbolic_modes: true,
        secret_variables: true,
        link_removal: true,
        copy_patterns: true,
        content_cache: true,
        max_request: MAX_REQUEST,
    };

    /// The daemon's.
    pub fn of(daemon: &DaemonInfo) -> Self {
        let has = |cap: Cap| daemon.supports(cap.evidence().id()).is_ok();
        Self {
            merges: has(caps::MERGE) && has(caps::DIFF),
            symlinks: has(caps::FILE_SYMLINK),
            symbolic_modes: has(caps::FILE_COPY_MODE_STRING),
            secret_variables: has(caps::EXEC_SECRET_ENV),
            link_removal: has(caps::FILE_RM_NO_FOLLOW_SYMLINK),
            copy_patterns: has(caps::FILE_COPY_PATTERNS),
            content_cache: has(caps::EXEC_MOUNT_CONTENT_CACHE),
            max_request: daemon.max_request(),
        }
    }

    /// What a step would need and is done without, for its name.
    pub(super) fn without(self, step: &StepPlan) -> Option<Cap> {
        if step.link == Some(true) && !self.merges {
            return Some(caps::MERGE);
        }
        match &step.action {
            Action::Parallel(_) => (!self.merges).then_some(caps::MERGE),
            Action::Run(run) => {
                let shell_reads = !run.secret_env.is_empty() && secret_env::can_be_read(&run.args);
                (!self.secret_variables && shell_reads).then_some(caps::EXEC_SECRET_ENV)
            }
            Action::Files(changes) => changes.iter().find_map(|change| self.without_change(change)),
        }
    }

    fn without_change(self, change: &FileChange) -> Option<Cap> {
        match change {
            FileChange::Symlink { .. } => (!self.symlinks).then_some(caps::FILE_SYMLINK),
            FileChange::Remove { path, .. } => {
                (!self.link_removal && !has_wildcard(path)).then_some(caps::FILE_RM_NO_FOLLOW_SYMLINK)
            }
            FileChange::Copy { sources, filter, .. }
                if !self.copy_patterns && are_plain_with_parents(sources, filter) =>
            {
                Some(caps::FILE_COPY_PATTERNS)
            }
            FileChange::Copy { mode: Some(Mode::Symbolic(change)), .. }
            | FileChange::Fetch { mode: Some(Mode::Symbolic(change)), .. } => {
                (!self.symbolic_modes && fixed_bits(change).is_some()).then_some(caps::FILE_COPY_MODE_STRING)
            }
            _ => None,
        }
    }
}
