//! How the language says what stands there in the form of a Dockerfile, or shorter than it takes.

use super::words::of_stage;
use crate::diagnostic::one_of;
use crate::spec::is_action;

/// How a step is written that stands there as a line of a script or of a Dockerfile.
pub(crate) fn step_in_full(text: &str) -> String {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let (lower, rest) = (word.to_lowercase(), rest.trim());
    let is_instruction = word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let words: Vec<&str> = rest.split_whitespace().collect();
    match (lower.as_str(), words.as_slice()) {
        ("copy" | "add", [.., _]) if rest.contains("--") || rest.starts_with('[') => {
            format!("write `{lower}: …`, and beside it `to: …` and its options as keys")
        }
        ("copy" | "add", [source, to]) => format!("write `{{{lower}: {source}, to: {to}}}`"),
        ("copy" | "add", [sources @ .., to]) if !sources.is_empty() => {
            format!("write `{{{lower}: [{}], to: {to}}}`", sources.join(", "))
        }
        (_, [_, ..]) if is_action(&lower) => format!("write `{lower}: {rest}`"),
        _ => match of_stage(&lower).filter(|_| is_instruction) {
            Some(help) => help,
            None => format!("a command is written `run: {text}`"),
        },
    }
}

/// How a mapping is written where its most important text stands alone.
pub(crate) fn mapping_in_full(what: &str, text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(match (what, words.as_slice()) {
        ("file to write", [path]) => format!("write `{{path: {path}, content: …}}`"),
        ("symbolic link", [target, path]) => format!("write `{{target: {target}, path: {path}}}`"),
        ("healthcheck", ["off" | "no" | "false" | "disable" | "disabled" | "NONE" | "None"]) => {
            "did you mean `none`?".to_owned()
        }
        ("healthcheck", _) => format!("write `{{test: {text}}}`"),
        ("command to verify", _) => format!("write `{{command: {text}}}`"),
        ("stage", [image]) => format!("write `{{from: {image}}}`"),
        ("secret", _) => {
            "write `{}`: where its value comes from is said by the client, as in `--secret id=NAME,src=FILE`"
                .to_owned()
        }
        _ => return None,
    })
}

/// How the options of a Dockerfile's `--mount` are written.
pub(crate) fn mount_in_full(text: &str) -> Option<String> {
    let pairs: Vec<(&str, &str)> = text.split(',').filter_map(|pair| pair.split_once('=')).collect();
    let value = |keys: &[&str]| pairs.iter().find(|(key, _)| keys.contains(key)).map(|(_, value)| *value);
    let target = value(&["target", "dst", "destination"]);
    match value(&["type"])? {
        "cache" => Some(format!("write `cache: {}` in the step", target?)),
        "secret" => Some(format!("write `secrets: [{}]` in the step", value(&["id"])?)),
        "ssh" => Some("write `ssh: true` in the step".to_owned()),
        "tmpfs" => Some(format!("write `{{type: tmpfs, target: {}}}`", target?)),
        "bind" => {
            let more = |key: &str, value: Option<&str>| value.map(|value| format!(", {key}: {value}"));
            let source = more("source", value(&["source", "src"])).unwrap_or_default();
            let from = more("from", value(&["from"])).unwrap_or_default();
            Some(format!("write `{{type: bind{from}{source}, target: {}}}`", target?))
        }
        _ => None,
    }
}

/// What is wrong with a script that starts as a `RUN` of a Dockerfile does, and what to do.
pub(crate) fn dockerfile_script(text: &str) -> Option<(String, String)> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    let mark = first.strip_prefix("<<").map(|mark| mark.trim_start_matches('-').trim_matches(['"', '\'']));
    let is_mark = |mark: &str| !mark.is_empty() && mark.chars().all(|c| c.is_alphanumeric() || c == '_');
    if mark.is_some_and(|mark| is_mark(mark) || !text.trim_end().contains('\n')) {
        let help = "write the lines of the script below `run: |`, indented further, without the marks";
        return Some(("a here-document alone runs nothing".to_owned(), help.to_owned()));
    }
    let (option, _) = first.strip_prefix("--")?.split_once('=')?;
    let keys: &[&str] = match option {
        "mount" => &["cache", "secrets", "ssh", "mounts"],
        "network" => &["network"],
        "security" => &["security"],
        "device" => &["devices"],
        _ => return None,
    };
    let help = format!("what it says stands beside `run`, under {}", one_of(keys.iter().copied()));
    Some((format!("`--{option}` is an option of a Dockerfile's `RUN`, and no command"), help))
}

/// Whether a path is an option of a Dockerfile's `COPY` or `ADD`; the option.
pub fn copy_option(path: &str) -> Option<&str> {
    let option = path.strip_prefix("--")?.split(['=', ' ']).next()?;
    let known =
        ["from", "chown", "chmod", "link", "parents", "exclude", "checksum", "keep-git-dir", "unpack"];
    known.contains(&option).then_some(option)
}
