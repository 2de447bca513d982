//! Checks of what an engine does again.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Rounds that a check may take.
const ROUNDS: usize = 3;

/// Runs a check until it holds, three times at most.
///
/// It is for checks of which steps run again in projects that other tests, or other runs, build too. With any prune, BuildKit 0.25 forgets
/// which results in the middle of a chain belong to which step, and keeps the last: that one is found by the first
/// build of a check, so nothing in between is there for the second. What one round has made anew is there in the next.
/// A key that is wrong fails in every round.
#[track_caller]
pub fn in_one_of_three_rounds(check: impl Fn()) {
    for round in 1.. {
        match catch_unwind(AssertUnwindSafe(&check)) {
            Ok(()) => return,
            Err(panic) if round == ROUNDS => resume_unwind(panic),
            Err(_) => {}
        }
    }
}
