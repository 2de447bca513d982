//! The build context: of a directory of the client one source op, which asks for no more than what the steps read.

use buildkit_llb::{Graph, LocalSource, OpMeta, Output};
use sha2::{Digest as _, Sha256};

use super::Surroundings;
use crate::entrypoint::{CONTEXT_LOCAL, MainContext};
use crate::plan::{BuildPlan, ContextPaths};

/// The source op of the context, where any step reads it.
pub(super) fn source(graph: &mut Graph, plan: &BuildPlan, surroundings: Surroundings<'_>) -> Option<Output> {
    let needed = plan.context_paths();
    if let (MainContext::Remote(remote), false) = (surroundings.context, needed == ContextPaths::None) {
        return remote.add_to(graph);
    }
    let follow_paths = match needed {
        ContextPaths::None => return None,
        ContextPaths::All => Vec::new(),
        ContextPaths::Some(paths) => paths,
    };
    let mut exclude = surroundings.ignored.to_vec();
    exclude.extend(plan.unread_context());
    let source = LocalSource {
        session: Some(surroundings.opts.session_for_local(CONTEXT_LOCAL).to_owned()),
        shared_key_hint: Some(hint(CONTEXT_LOCAL, &[&follow_paths, &exclude])),
        follow_paths,
        exclude_patterns: exclude,
        ..LocalSource::new(CONTEXT_LOCAL)
    };
    Some(graph.source(source, OpMeta::named("[internal] load build context")))
}

/// The daemon keeps what it got under this name and asks only for what has changed since. Files outside of the
/// filter are dropped there, so each filter needs a name of its own: else builds of two targets, by turns, would
/// send everything again each time.
pub(crate) fn hint(name: &str, filters: &[&[String]]) -> String {
    if filters.iter().all(|filter| filter.is_empty()) {
        return name.to_owned();
    }
    let mut hash = Sha256::new();
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            hash.update("\0\n");
        }
        for pattern in *filter {
            hash.update(pattern);
            hash.update("\n");
        }
    }
    let hash = hash.finalize();
    hash.iter().take(8).fold(format!("{name}:"), |hint, byte| hint + &format!("{byte:02x}"))
}
