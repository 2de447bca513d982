//! Changes of files without a process.

use buildkit_proto::pb::{self, file_action::Action};

use crate::caps::{self, Cap, CapSet};
use crate::graph::Output;
use crate::inputs::Inputs;

/// Changes made one after the other; together they are one layer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileOp {
    base: Option<Output>,
    changes: Vec<Change>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Change {
    Copy(Box<Copy>),
    Mkfile(Mkfile),
    Mkdir(Mkdir),
    Remove(Remove),
    Symlink(Symlink),
}

/// Copies a path. Paths are absolute; a destination that ends with a slash is a directory to copy into.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the fields of FileActionCopy, by their names")]
pub struct Copy {
    /// Where from; scratch is possible.
    pub from: Option<Output>,
    /// The path there.
    pub src: String,
    /// The path to copy to.
    pub dest: String,
    /// Who owns the copy. Default: who owns the original.
    pub owner: Option<Owner>,
    /// Permissions of the copy. Default: those of the original.
    pub permissions: Option<Permissions>,
    /// Copies what a symbolic link at `src` points at.
    pub follow_symlink: bool,
    /// Copies what is in a directory, not the directory.
    pub dir_copy_contents: bool,
    /// Unpacks a tar archive, compressed or not.
    pub attempt_unpack: bool,
    /// Makes the parents of `dest`.
    pub create_dest_path: bool,
    /// Takes `src` as a pattern.
    pub allow_wildcard: bool,
    /// Lets a pattern match nothing.
    pub allow_empty_wildcard: bool,
    /// Replaces a directory by a file and the other way round.
    pub always_replace_existing_dest_paths: bool,
    /// Copies only what these patterns match.
    pub include_patterns: Vec<String>,
    /// Leaves out what these patterns match.
    pub exclude_patterns: Vec<String>,
    /// Paths that an include pattern must match.
    pub required_paths: Vec<String>,
    /// Time of the copy, in nanoseconds since 1970. Default: that of the original.
    pub timestamp: Option<i64>,
}

impl Copy {
    /// A copy with nothing switched on.
    pub fn new(from: Option<Output>, src: impl Into<String>, dest: impl Into<String>) -> Self {
        Self {
            from,
            src: src.into(),
            dest: dest.into(),
            owner: None,
            permissions: None,
            follow_symlink: false,
            dir_copy_contents: false,
            attempt_unpack: false,
            create_dest_path: false,
            allow_wildcard: false,
            allow_empty_wildcard: false,
            always_replace_existing_dest_paths: false,
            include_patterns: Vec::new(),
            exclude_patterns: Vec::new(),
            required_paths: Vec::new(),
            timestamp: None,
        }
    }
}

/// Permissions: the bits, or a change of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Permissions {
    /// The bits, such as 0755, of which the low twelve count.
    Bits(u32),
    /// A change as `chmod` takes it, such as `u+x`. Needs `file.copy.modestring`.
    Symbolic(String),
}

/// Writes a file; its directory must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mkfile {
    /// The path.
    pub path: String,
    /// What it holds. It travels with each request: large files belong into a source.
    pub data: Vec<u8>,
    /// Permissions, of which the low nine bits count.
    pub mode: u32,
    /// Who owns it. Default: root.
    pub owner: Option<Owner>,
    /// Its time, in nanoseconds since 1970. Default: now.
    pub timestamp: Option<i64>,
}

/// Makes a directory; one that is there stays as it is when parents are made too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mkdir {
    /// The path.
    pub path: String,
    /// Permissions, of which the low nine bits count.
    pub mode: u32,
    /// Whether missing parents are made.
    pub make_parents: bool,
    /// Who owns it. Default: root.
    pub owner: Option<Owner>,
    /// Its time, in nanoseconds since 1970. Default: now.
    pub timestamp: Option<i64>,
}

/// Removes a path and all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remove {
    /// The path.
    pub path: String,
    /// Whether it may be missing.
    pub allow_not_found: bool,
    /// Whether it is a pattern.
    pub allow_wildcard: bool,
    /// Whether a daemon will do that removes what a symbolic link at the path points at. All others need
    /// `file.rm.nofollowsymlink`.
    pub may_follow_symlink: bool,
}

