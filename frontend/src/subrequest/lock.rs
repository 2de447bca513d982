//! The lock file: what every name of the spec stands for now.

use std::collections::BTreeMap;

use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::Span;

use super::Answer;
use crate::compile::{Compiled, Extent, compile_extent};
use crate::external::Origin;
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::lock::{Claim, Name, json, look_up, text};
use crate::opts::FrontendOpts;
use crate::report::failure;
use crate::select::Source;

/// Looks at all stages, whichever the target is, and at nothing that the client puts in the place of a name.
pub(super) async fn lock(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    let compiled = Box::pin(compile_extent(gateway, opts, Extent::All)).await?;
    let mut found = BTreeMap::new();
    let mut faults = Faults::new();
    let mut origins: BTreeMap<Name, (Origin, Span)> = BTreeMap::new();
    for claim in Claim::all(&compiled.selections, &compiled.plans) {
        let Some((name, None)) = claim.name() else { continue };
        match &claim.source {
            Source::External(external) => {
                origins.entry(name).or_insert_with(|| (external.origin.clone(), claim.span));
            }
            source => match digest(&compiled, source) {
                Some(digest) => {
                    found.entry(name).or_insert(digest);
                }
                None => faults.push(without_digest(&name, claim.span)),
            },
        }
    }
    for (name, span, outcome) in look_up::files(gateway, origins).await? {
        match outcome {
            Ok(value) => {
                found.insert(name, value);
            }
            Err(problem) => faults.push(problem.at(&name, span)),
        }
    }
    if !faults.is_empty() {
        return Err(failure(&compiled.files, faults));
    }
    Ok(Answer::new(&json(&found), text(&opts.filename, &found)).into())
}

/// The digest of an image as it was looked up.
fn digest(compiled: &Compiled, source: &Source) -> Option<String> {
    let Source::Image(key) = source else { return None };
    let (_, digest) = compiled.resolved.images.get(key)?.reference.split_once('@')?;
    Some(digest.to_owned())
}

fn without_digest(name: &Name, span: Span) -> Diagnostic {
    let message = format!("{} has no digest: this daemon has it, and no registry does", name.shown());
    Diagnostic::new(span, message).help("push it: only what is in a registry is the same for everybody")
}
