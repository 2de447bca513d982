//! `--build-context before=…` of a report: what the image is compared with.
//!
//! A stage that starts from it is added to the spec, in words that a spec could have itself, and planned as any other target.

use spec_schema::Spec;
use spec_schema::decode::Entry;
use spec_schema::diagnostic::Faults;
use spec_schema::spec::Stage;

use crate::mapping::Mapping;
use crate::opts::FrontendOpts;

/// The named context that a report compares with.
pub const CONTEXT: &str = "before";

/// The target that starts from it: no name that a spec could give to a stage.
const TARGET: &str = "report+before";

/// The options that build it, where the client gives one.
pub(crate) fn options(opts: &FrontendOpts) -> Option<FrontendOpts> {
    let names = opts.named_contexts.keys();
    let is_given = names.map(|key| key.split("::").next()).any(|name| name == Some(CONTEXT));
    is_given.then(|| FrontendOpts { target: Some(TARGET.to_owned()), ..opts.clone() })
}

/// Adds the stage. A context that a spec has a name for is for the spec alone.
pub(crate) fn add(spec: &mut Spec) {
    let mut stage = Mapping::new(spec.span);
    stage.literal("from", Some(CONTEXT));
    if let Ok(value) = stage.read::<Stage>(&mut Faults::new()) {
        spec.stages.insert(TARGET.to_owned(), Entry { key_span: spec.span, value });
    }
}

/// Whether the spec itself has the name.
pub(crate) fn is_taken(spec: &Spec) -> bool {
    spec.stages.declares(CONTEXT) || spec.sources.declares(CONTEXT)
}