/// Makes a symbolic link; its directory must be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symlink {
    /// What it holds.
    pub target: String,
    /// Where it is.
    pub path: String,
    /// Who owns it. Default: root.
    pub owner: Option<Owner>,
    /// Its time, in nanoseconds since 1970. Default: now.
    pub timestamp: Option<i64>,
}

/// Who owns a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The user.
    pub user: Option<OwnerName>,
    /// The group.
    pub group: Option<OwnerName>,
}

/// A user or a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerName {
    /// By number.
    Id(u32),
    /// By a name in `/etc/passwd` or `/etc/group` of a filesystem.
    Name {
        /// The name.
        name: String,
        /// The filesystem. Scratch has no names: the daemon refuses the op.
        of: Option<Output>,
    },
}

impl FileOp {
    /// Changes of `base`.
    pub fn on(base: Option<Output>) -> Self {
        Self { base, changes: Vec::new() }
    }

    /// Adds a copy.
    #[must_use]
    pub fn copy(mut self, copy: Copy) -> Self {
        self.changes.push(Change::Copy(Box::new(copy)));
        self
    }

    /// Adds a file.
    #[must_use]
    pub fn mkfile(mut self, mkfile: Mkfile) -> Self {
        self.changes.push(Change::Mkfile(mkfile));
        self
    }

    /// Adds a directory.
    #[must_use]
    pub fn mkdir(mut self, mkdir: Mkdir) -> Self {
        self.changes.push(Change::Mkdir(mkdir));
        self
    }

    /// Adds a removal.
    #[must_use]
    pub fn remove(mut self, remove: Remove) -> Self {
        self.changes.push(Change::Remove(remove));
        self
    }

    /// Adds a symbolic link.
    #[must_use]
    pub fn symlink(mut self, symlink: Symlink) -> Self {
        self.changes.push(Change::Symlink(symlink));
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn base(&self) -> Option<Output> {
        self.base
    }

    pub(crate) fn lower(self, inputs: &mut Inputs<'_>) -> (pb::FileOp, CapSet) {
        let base = inputs.shared(self.base);
        let mut lowering = Lowering { inputs, caps: CapSet::of(caps::FILE_BASE) };
        let changes: Vec<(Action, i64)> =
            self.changes.into_iter().map(|change| lowering.change(change)).collect();
        let Lowering { inputs, caps } = lowering;
        let mut actions: Vec<pb::FileAction> = Vec::with_capacity(changes.len());
        for (number, (action, secondary_input)) in (0..).zip(changes) {
            // The first one changes the base, each other one what the one before has left.
            let input = if number == 0 { base } else { inputs.len() + number - 1 };
            actions.push(pb::FileAction { input, secondary_input, output: -1, action: Some(action) });
        }
        if let Some(last) = actions.last_mut() {
            last.output = 0;
        }
        (pb::FileOp { actions }, caps)
    }
}

/// The input of what has none.
const NOTHING: i64 = -1;

struct Lowering<'i, 'g> {
    inputs: &'i mut Inputs<'g>,
    caps: CapSet,
}

impl Lowering<'_, '_> {
    /// The action, and the input that it reads besides.
    fn change(&mut self, change: Change) -> (Action, i64) {
        match change {
            Change::Copy(copy) => {
                let from = self.inputs.shared(copy.from);
                let mut action = self.copy(*copy);
                // The daemon's key has the last part of `src` alone where there is an input to copy from, and no word on
                // whether there is one: a copy of `/` of nothing would find that of `/` of anything to the same place.
                if from == NOTHING && action.src == "/" {
                    "/.".clone_into(&mut action.src);
                }
                (Action::Copy(action), from)
            }
            Change::Mkfile(file) => {
                let owner = self.owner(file.owner);
                let mode = bits(file.mode & 0o777);
                let timestamp = time(file.timestamp);
                (
                    Action::Mkfile(pb::FileActionMkFile {
                        path: file.path,
                        mode,
                        data: file.data,
                        owner,
                        timestamp,
                    }),
                    NOTHING,
                )
            }
            Change::Mkdir(dir) => {
                let owner = self.owner(dir.owner);
                let mode = bits(dir.mode & 0o777);
                let timestamp = time(dir.timestamp);
                let make_parents = dir.make_parents;
                (
                    Action::Mkdir(pb::FileActionMkDir {
                        path: dir.path,
                        mode,
                        make_parents,
                        owner,
                        timestamp,
                    }),
                    NOTHING,
                )
            }
            Change::Remove(remove) => {
                let Remove { path, allow_not_found, allow_wildcard, may_follow_symlink } = remove;
                self.need(!may_follow_symlink, caps::FILE_RM_NO_FOLLOW_SYMLINK);
                self.need(allow_wildcard, caps::FILE_RM_WILDCARD);
                (Action::Rm(pb::FileActionRm { path, allow_not_found, allow_wildcard }), NOTHING)
            }
            Change::Symlink(link) => {
                self.need(true, caps::FILE_SYMLINK);
                let owner = self.owner(link.owner);
                let timestamp = time(link.timestamp);
                (
                    Action::Symlink(pb::FileActionSymlink {
                        oldpath: link.target,
                        newpath: link.path,
                        owner,
                        timestamp,
                    }),
                    NOTHING,
                )
            }
        }
    }

