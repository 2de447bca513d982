//! `CacheMountMissing`.

use std::collections::BTreeSet;

use super::cache_in_layer::is_left;
use super::managers::cache_of;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "CacheMountMissing",
    description: "A package manager or compiler has its cache, so that a change does not start it from nothing",
    costs: "a single new dependency downloads and builds all of the others again",
    standing: Standing::Advice,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let in_image: BTreeSet<&str> = subject.image_stages().iter().map(|stage| stage.name).collect();
    for (stage, run) in subject.runs() {
        for command in &run.commands {
            let Some((tool, directories)) = cache_of(command) else { continue };
            let is_kept_out = directories.first().is_some_and(|directory| run.keeps_out(directory));
            // Someone who points the tool elsewhere knows where.
            let is_elsewhere = !run.run.caches.is_empty();
            // Who keeps nothing has decided, and what stays in the image is worse than not being cached.
            if in_image.contains(stage.name) && is_left(subject, run, command) {
                break;
            }
            if is_elsewhere || command.has("--no-cache-dir") || is_kept_out {
                continue;
            }
            let shown = command.words.iter().filter(|word| !word.starts_with('-')).take(2);
            let detail = format!(
                "`{}` downloads and builds all again whenever this step runs",
                shown.cloned().collect::<Vec<_>>().join(" ")
            );
            let is_composer =
                subject.base(stage).is_some_and(|base| base.path == "docker.io/library/composer");
            // That image has its home elsewhere.
            let directories =
                if is_composer && tool == "composer" { vec!["/tmp/cache"] } else { directories };
            let is_alone = run.commands.len() == 1;
            let more = if is_alone { "" } else { " …" };
            let mounts =
                directories.iter().map(|directory| format!("--mount=type=cache,target={directory} "));
            let help = Help::spec(format!("add `cache: {tool}` to the step"))
                .dockerfile("mount a cache, which stays between builds and is in no layer")
                .better([format!("RUN {}{}{more}", mounts.collect::<String>(), command.line())]);
            found.add(run.place(subject, command), detail, help);
            break;
        }
    }
}
