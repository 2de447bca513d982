//! `RedundantTargetPlatform`, as Docker has it.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "RedundantTargetPlatform",
    description: "`$TARGETPLATFORM` is what a stage that starts from an image is for anyway",
    costs: "nothing but the time of whoever wonders what it is for",
    standing: Standing::Pitfall,
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
                Help::spec("leave `platform` out").dockerfile("leave `--platform` out"),
            );
        }
    }
}
