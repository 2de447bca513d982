//! `FromPlatformFlagConstDisallowed`, as Docker has it.

use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "FromPlatformFlagConstDisallowed",
    description: "A stage is for the platform that is built for, or on: a constant one breaks all others",
    costs: "for any other platform the image has the wrong programs, which are emulated or do not start",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    for stage in subject.stages() {
        let Some(platform) = &stage.stage.platform else { continue };
        // A stage for one platform among others says so by its name, and is chosen by it.
        let architecture = platform.raw.rsplit('/').next().unwrap_or_default();
        let is_one_of_several = stage.name.contains(architecture);
        if platform.parts.is_empty() && !is_one_of_several {
            let detail = format!("the stage is always for `{}`, whatever is built", platform.raw);
            let help = Help::spec("write `$BUILDPLATFORM` for a stage that compiles; else leave `platform` out, and use `--platform`")
                .dockerfile("write `--platform=$BUILDPLATFORM` for a stage that compiles; else leave the flag out, and give `--platform` to the build");
            found.add(platform.span, detail, help);
        }
    }
}