    fn copy(&mut self, copy: Copy) -> pb::FileActionCopy {
        self.need(
            !copy.include_patterns.is_empty() || !copy.exclude_patterns.is_empty(),
            caps::FILE_COPY_PATTERNS,
        );
        self.need(copy.always_replace_existing_dest_paths, caps::FILE_COPY_ALWAYS_REPLACE);
        self.need(matches!(copy.permissions, Some(Permissions::Symbolic(_))), caps::FILE_COPY_MODE_STRING);
        self.need(!copy.required_paths.is_empty(), caps::FILE_COPY_REQUIRED_PATHS);
        let is_special = matches!(copy.permissions, Some(Permissions::Bits(bits)) if bits & 0o7000 != 0);
        self.need(is_special, caps::FILE_COPY_SPECIAL_BITS);
        let (mode, mode_str) = match copy.permissions {
            None => (-1, String::new()),
            Some(Permissions::Bits(mode)) => (bits(mode), String::new()),
            Some(Permissions::Symbolic(change)) => (-1, change),
        };
        pb::FileActionCopy {
            src: copy.src,
            dest: copy.dest,
            owner: self.owner(copy.owner),
            mode,
            mode_str,
            follow_symlink: copy.follow_symlink,
            dir_copy_contents: copy.dir_copy_contents,
            attempt_unpack_docker_compatibility: copy.attempt_unpack,
            create_dest_path: copy.create_dest_path,
            allow_wildcard: copy.allow_wildcard,
            allow_empty_wildcard: copy.allow_empty_wildcard,
            always_replace_existing_dest_paths: copy.always_replace_existing_dest_paths,
            include_patterns: copy.include_patterns,
            exclude_patterns: copy.exclude_patterns,
            required_paths: copy.required_paths,
            timestamp: time(copy.timestamp),
        }
    }

    fn owner(&mut self, owner: Option<Owner>) -> Option<pb::ChownOpt> {
        let Owner { user, group } = owner?;
        Some(pb::ChownOpt {
            user: user.map(|user| self.name(user)),
            group: group.map(|group| self.name(group)),
        })
    }

    fn name(&mut self, name: OwnerName) -> pb::UserOpt {
        let user = match name {
            OwnerName::Id(id) => pb::user_opt::User::ById(id),
            OwnerName::Name { name, of } => {
                let input = self.inputs.shared(of);
                pb::user_opt::User::ByName(pb::NamedUserOpt { name, input })
            }
        };
        pb::UserOpt { user: Some(user) }
    }

    fn need(&mut self, needed: bool, cap: Cap) {
        self.caps.need(needed, cap);
    }
}

/// -1 keeps the time, or takes the present one; 0 would be 1970.
fn time(timestamp: Option<i64>) -> i64 {
    timestamp.unwrap_or(-1)
}

fn bits(mode: u32) -> i32 {
    i32::try_from(mode & 0o7777).unwrap_or_default()
}
