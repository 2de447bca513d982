//! `RUN`.

use spec_schema::decode::text::Text;
use spec_schema::span::Span;

use super::mentions::{is_proxy, is_read_by_programs};
use super::mount::Mounts;
use super::names::Declared;
use super::part::{RunState, Step};
use super::pieces::Quotes;
use super::script::{Written, written};
use super::stage::Walk;
use super::tree::{self, Entries};
use crate::dockerfile::file::{Command, Flag, Run, STAGE_FOR_IMAGE};
use crate::dockerfile::values::{boolean, fields};
use crate::scope::words;
use crate::select::is_platform_arg;

/// The most args that a step is given because it may read them: no Dockerfile has so many, unless it is made to have.
const MAX_PASSED: usize = 50;

impl Walk<'_, '_> {
    pub(super) fn run_step(&mut self, run: &Run, span: Span) {
        let mut step = Step { span, ..Step::default() };
        let mut env = Entries::default();
        match &run.command {
            Command::Exec(list, place) => {
                self.args_of_exec(&mut env, span);
                step.entries.add("run", tree::literals(list, *place));
                step.run = Some(RunState { user: self.user.clone(), ..RunState::default() });
            }
            Command::Shell(script) => {
                let mut script_text = written(script, &run.documents, self.shell.as_ref());
                self.args_of_script(&mut script_text, &mut env, span);
                if script_text.goes_on {
                    self.comments.push(
                        "# `set +e`, as a here-document goes on after a command that fails.".to_owned(),
                    );
                }
                step.entries.add("run", tree::text(script_text.text, script.text.span));
                if script_text.lines.len() > 1 {
                    step.lines = script_text.lines;
                }
                step.run =
                    Some(RunState { user: self.user.clone(), by_shell: true, shell: self.shell.clone() });
            }
        }
        if !env.is_empty() {
            step.entries.add("env", env.mapping(span));
        }
        if self.directory != self.part.directory {
            let path = self.directory.path.clone();
            self.part.uses(&path);
            step.entries.add("workdir", tree::text(path, span));
        }
        self.mounts(&run.flags, &mut step.entries);
        process(&run.flags, &mut step.entries);
        self.push(step);
    }

    /// What files are taken from: an image, or a stage above.
    pub(super) fn check_source(&mut self, from: &Text) {
        let (at, count) = (self.around.at, self.around.named.stages.len());
        let stage = self.around.named.position(from);
        if from.trim_end_matches('$').contains('$') {
            self.fault(from.span, "what files are taken from has no variables", STAGE_FOR_IMAGE);
        } else if stage.is_some_and(|stage| stage == at) {
            self.fault(from.span, "a stage cannot take files from itself", "name another stage, or an image");
        } else if stage.is_some_and(|stage| stage >= count) {
            let message = format!("there is no stage `{}`: there are {count}, from `0` on", from.value);
            self.fault(
                from.span,
                message,
                "name the stage by `FROM … AS name`, and take files from that name",
            );
        } else if stage.is_some_and(|stage| stage > at) {
            let message = format!("the stage `{}` stands further down", from.value);
            self.fault(from.span, message, "move it above the stage that takes files from it");
        }
    }

    fn mounts(&mut self, flags: &[Flag], entries: &mut Entries) {
        let mut mounts = Mounts::new(self.around.optional_secrets);
        let named = self.around.named;
        for flag in flags.iter().filter(|flag| flag.name == "mount") {
            let span = flag.span;
            let Some(text) = self.plain_mount(flag) else { continue };
            for (_, from) in fields(&text).into_iter().filter(|(name, _)| name == "from") {
                self.check_source(&Text::new(from.unwrap_or_default(), span));
            }
            let mut word = |text: &str| {
                let pieces = self.pieces(&Text::new(text.to_owned(), span), Quotes::Removed);
                self.rendered(&pieces, span)
            };
            mounts.add(&text, &mut word, &|name| named.source(name));
        }
        let place = flags.first().map_or_else(Span::default, |flag| flag.span);
        for note in std::mem::take(&mut mounts.notes) {
            self.note(place, note);
        }
        self.around.secrets.extend(mounts.ids.iter().map(|(id, _)| id.clone()));
        mounts.finish(self.user.is_none(), entries);
    }

    /// The args that are in the environment of a command which names none.
    fn args_of_exec(&mut self, env: &mut Entries, span: Span) {
        for (name, declared) in self.args_to_pass() {
            let value = match declared {
                Declared::Given => format!("${name}"),
                Declared::Open => format!("${{{name}:-}}"),
                Declared::Own(default) => format!("${{{name}:-{default}}}"),
                Declared::Fixed(text) => text,
            };
            env.add(&name, tree::text(value, span));
        }
    }

    /// Args that a step may read although its script does not name them.
    fn args_to_pass(&mut self) -> Vec<(String, Declared)> {
        if self.passed.is_none() {
            self.passed = Some(self.passed_args());
        }
        self.passed.clone().unwrap_or_default()
    }

