//! Images of more layers than a store takes.

use spec_schema::diagnostic::Diagnostic;

use super::external::is_told;
use crate::compile::Compiled;
use crate::gateway::GatewayError;
use crate::plan::BuildPlan;

/// The end of the message of Docker's own image store, whose storage drivers put so many directories upon each other and no more.
const TOO_MANY: &str = "max depth exceeded";

/// The step that is a layer too many.
pub(super) fn too_many(error: &GatewayError, plan: &BuildPlan, compiled: &Compiled) -> Option<Diagnostic> {
    if !error.message().ends_with(TOO_MANY) {
        return None;
    }
    let step = plan.steps().find(|step| is_told(error, step.span, compiled))?;
    let fault = Diagnostic::new(step.span, "this is a layer more than Docker's own image store takes");
    Some(fault.help(
        "make in one step what belongs together, or in a stage of its own, from which one `copy` is one layer; the containerd image store takes more",
    ))
}
