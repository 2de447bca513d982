//! `--target scan`, `--target STAGE+scan`: what the scanners of a stage have written, whatever they found.

use spec_schema::Spec;
use spec_schema::diagnostic::{Diagnostic, Faults};

use crate::debug::{behind, default_stage};
use crate::select::Request;

/// The target that is for the scans of the default one; of any other one, what is added to its name behind a plus.
pub const TARGET: &str = "scan";

/// Builds the stage for its reports, where the client asks for these.
pub fn ask(spec: &Spec, request: &mut Request, faults: &mut Faults) {
    let Some(target) = request.target.as_deref() else { return };
    let Some(stage) = behind(spec, target, TARGET) else { return };
    let Some((_, entry)) = spec.stages.get_full(stage) else { return };
    if entry.value.scan.is_none() {
        let message =
            format!("the stage `{stage}` has no `scan`, whose reports `--target {target}` asks for");
        faults.push(Diagnostic::new(entry.key_span, message));
    }
    (request.target, request.reports) = (Some(stage.to_owned()), true);
}

/// Whether `scan` is a target for which this stands.
pub fn is_offered(spec: &Spec) -> bool {
    let default = default_stage(spec).and_then(|stage| spec.stages.get_full(stage));
    default.is_some_and(|(_, entry)| entry.value.scan.is_some()) && behind(spec, TARGET, TARGET).is_some()
}
