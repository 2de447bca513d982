//! The build context: one source op, which asks the client for no more than what the steps read.

use buildkit_llb::{Graph, LocalSource, OpMeta, Output};
use sha2::{Digest as _, Sha256};

use super::Surroundings;
use crate::entrypoint::CONTEXT_LOCAL;
use crate::plan::{BuildPlan, ContextPaths};

/// The source op of the context, where any step reads it.
pub(super) fn source(graph: &mut Graph, plan: &BuildPlan, surroundings: Surroundings<'_>) -> Option<Output> {
    let follow_paths = match plan.context_paths() {
        ContextPaths::None => return None,
        ContextPaths::All => Vec::new(),
        ContextPaths::Some(paths) => paths,
    };
    let source = LocalSource {
        session: Some(surroundings.opts.session_for_local(CONTEXT_LOCAL).to_owned()),
        shared_key_hint: Some(hint(&follow_paths, surroundings.ignored)),
        follow_paths,
        exclude_patterns: surroundings.ignored.to_vec(),
        ..LocalSource::new(CONTEXT_LOCAL)
    };
    Some(graph.source(source, OpMeta::named("[internal] load build context")))
}

/// The daemon keeps what it got under this name and asks only for what has changed since. Files outside of the
/// filter are dropped there, so each filter needs a name of its own: else builds of two targets, by turns, would
/// send everything again each time.
fn hint(follow_paths: &[String], ignored: &[String]) -> String {
    if follow_paths.is_empty() && ignored.is_empty() {
        return CONTEXT_LOCAL.to_owned();
    }
    let mut hash = Sha256::new();
    for pattern in
        follow_paths.iter().map(String::as_str).chain(["\0"]).chain(ignored.iter().map(String::as_str))
    {
        hash.update(pattern);
        hash.update("\n");
    }
    let hash = hash.finalize();
    hash.iter().take(8).fold(format!("{CONTEXT_LOCAL}:"), |hint, byte| hint + &format!("{byte:02x}"))
}
