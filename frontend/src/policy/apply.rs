//! What of a policy is checked of the finished image: it becomes part of what the spec verifies.

use spec_schema::Spec;
use spec_schema::diagnostic::Faults;
use spec_schema::span::Span;
use spec_schema::spec::Verify;

use super::Policies;
use crate::mapping::Mapping;

impl Policies {
    /// Gives every stage the size that its image may have, where it does not ask for a smaller one: what is verified is the target alone.
    pub(crate) fn apply(&self, spec: &mut Spec) {
        for most in self.0.iter().filter_map(|policy| policy.written.max_size.as_ref()) {
            spec.stages = std::mem::take(&mut spec.stages).map(|_, mut stage| {
                stage.verify = stage.verify.or_else(|| nothing(most.span));
                if let Some(verify) = &mut stage.verify
                    && verify.max_size.as_ref().is_none_or(|size| size.value.0 > most.value.0)
                {
                    verify.max_size = Some(most.clone());
                }
                stage
            });
        }
    }
}

/// A `verify` that stands where the policy asks for it.
fn nothing(span: Span) -> Option<Box<Verify>> {
    Mapping::new(span).read(&mut Faults::new()).ok().map(Box::new)
}
