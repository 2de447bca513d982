//! `RunsAsRoot`.

use crate::lint::command::Command;
use crate::lint::image_name::ImageName;
use crate::lint::known::starts_as_root;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "RunsAsRoot",
    description: "A container's program is not root",
    costs: "whoever breaks into the program is root in the container, and needs one more hole to be root on the host",
    standing: Standing::Pitfall,
    check,
};

fn check(subject: &Subject<'_>, found: &mut Found) {
    let Some((target, config)) = subject.target() else { return };
    let chain = subject.chain(target);
    // An image that nobody gives a program to is none to run: a stage with tests, or with files to export.
    if !subject.runs_program() {
        return;
    }
    let base = subject.base(target);
    let said = chain.iter().find_map(|stage| stage.stage.user.as_ref());
    let user = match (config, said) {
        (Some(config), _) => config.text("User").unwrap_or_default().to_owned(),
        (None, Some(user)) => subject.text(user).unwrap_or_else(|| user.raw.clone()),
        (None, None) if base.as_ref().and_then(starts_as_root) == Some(true) => String::new(),
        (None, None) => return,
    };
    let name = user.split_once(':').map_or(user.as_str(), |(name, _)| name);
    if !matches!(name, "" | "root" | "0") || drops_root(subject) {
        return;
    }
    let span = said.map_or(target.name_span, |user| user.span);
    let detail = match said {
        Some(_) => format!("{} runs as root", subject.image_of(target)),
        None => format!("{} runs as root, since nothing says who else", subject.image_of(target)),
    };
    let help = Help::spec("add `user: 65532`, or a name that the image or `users` has")
        .dockerfile("say who else, below the last `RUN` that has to be root")
        .better(user_of(base.as_ref()));
    found.add(span, detail, help);
}

/// It needs no root, and listens on 8080.
fn unprivileged_nginx(base: &ImageName) -> String {
    let tag = base.tag.as_ref().map_or_else(String::new, |tag| format!(":{tag}"));
    format!("FROM nginxinc/nginx-unprivileged{tag}")
}

/// Whether the image has a program by which what it starts as root goes on as somebody else.
fn drops_root(subject: &Subject<'_>) -> bool {
    let is_installed = |command: &Command| {
        let installs = command.words.iter().any(|word| matches!(word.as_str(), "install" | "add"));
        installs && command.words.iter().any(|word| matches!(word.as_str(), "gosu" | "su-exec"))
    };
    subject.image_runs().any(|run| run.commands.iter().any(is_installed))
}

/// Lines that make another user, where the image has none.
fn user_of(base: Option<&ImageName>) -> Vec<String> {
    let is_busybox =
        base.is_some_and(|base| base.tag_has("alpine") || matches!(base.name.as_str(), "alpine" | "busybox"));
    let lines: &[&str] = match base {
        Some(base) if base.name == "node" => &["USER node"],
        Some(base) if base.path == "docker.io/library/nginx" => return vec![unprivileged_nginx(base)],
        Some(base) if base.path.contains("distroless") => &["USER 65532:65532"],
        None => &["USER 65532:65532"],
        Some(_) if is_busybox => &["RUN adduser -S -u 10001 app", "USER app"],
        Some(_) => &["RUN useradd --system --uid 10001 app", "USER app"],
    };
    lines.iter().map(|line| (*line).to_owned()).collect()
}
