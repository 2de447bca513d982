//! What is checked of the image.

use spec_schema::span::Span;

use super::{Check, location};
use crate::plan::{BuildPlan, VerifyPlan, Wanted};
use crate::source::SpecFiles;

/// The checks of a plan, in the order of the language's page.
pub(super) fn checks(plan: &BuildPlan, files: &SpecFiles) -> Vec<Check> {
    let check = |what: String, span: Span| Check { what, location: location(files, span) };
    let scans = plan
        .scans()
        .iter()
        .map(|scan| check(format!("scanned by {} ({})", scan.name, scan.image.value), scan.step.span));
    let verified = plan.stages.last().and_then(|stage| stage.verify.as_ref());
    verified.map(|verify| verified_by(verify, files)).unwrap_or_default().into_iter().chain(scans).collect()
}

fn verified_by(verify: &VerifyPlan, files: &SpecFiles) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut add = |what: String, span: Span| checks.push(Check { what, location: location(files, span) });
    if let Some(size) = &verify.max_size {
        add(format!("its files have at most {} bytes", size.value), size.span);
    }
    if let Some(growth) = verify.max_growth.as_ref().filter(|growth| growth.published.is_some()) {
        let (by, since) = (&growth.by.value, &growth.since);
        add(format!("its files have at most {by} more than those of {}", since.value), since.span);
    }
    if let Some(user) = &verify.user {
        add(format!("its user is {}", user.value), user.span);
    }
    for check in &verify.paths {
        let what = match &check.wanted {
            Wanted::Path(path) => path.clone(),
            Wanted::Glob(glob) => format!("something that matches {glob}"),
            Wanted::Command(name) => format!("the command {name}"),
        };
        add(if check.forbidden { format!("without {what}") } else { format!("with {what}") }, check.span);
    }
    for run in &verify.runs {
        add(format!("runs {}", run.process.display), run.process.span);
    }
    if let Some(serve) = &verify.serve {
        add(format!("serves {}", serve.address.value), serve.process.span);
    }
    for kind in &verify.attestations {
        add(format!("comes with {}", kind.value.name()), kind.span);
    }
    checks
}