    fn passed_args(&self) -> Vec<(String, Declared)> {
        let args = self.names.args.iter().filter(|(name, _)| !self.names.env.contains(*name));
        let read = |name: &str| {
            if is_platform_arg(name) {
                self.crosses
            } else {
                is_read_by_programs(name) || !self.mentions.contains(name)
            }
        };
        // A proxy that the client names is there anyway.
        let given_anyway = |name: &str, declared: &Declared| is_proxy(name) && *declared == Declared::Open;
        let args = args.filter(|(name, declared)| {
            !given_anyway(name, declared) && !name.starts_with("BUILDKIT_") && read(name)
        });
        args.take(MAX_PASSED).map(|(name, declared)| (name.clone(), declared.clone())).collect()
    }

    /// A script sees the args that it names; what else a Dockerfile gives or does not give it is said beside it.
    fn args_of_script(&mut self, script: &mut Written, env: &mut Entries, span: Span) {
        let mut open = Vec::new();
        let named: std::collections::BTreeSet<String> = words(&script.text).map(str::to_owned).collect();
        for (name, declared) in self.args_to_pass() {
            let value = match declared {
                _ if named.contains(&name) && matches!(declared, Declared::Given | Declared::Open) => {
                    continue;
                }
                Declared::Open => {
                    open.push(name);
                    continue;
                }
                Declared::Given => format!("${name}"),
                Declared::Own(default) => format!("${{{name}:-{default}}}"),
                Declared::Fixed(text) => text,
            };
            env.add(&name, tree::text(value, span));
        }
        for name in &named {
            let declared = self.names.args.get(name).filter(|_| !self.names.env.contains(name));
            let known = env.0.iter().any(|(known, _)| known.value == *name);
            match declared {
                Some(Declared::Own(default)) if !known => {
                    env.add(name, tree::text(format!("${{{name}:-{default}}}"), span));
                }
                Some(Declared::Fixed(text)) if !known => env.add(name, tree::text(text.clone(), span)),
                None if self.is_hidden(name, &script.text) => {
                    env.add(name, tree::text("", span));
                    self.note(span, format!("`{name}` is empty here, as the stage does not declare it: add `ARG {name}` to the Dockerfile, or take this `env` away"));
                }
                _ => {}
            }
        }
        if !open.is_empty() {
            reads(script, &open.join(", "));
        }
    }

    /// Whether a script reads an arg of the file that its stage does not declare.
    fn is_hidden(&self, name: &str, script: &str) -> bool {
        // What many base images set themselves.
        let of_image = self.names.has_image && name.ends_with("_VERSION");
        self.around.args.knows(name)
            && !self.names.env.contains(name)
            && !of_image
            && (has_variable(script, name))
            && !script.contains(&format!("{name}="))
            && !script.contains(&format!("for {name} "))
            && !script.contains(&format!("read {name}"))
    }
}

/// What a process has besides its files.
fn process(flags: &[Flag], entries: &mut Entries) {
    for flag in flags {
        match flag.name {
            "network" if flag.value.value != "default" => {
                entries.add("network", tree::text(flag.value.value.clone(), flag.span));
            }
            "security" if flag.value.value != "sandbox" => {
                entries.add("security", tree::text(flag.value.value.clone(), flag.span));
            }
            _ => {}
        }
    }
    let devices: Vec<_> = flags.iter().filter(|flag| flag.name == "device").map(device).collect();
    let place = flags.first().map_or_else(Span::default, |flag| flag.span);
    entries.add_some("devices", tree::one_or_many(devices, place));
}

/// Names args in a script that programs of it read: they are there only if the client gives them.
fn reads(script: &mut Written, names: &str) {
    let comment = format!("# reads {names}");
    if script.text.trim_end().contains('\n') {
        if !script.text.starts_with("#!") {
            script.text = format!("{comment}\n{}", script.text);
        }
        return;
    }
    if script.lines.is_empty() {
        script.lines.push(script.text.clone());
    }
    script.lines.push(comment);
    script.text = script.lines.join(" ");
}

fn has_variable(script: &str, name: &str) -> bool {
    let is_part = |c: char| c == '_' || c.is_ascii_alphanumeric();
    script.split('$').skip(1).any(|after| {
        let after = after.strip_prefix('{').unwrap_or(after);
        after.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_part))
    })
}

fn device(flag: &Flag) -> spec_schema::node::Node {
    let span = flag.span;
    let mut entries = Entries::default();
    let mut required = false;
    for (name, value) in fields(&flag.value) {
        match (name.as_str(), value) {
            ("required", value) => required = value.is_none_or(|value| boolean(&value) == Some(true)),
            ("name", Some(value)) => entries.add("name", tree::text(value, span)),
            // A name has an equals sign of its own.
            (class, Some(device)) => entries.add("name", tree::text(format!("{class}={device}"), span)),
            (class, None) => entries.add("name", tree::text(class, span)),
        }
    }
    if required {
        entries.add("required", tree::word("true", span));
        return entries.mapping(span);
    }
    entries.0.pop().map_or_else(|| tree::text("", span), |(_, node)| node)
}
