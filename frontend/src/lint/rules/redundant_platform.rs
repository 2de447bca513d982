//! `RedundantTargetPlatform`, as Docker has it.

use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule = Rule {
    name: "RedundantTargetPlatform",
    description: "`$TARGETPLATFORM` is what a stage that starts from an image is for anyway",
    asked_for: false,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for stage in subject.stages() {
        let Some(platform) = &stage.stage.platform else { continue };
        let is_target = matches!(platform.raw.as_str(), "$TARGETPLATFORM" | "${TARGETPLATFORM}");
        // Above a stage for another platform, it says something.
        if is_target && subject.chain(stage).len() == 1 {
            found.add(
                platform.span,
                "a stage is for `$TARGETPLATFORM` without saying so",
                "leave `platform` out",
            );
        }
    }
}
