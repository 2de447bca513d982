//! How much larger an image is than the one that was published before it.

use spec_schema::diagnostic::Diagnostic;
use spec_schema::spec::Growth as Limit;

use super::files::sizes;
use crate::plan::{BuildPlan, GrowthCheck, VerifyPlan};
use crate::report::sentence;
use crate::sizes::size_of;
use crate::weight::{Found, Growth, difference, differences};

/// How many directories and files are told that have grown.
const TOLD: usize = 10;

/// What does not hold.
pub(super) fn judge(verify: &VerifyPlan, found: &[u8]) -> Vec<Diagnostic> {
    let Some(check) = &verify.max_growth else { return Vec::new() };
    let found = Found::parse(found);
    let compared = found.parts.into_iter().next().unwrap_or_default();
    let growth = Growth::of(compared.tree, compared.sums);
    let mut faults = Vec::new();
    if exceeds(&growth, check.by.value) {
        let told = differences(&growth).into_iter().filter(|(node, _)| node.after > node.before);
        let told = told
            .take(TOLD)
            .map(|(node, path)| format!("{:>10}  {}", difference(node.before, node.after), sentence(&path)));
        let fault = Diagnostic::new(check.by.span, message(check, &growth)).quoting(told);
        faults.push(fault.help("this is where it has grown; a larger `by` accepts that"));
    }
    if !found.errors.is_empty() {
        let fault = Diagnostic::new(check.since.span, "not all of the images can be compared");
        faults.push(fault.quoting(found.errors));
    }
    faults
}

fn exceeds(growth: &Growth, limit: Limit) -> bool {
    let more = growth.after.saturating_sub(growth.before);
    match limit {
        Limit::Bytes(most) => more > most.0,
        Limit::Percent(hundredths) => {
            u128::from(more) * 10_000 > u128::from(growth.before) * u128::from(hundredths)
        }
    }
}

fn message(check: &GrowthCheck, growth: &Growth) -> String {
    let Growth { before, after, .. } = growth;
    let more = after - before;
    let (old, new) = sizes(*before, *after);
    let (more_shown, limit) = match check.by.value {
        Limit::Bytes(most) => sizes(more, most.0),
        part @ Limit::Percent(_) => (size_of(more), part.to_string()),
    };
    let part = percent(more, *before).map(|part| format!(" ({part})")).unwrap_or_default();
    format!(
        "the files of the image have {new}, {more_shown}{part} more than the {old} of {}, where {limit} more are allowed",
        check.since.value
    )
}

/// The part in percent, rounded up, so that it is never the limit that it exceeds; `None` of nothing.
fn percent(more: u64, whole: u64) -> Option<String> {
    let hundredths =
        (u128::from(more) * 10_000).checked_add(u128::from(whole).checked_sub(1)?)? / u128::from(whole);
    u64::try_from(hundredths).ok().map(|hundredths| Limit::Percent(hundredths).to_string())
}

/// What the log of a build says of images that are not compared: with what, and that it is not there yet.
pub(crate) fn uncompared(plan: &BuildPlan) -> Option<String> {
    let stage = plan.stages.last()?;
    let check = stage.verify.as_ref()?.max_growth.as_ref().filter(|check| check.published.is_none())?;
    let (prefix, name) = (&stage.prefix, &check.since.value);
    Some(format!("[{prefix}] verify growth: {name} is not there yet, so nothing is compared"))
}

#[cfg(test)]
mod tests {
    use spec_schema::decode::Size;

    use super::*;

    #[test]
    fn growth_is_measured_in_bytes_or_by_the_image_before() {
        let exceeds = |before, after, limit: &str| {
            exceeds(&Growth { before, after, ..Growth::default() }, Limit::parse(limit).unwrap())
        };
        assert!(exceeds(100, 111, "10%") && exceeds(100, 111, "10") && exceeds(0, 1, "1000%"));
        assert!(!exceeds(100, 110, "10%") && !exceeds(100, 110, "10") && !exceeds(0, 0, "0%"));
        // What has shrunk is within any limit, and no size is too large to be compared.
        assert!(!exceeds(100, 50, "0") && !exceeds(u64::MAX, u64::MAX, "1%"));
        assert!(exceeds(1, u64::MAX, "100%"));
        assert_eq!(Limit::parse("10"), Some(Limit::Bytes(Size(10))));
    }

    #[test]
    fn a_part_is_never_shown_as_the_limit_that_it_exceeds() {
        assert_eq!(percent(1_001, 10_000).as_deref(), Some("10.01%"));
        assert_eq!(percent(100_001, 1_000_000).as_deref(), Some("10.01%"));
        assert_eq!(percent(31, 22).as_deref(), Some("140.91%"));
        assert_eq!(percent(1, 0), None);
    }
}
