//! Branches of steps.

use super::{Step, When};
use crate::decode::text::Template;
use crate::decode::{List, record};

record! {
    "`parallel` step";
    /// Branches that all start from this point and run at the same time. What they change is merged in the order
    /// written: of a path that several branches change, the last one's stays.
    pub struct ParallelStep {
        /// The branches, each a list of steps. A branch sees nothing of what the others do.
        pub parallel: List<List<Step>>,
        /// Shown for the merge. Default: how many branches there are.
        pub name: Option<Template>,
        /// The branches are there only where each of these args has the value, or one of the values.
        pub when: Option<When>,
    }
}

impl Step {
    /// The steps of a list and of the branches in it, in the order written.
    pub fn all(steps: &[Self]) -> Vec<&Self> {
        let mut all = Vec::with_capacity(steps.len());
        let mut open: Vec<&Self> = steps.iter().rev().collect();
        while let Some(step) = open.pop() {
            all.push(step);
            if let Self::Parallel(step) = step {
                open.extend(step.parallel.iter().rev().flat_map(|branch| branch.iter().rev()));
            }
        }
        all
    }
}
