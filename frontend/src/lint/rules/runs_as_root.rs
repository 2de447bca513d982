//! `RunsAsRoot`.

use crate::lint::{Found, Rule, Subject};

pub(super) const RULE: Rule =
    Rule { name: "RunsAsRoot", description: "A container's program is not root", asked_for: false, check };

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, Some(config))) = subject.target() else { return };
    let chain = subject.chain(target);
    // An image that nobody gives a program to is none to run: a stage with tests, or with files to export.
    if !chain.iter().any(|stage| stage.stage.entrypoint.is_some() || stage.stage.cmd.is_some()) {
        return;
    }
    let user = config.text("User").unwrap_or_default();
    let name = user.split_once(':').map_or(user, |(name, _)| name);
    if !matches!(name, "" | "root" | "0") {
        return;
    }
    let said = chain.iter().find_map(|stage| stage.stage.user.as_ref());
    let span = said.map_or(target.name_span, |user| user.span);
    let detail = match said {
        Some(_) => format!("the image `{}` runs as root", target.name),
        None => format!("the image `{}` runs as root, since nothing says who else", target.name),
    };
    found.add(span, detail, "add `user: 65532`, or a name that the image or `users` has");
}
