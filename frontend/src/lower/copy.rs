//! Copies: one action for each source, or two where the daemon has no word for what is meant.

use std::collections::BTreeSet;

use buildkit_llb::{Copy, FileOp, Mkdir, OpMeta, Output, Permissions};
use spec_schema::decode::Mode;

use super::{Abilities, Lowerer};
use crate::paths::parent;
use crate::permissions::fixed_bits;
use crate::plan::{CopyFilter, CopySource, has_wildcard};

/// What all sources of one copy have in common.
pub(super) struct CopyShape {
    pub(super) from: Option<Output>,
    pub(super) dest: String,
    pub(super) owner: Option<buildkit_llb::Owner>,
    pub(super) permissions: Option<Permissions>,
    pub(super) unpack: bool,
}

impl Lowerer<'_> {
    /// Adds the copies of all sources.
    pub(super) fn copies(
        &mut self,
        op: FileOp,
        shape: &CopyShape,
        sources: &[CopySource],
        filter: &CopyFilter,
    ) -> FileOp {
        if !self.surroundings.abilities.copy_patterns && are_plain_with_parents(sources, filter) {
            return self.copies_one_by_one(op, shape, sources, filter.optional);
        }
        sources.iter().fold(op, |op, source| self.copy(op, shape, source, filter))
    }

    /// Adds the copy of one source.
    fn copy(&mut self, op: FileOp, shape: &CopyShape, source: &CopySource, filter: &CopyFilter) -> FileOp {
        match &source.parents_below {
            Some(above) => self.copy_with_parents(op, shape, source, above, filter),
            None => {
                let (from, src) = self.found(shape.from, &source.path, filter.optional);
                op.copy(Copy {
                    include_patterns: filter.include.clone(),
                    exclude_patterns: filter.exclude.clone(),
                    ..base(shape, from, &src, &shape.dest)
                })
            }
        }
    }

    /// Copies `above`, and of that only what the rest of the path matches.
    fn copy_with_parents(
        &mut self,
        op: FileOp,
        shape: &CopyShape,
        source: &CopySource,
        above: &str,
        filter: &CopyFilter,
    ) -> FileOp {
        let below = source.below(above);
        let include = if below.is_empty() { Vec::new() } else { vec![below.to_owned()] };
        let (from, src) = self.found(shape.from, above, filter.optional);
        let op = op.copy(Copy {
            include_patterns: include,
            exclude_patterns: filter.exclude.clone(),
            ..base(shape, from, &src, &shape.dest)
        });
        if filter.optional || below.is_empty() || has_wildcard(below) {
            return op;
        }
        // A pattern that matches nothing is no failure of the daemon, but a path that is missing has to be one.
        // `required_paths` says so from 0.26 on; this works with all: what is there is copied to where it is.
        op.copy(Copy {
            follow_symlink: false,
            exclude_patterns: vec!["**".to_owned()],
            ..base(shape, shape.from, &source.path, &inside(&shape.dest, below))
        })
    }

    /// Copies each source to where its parents say, for a daemon that knows no patterns in a copy. The parents are as it makes them.
    fn copies_one_by_one(
        &mut self,
        op: FileOp,
        shape: &CopyShape,
        sources: &[CopySource],
        optional: bool,
    ) -> FileOp {
        let found =
            |source: &CopySource| if optional { as_pattern(&source.path) } else { source.path.clone() };
        let from = if optional {
            self.with_directories(shape.from, sources.iter().map(|source| plain_part(&found(source))))
        } else {
            shape.from
        };
        sources.iter().fold(op, |op, source| {
            let above = source.parents_below.as_deref().unwrap_or("/");
            let dest = inside(&shape.dest, source.below(above));
            op.copy(Copy { follow_symlink: false, ..base(shape, from, &found(source), &dest) })
        })
    }

    /// A source and a path in it, for a copy that finds it or, where that is `optional`, may find nothing.
    ///
    /// The daemon forgives only patterns, and of these only what stands behind the first wildcard: so a plain path
    /// becomes a pattern that matches nothing else, and the directory that holds it is made if it is missing.
    fn found(&mut self, from: Option<Output>, path: &str, optional: bool) -> (Option<Output>, String) {
        if !optional || path == "/" {
            return (from, path.to_owned());
        }
        let path = if has_wildcard(path) { path.to_owned() } else { as_pattern(path) };
        (self.with_directories(from, [plain_part(&path)]), path)
    }

    /// A source with these directories, made where they are missing.
    fn with_directories(
        &mut self,
        from: Option<Output>,
        paths: impl IntoIterator<Item = String>,
    ) -> Option<Output> {
        let paths: BTreeSet<String> = paths.into_iter().filter(|path| !path.is_empty()).collect();
        if paths.is_empty() {
            return from;
        }
        let names = paths.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
        let op = paths.iter().fold(FileOp::on(from), |op, path| {
            op.mkdir(Mkdir {
                path: path.clone(),
                mode: 0o755,
                make_parents: true,
                owner: None,
                timestamp: Some(0),
            })
        });
        self.graph.file(op, OpMeta::named(format!("[internal] make {names} for an optional copy")))
    }
}

/// Whether copies keep directories and no pattern says which.
pub(super) fn are_plain_with_parents(sources: &[CopySource], filter: &CopyFilter) -> bool {
    let is_plain = |source: &CopySource| source.parents_below.is_some() && !has_wildcard(&source.path);
    filter.exclude.is_empty() && sources.iter().all(is_plain)
}

/// What of a path stands before its first wildcard.
fn plain_part(path: &str) -> String {
    path.split('/').take_while(|part| !has_wildcard(part)).collect::<Vec<_>>().join("/")
}

fn inside(directory: &str, below: &str) -> String {
    format!("{}/{below}", directory.trim_end_matches('/'))
}

fn base(shape: &CopyShape, from: Option<Output>, src: &str, dest: &str) -> Copy {
    Copy {
        owner: shape.owner.clone(),
        permissions: shape.permissions.clone(),
        attempt_unpack: shape.unpack,
        follow_symlink: true,
        dir_copy_contents: true,
        create_dest_path: true,
        allow_wildcard: true,
        allow_empty_wildcard: true,
        ..Copy::new(from, src, dest)
    }
}

/// What a copy gives its files. A change that comes to the same for every file is no change for a daemon that knows none.
pub(super) fn permissions(mode: &Mode, abilities: Abilities) -> Permissions {
    match mode {
        Mode::Octal(bits) => Permissions::Bits(*bits),
        Mode::Symbolic(change) => match fixed_bits(change) {
            Some(bits) if !abilities.symbolic_modes => Permissions::Bits(bits),
            _ => Permissions::Symbolic(change.clone()),
        },
    }
}

/// The path as a pattern that matches this path alone: its last character as a class of one.
fn as_pattern(path: &str) -> String {
    let directory = parent(path);
    let (rest, last) = match path.char_indices().next_back() {
        Some((at, last)) if at > directory.len().max(1) - 1 => (&path[..at], last),
        _ => return path.to_owned(),
    };
    let escape = if last.is_ascii_alphanumeric() { "" } else { "\\" };
    format!("{rest}[{escape}{last}]")
}

#[cfg(test)]
mod tests {
    use super::as_pattern;

    #[test]
    fn a_pattern_matches_one_path() {
        assert_eq!(as_pattern("/a/b.txt"), "/a/b.tx[t]");
        assert_eq!(as_pattern("/a"), "/[a]");
        assert_eq!(as_pattern("/a/-"), "/a/[\\-]");
        assert_eq!(as_pattern("/ä/ö"), "/ä/[\\ö]");
    }
}
