//! What a stage changes as one layer, and no layer of any of its steps.
//!
//! A diff of what the stage starts from and its result does not do: where one is made on the other, the daemon takes the
//! layers in between as they are. So the diff is made from something that is no ancestor of the result and has a layer
//! that no step has made: what the stage starts from, where every path that the stage has touched is overwritten by one
//! with an owner, permissions and a time that nothing has. Whatever was touched differs then in both, whatever was not is
//! the same file in both, and what was removed is there in one alone. A daemon compares owners, permissions, sizes and
//! times, and the content only of files whose times have no fraction of a second: so a file that one step has changed and
//! a later one given back its old size and time would look unchanged without that. (A directory that has the owner and
//! the permissions of the mark, both of them, would look unchanged with it.)

use buildkit_llb::{Copy, FileOp, Output, Owner, OwnerName, Permissions};

use super::Lowerer;
use super::parallel::grouped;
use crate::plan::Squash;

/// An owner that nothing has, small enough for daemons that know only the first 65536.
const NOBODYS_ID: u32 = 61_793;
/// Permissions that nothing has.
const NOBODYS_MODE: u32 = 0o002;
/// A time that nothing has, in nanoseconds since 1970.
const NOBODYS_TIME: i64 = 61_793;

impl Lowerer<'_> {
    /// Puts onto `base` what turns it into `result`, as one layer. Shown as one vertex.
    pub(super) fn squash(
        &mut self,
        base: Option<Output>,
        result: Option<Output>,
        squash: &Squash,
    ) -> Option<Output> {
        let meta = self.meta(&squash.name, squash.span);
        if base.is_none() {
            return self.graph.file(FileOp::on(None).copy(everything(result)), meta);
        }
        let meta = grouped(&meta);
        let touched = self.graph.diff(base, result, meta.clone());
        let owner = || Some(OwnerName::Id(NOBODYS_ID));
        let marked = FileOp::on(None).copy(Copy {
            owner: Some(Owner { user: owner(), group: owner() }),
            permissions: Some(Permissions::Bits(NOBODYS_MODE)),
            timestamp: Some(NOBODYS_TIME),
            ..everything(touched)
        });
        let marked = self.graph.file(marked, meta.clone());
        let lower = self.graph.merge([base, marked], meta.clone());
        let layer = self.graph.diff(lower, result, meta.clone());
        self.graph.merge([base, layer], meta)
    }
}

fn everything(from: Option<Output>) -> Copy {
    Copy { dir_copy_contents: true, ..Copy::new(from, "/", "/") }
}
