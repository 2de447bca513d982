//! `UnusedStage`.

use std::collections::BTreeSet;

use spec_schema::spec::Mount;

use crate::debug::default_stage;
use crate::expand::CoreAction;
use crate::lint::{Found, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "UnusedStage",
    description: "A stage is used by another one, or is there to be asked for, which its description says",
    costs: "it is read and maintained, and never built",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    // A Dockerfile cannot say that a stage is there for `--target`.
    if subject.is_dockerfile() {
        return;
    }
    let mut used: BTreeSet<String> = subject.stages().iter().filter_map(|stage| stage.from.clone()).collect();
    let scans = subject.stages().iter().filter_map(|stage| stage.stage.scan.as_ref());
    used.extend(scans.flat_map(|scans| &scans.values).filter_map(|scan| subject.text(&scan.image)));
    for (_, step) in subject.steps() {
        let froms: Vec<_> = match &step.action {
            CoreAction::Copy(copy) => copy.from.iter().collect(),
            CoreAction::Run(run) => {
                let binds = run.step.mounts.iter().filter_map(|mount| match mount {
                    Mount::Bind(bind) => bind.from.as_ref(),
                    Mount::Tmpfs(_) | Mount::File(_) => None,
                });
                binds.chain(run.caches.iter().filter_map(|cache| cache.from.as_ref())).collect()
            }
            _ => Vec::new(),
        };
        used.extend(froms.into_iter().filter_map(|from| subject.text(from)));
    }
    // Which stage a variable names is known for one build only.
    let variable = subject.stages().iter().filter_map(|stage| stage.stage.from.raw.split_once('$'));
    let variable: BTreeSet<&str> = variable.map(|(fixed, _)| fixed).collect();
    let named_by_variable = |name: &str| variable.iter().any(|fixed| name.starts_with(fixed));
    let default = default_stage(subject.spec());
    for stage in subject.stages() {
        let is_meant = stage.stage.description.is_some() || Some(stage.name) == default;
        if is_meant || subject.is_needed(stage) || used.contains(stage.name) || named_by_variable(stage.name)
        {
            continue;
        }
        let detail = format!("nothing uses the stage `{}`", stage.name);
        let help = "take it out; if it is there to be built with `--target`, give it a `description`, which `--call=targets` shows";
        found.add(stage.name_span, detail, help);
    }
}
