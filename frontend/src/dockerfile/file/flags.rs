//! Flags of instructions.

use spec_schema::decode::text::Text;
use spec_schema::diagnostic::{Diagnostic, Faults, did_you_mean, one_of};
use spec_schema::span::Span;

use super::Flag;
use super::arguments::Part;

/// How a flag is given.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// With a value.
    Value,
    /// With values, one at a time.
    Values,
    /// Alone, or with `true` or `false`.
    Switch,
}

use Kind::{Switch, Value, Values};

/// The flags of an instruction.
pub(super) fn known(instruction: &str) -> &'static [(&'static str, Kind)] {
    match instruction {
        "FROM" => &[("platform", Value)],
        "RUN" => &[("mount", Values), ("network", Value), ("security", Value), ("device", Values)],
        "COPY" => &[
            ("from", Value),
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("parents", Switch),
            ("exclude", Values),
        ],
        "ADD" => &[
            ("chown", Value),
            ("chmod", Value),
            ("link", Switch),
            ("keep-git-dir", Switch),
            ("checksum", Value),
            ("unpack", Switch),
            ("exclude", Values),
        ],
        "HEALTHCHECK" => &[
            ("interval", Value),
            ("timeout", Value),
            ("start-period", Value),
            ("start-interval", Value),
            ("retries", Value),
        ],
        _ => &[],
    }
}

/// Takes the flags off the front of an instruction's arguments, as they are written.
pub(super) fn take(arguments: Part<'_>, escape: char) -> (Vec<Text>, Part<'_>) {
    let mut flags = Vec::new();
    let mut rest = arguments.trimmed();
    while rest.str().starts_with("--") {
        let (flag, length) = unquoted(rest.str(), escape);
        let span = rest.line.span_of(rest.start, rest.start + length);
        rest = rest.from(length).trimmed();
        if flag == "--" {
            break;
        }
        flags.push(Text::new(flag, span));
    }
    (flags, rest)
}

/// The first word without quotes and escapes, and how long it is with them.
fn unquoted(text: &str, escape: char) -> (String, usize) {
    let (mut word, mut quote) = (String::new(), None);
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == escape => word.extend(chars.next().map(|(_, next)| next)),
            c if quote == Some(c) => quote = None,
            '"' | '\'' if quote.is_none() => quote = Some(c),
            c if c.is_whitespace() && quote.is_none() => return (word, at),
            c => word.push(c),
        }
    }
    (word, text.len())
}

/// Checks flags against those that an instruction has.
pub(super) fn check(instruction: &str, written: Vec<Text>, faults: &mut Faults) -> Vec<Flag> {
    let mut flags: Vec<Flag> = Vec::new();
    for flag in written {
        let span = flag.span;
        let bare = flag.trim_start_matches("--");
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
        let Some((name, kind)) = known(instruction).iter().copied().find(|(known, _)| *known == name) else {
            faults.push(unknown(instruction, name, span));
            continue;
        };
        if kind != Values && flags.iter().any(|known| known.name == name) {
            let fault = Diagnostic::new(span, format!("the flag `--{name}` is given a second time"));
            faults.push(fault.help("keep one of the two"));
            continue;
        }
        match value_of(name, kind, value, span) {
            Ok(value) => flags.push(Flag { name, value, span }),
            Err(fault) => faults.push(fault),
        }
    }
    flags
}

fn value_of(name: &str, kind: Kind, value: Option<&str>, span: Span) -> Result<Text, Diagnostic> {
    let text = match (kind, value) {
        (Switch, None) => "true".to_owned(),
        (Switch, Some(value)) => match value.to_ascii_lowercase().as_str() {
            value @ ("true" | "false") => value.to_owned(),
            _ => {
                let fault = Diagnostic::new(span, format!("`{value}` is not a value of `--{name}`"));
                return Err(fault.help(format!("write `--{name}`, `--{name}=true` or `--{name}=false`")));
            }
        },
        (_, None) => {
            let fault = Diagnostic::new(span, format!("the flag `--{name}` has no value"));
            return Err(fault.help(format!("write `--{name}=…`, without a blank")));
        }
        (_, Some(value)) => value.to_owned(),
    };
    Ok(Text::new(text, span))
}

fn unknown(instruction: &str, name: &str, span: Span) -> Diagnostic {
    let known = known(instruction);
    let fault = Diagnostic::new(span, format!("`{instruction}` has no flag `--{name}`"));
    let names: Vec<String> = known.iter().map(|(name, _)| format!("--{name}")).collect();
    fault.help(match did_you_mean(name, known.iter().map(|(known, _)| *known)) {
        Some(help) => help.replacen('`', "`--", 1),
        None if known.is_empty() => format!("`{instruction}` has no flags"),
        None => format!("it has {}", one_of(names.iter().map(String::as_str))),
    })
}
