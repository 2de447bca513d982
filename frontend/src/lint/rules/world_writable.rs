//! `WorldWritable`.

use spec_schema::span::Span;

use crate::expand::CoreAction;
use crate::lint::command::Command;
use crate::lint::{Found, Help, Rule, Standing, Subject};

pub(super) const RULE: Rule = Rule {
    name: "WorldWritable",
    description: "Not everybody may write the image's files",
    costs: "the least hole in the program is enough to change the program itself",
    standing: Standing::Pitfall,
    check,
};

fn help() -> Help {
    Help::spec("give the file to the user who writes it: `chown: 65532`, and 0755 or 0644")
        .dockerfile("give the file to the user who writes it: `COPY --chown=65532`, and 0755 or 0644")
}

fn check(subject: &Subject<'_>, found: &mut Found) {
    for (_, step) in subject.steps() {
        let permissions: Option<(String, Span)> = match &step.action {
            CoreAction::Copy(copy) => copy.chmod.as_ref().map(|mode| (shown(mode), copy.span)),
            CoreAction::Add(add) => add.chmod.as_ref().map(|mode| (shown(mode), add.span)),
            CoreAction::Mkdir(mkdir) => mkdir.chmod.as_ref().map(|mode| (shown(mode), mkdir.span)),
            CoreAction::Write(write) => {
                write.write.chmod.as_ref().map(|mode| (shown(mode), write.write.span))
            }
            _ => None,
        };
        if let Some((mode, span)) = permissions.filter(|(mode, _)| is_open(mode)) {
            let place = subject.within(span, "chmod:");
            found.add(place, format!("with `{mode}`, everybody in the container may change it"), help());
        }
    }
    for (_, run) in subject.runs() {
        for command in run.commands.iter().filter(|command| command.program() == "chmod") {
            if let Some(mode) = mode(command).filter(|mode| is_open(mode)) {
                let detail = format!("with `chmod {mode}`, everybody in the container may change it");
                found.add(run.place(subject, command), detail, help());
            }
        }
    }
}

fn shown(mode: &impl spec_schema::encode::Encode) -> String {
    match mode.encode().value {
        spec_schema::node::Value::Scalar(scalar) => scalar.text,
        _ => String::new(),
    }
}

fn mode(command: &Command) -> Option<&str> {
    command.operands().next()
}

/// Whether a mode lets everybody write. A sticky directory such as `/tmp` is made for that.
fn is_open(mode: &str) -> bool {
    let is_number = !mode.is_empty() && mode.chars().all(|c| ('0'..='7').contains(&c));
    if is_number {
        let number = u32::from_str_radix(mode, 8).unwrap_or_default();
        return number & 0o002 != 0 && number & 0o1000 == 0;
    }
    mode.split(',').any(|part| {
        part.split_once(['+', '=']).is_some_and(|(who, what)| {
            what.contains('w') && !what.contains('t') && (who.contains('o') || who.contains('a'))
        })
    })
}
