//! From the texts of a spec to its types, with every fault that can be seen without asking anybody.

mod include;
mod preset;
mod reading;
mod yaml;

use spec_schema::Spec;
use spec_schema::decode::text::Template;
use spec_schema::decode::{Decode, Map, copy_option};
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::node::{Node, Value};
use spec_schema::span::{FileId, Span};
use spec_schema::spec::Step;

use crate::dockerfile;
use crate::source::SpecFile;
pub use reading::{Found, Merged, Reading};
use yaml::Size;

/// The most bytes that a spec may have, with what it includes. Its text travels in each request that carries a definition, and daemons before
/// BuildKit 0.14 take 4 MiB in one.
pub const MAX_SPEC_BYTES: usize = 1 << 20;

/// What to do about a spec that is too large.
const LARGE: &str = "large files belong into the build context, to be copied";

fn too_large(span: Span, what: &str) -> Diagnostic {
    Diagnostic::new(span, format!("{what} is larger than {} MiB", MAX_SPEC_BYTES >> 20)).help(LARGE)
}

/// The text of a spec file. Bytes that are none are a fault; what is left of them then only serves to show the place.
fn text_of(name: &str, id: FileId, bytes: Vec<u8>, faults: &mut Faults) -> SpecFile {
    if bytes.len() > MAX_SPEC_BYTES {
        faults.push(too_large(Span { file: id, ..Span::default() }, "this spec"));
        return SpecFile::new(name, "");
    }
    // Editors put the mark there that says UTF-8; it is no part of the text.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(bytes);
    match String::from_utf8(bytes) {
        Ok(text) => SpecFile::new(name, text),
        Err(error) => {
            let at = u32::try_from(error.utf8_error().valid_up_to()).unwrap_or_default();
            let span = Span { file: id, start: at, end: at };
            faults.push(Diagnostic::new(span, "this is not UTF-8 text").help("save the file as UTF-8"));
            SpecFile::new(name, String::from_utf8_lossy(error.as_bytes()))
        }
    }
}

/// True for a text that starts like a Dockerfile, comments aside.
fn is_dockerfile(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next().and_then(|line| line.split_once(char::is_whitespace));
    first.is_some_and(|(word, rest)| {
        (word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("arg"))
            && !rest.trim_start().starts_with(':')
    })
}

/// The tree of one file; none with a fault that leaves nothing to go on with. `read` is what other files hold.
fn tree(file: &SpecFile, id: FileId, read: &mut Size, faults: &mut Faults) -> Option<Node> {
    let known = faults.len();
    if is_dockerfile(&file.text) {
        let lines = file.text.split_inclusive('\n');
        let above = lines.take_while(|line| line.trim().is_empty() || line.trim().starts_with('#'));
        let start = u32::try_from(above.map(str::len).sum::<usize>()).unwrap_or_default();
        let fault =
            Diagnostic::new(Span { file: id, start, end: start }, "this is a Dockerfile, not a build spec");
        faults.push(
            fault.help(
                "without the `# syntax` line it is built as it is; `--call=convert` prints it as a spec",
            ),
        );
        return None;
    }
    let root = yaml::read(&file.text, id, read, faults);
    if root.is_none() && faults.len() == known {
        let fault = Diagnostic::new(Span { file: id, ..Span::default() }, "this spec is empty");
        let help = "it needs at least one stage: `stages: {app: {from: IMAGE}}`";
        faults.push(fault.help_opt((id.0 == 0).then(|| help.to_owned())));
    }
    root
}

/// A file that says something about a spec, and what it holds: nothing where it is empty or has faults.
pub(crate) fn about_spec(
    name: &str,
    id: FileId,
    bytes: Vec<u8>,
    faults: &mut Faults,
) -> (SpecFile, Option<Node>) {
    let known = faults.len();
    let text = text_of(name, id, bytes, faults).text;
    let file = SpecFile::about_spec(name, text);
    let tree =
        if faults.len() == known { yaml::read(&file.text, id, &mut Size::default(), faults) } else { None };
    (file, tree)
}

/// The spec of a tree. With faults, it holds what could be read, so that the checks that follow can report the rest in
/// the same run.
fn decode(root: &Node, faults: &mut Faults) -> Option<Spec> {
    let spec = Spec::decode(root, faults)?;
    // An unknown key is mostly why there is none.
    if spec.stages.names().next().is_none() && !has_unknown_keys(root) {
        let fault = Diagnostic::new(spec.span, "this spec has no stage");
        faults.push(fault.help("it needs at least one: `stages: {app: {from: IMAGE}}`"));
    }
    check_names(&spec, faults);
    Some(spec)
}

/// Whether a spec has keys of which faults have been told.
fn has_unknown_keys(root: &Node) -> bool {
    let Value::Mapping(entries) = &root.value else { return false };
    entries.iter().any(|(key, _)| !Spec::KEYS.contains(&key.as_str()) && !key.starts_with("x-"))
}

/// Stage names are used on command lines and in image names, arg names in shells: both have their rules.
fn check_names(spec: &Spec, faults: &mut Faults) {
    for (name, entry) in spec.stages.iter() {
        check_from_name("stage", name, entry.key_span, faults);
    }
    for (name, entry) in spec.sources.iter() {
        check_from_name("source", name, entry.key_span, faults);
        if let Some((_, stage)) = spec.stages.get_full(name) {
            let message = format!("`{name}` names a stage and a source");
            let fault = Diagnostic::new(entry.key_span, message).related(stage.key_span, "the stage");
            faults.push(fault.help("a `from` could mean both: give one of them another name"));
        }
    }
    for (name, entry) in spec.args.iter() {
        if !is_variable_name(name) {
            let fault = Diagnostic::new(entry.key_span, format!("`{name}` cannot name a build arg"));
            faults.push(fault.help("a name has letters, digits and `_`, and does not start with a digit"));
        }
    }
    for (_, stage) in spec.stages.iter() {
        check_env(&stage.value.env, faults);
        check_volumes(&stage.value.volumes, faults);
        for text in stage.value.onbuild.iter() {
            if let Err(why) = dockerfile::parse(text) {
                let fault = Diagnostic::new(text.span, format!("this instruction cannot be read: {why}"));
                faults.push(fault.help("write it as in a Dockerfile, without `ONBUILD`: `RUN make`"));
            }
        }
        for step in Step::all(&stage.value.steps) {
            match step {
                Step::Run(run) => check_env(&run.env, faults),
                Step::Copy(copy) => check_paths(&copy.copy.values, faults),
                Step::Add(add) => check_paths(&add.add.values, faults),
                Step::Apt(apt) => check_packages(&apt.apt.values, faults),
                Step::Apk(apk) => check_packages(&apk.apk.values, faults),
                Step::Dnf(dnf) => check_packages(&dnf.dnf.values, faults),
                _ => {}
            }
        }
    }
}

/// A volume of an image has no source, which is said by who starts a container.
fn check_volumes(volumes: &[Template], faults: &mut Faults) {
    for volume in volumes.iter().filter(|volume| volume.is_literal()) {
        if let Some((source, target)) = volume.raw.split_once(":/") {
            let target = target.split(':').next().unwrap_or_default();
            let message = format!("`{}` is no directory of an image", volume.raw);
            let help =
                format!("write `/{target}`; that `{source}` is mounted there, `docker run --volume` says");
            faults.push(Diagnostic::new(volume.span, message).help(help));
        }
    }
}

/// An option of a Dockerfile's instruction is a path that nobody means.
fn check_paths(paths: &[Template], faults: &mut Faults) {
    for path in paths {
        if let Some(option) = copy_option(&path.raw) {
            let message = format!("`--{option}` is an option of a Dockerfile, and no path");
            let help = "options are keys beside the paths: `{copy: PATH, from: STAGE, to: PATH}`";
            faults.push(Diagnostic::new(path.span, message).help(help));
        }
    }
}

/// A name of a package is one word, but for groups and conditions of dnf: `@Development Tools`, `perl >= 5`.
fn check_packages(packages: &[Template], faults: &mut Faults) {
    let is_name = |text: &str| !text.starts_with('@') && !text.contains(['<', '>', '=']);
    for package in packages.iter().filter(|package| package.is_literal() && is_name(&package.raw)) {
        let words: Vec<&str> = package.raw.split_whitespace().collect();
        if words.len() > 1 {
            let names =
                words.iter().filter(|word| !word.starts_with('-') && !["install", "add"].contains(word));
            let names: Vec<&str> = names.copied().collect();
            let message = format!("`{}` is more than the name of a package", package.raw.trim());
            let fault = Diagnostic::new(package.span, message);
            faults.push(fault.help(format!("write a list of names: `[{}]`", names.join(", "))));
        }
    }
}

/// A name that stands in a `from`.
fn check_from_name(what: &str, name: &str, span: Span, faults: &mut Faults) {
    if !is_stage_name(name) {
        let fault = Diagnostic::new(span, format!("`{name}` cannot name a {what}"));
        faults.push(fault.help(format!(
            "a {what} name has lower-case letters, digits, `-`, `_` and `.`, and starts with a letter"
        )));
    } else if matches!(name, "scratch" | "context") {
        let message = format!("`{name}` has a meaning of its own and cannot name a {what}");
        faults.push(Diagnostic::new(span, message));
    }
}

/// Programs may well have variables that no shell can name, but none that is empty or holds a `=`.
fn check_env(env: &Map<Template>, faults: &mut Faults) {
    for (name, entry) in env.iter().filter(|(name, _)| name.is_empty() || name.contains(['=', '\0'])) {
        let fault = Diagnostic::new(entry.key_span, format!("`{name}` cannot name a variable"));
        faults.push(fault.help("name and value stand on both sides of a colon: `NAME: value`"));
    }
}

fn is_stage_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c))
}

fn is_variable_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
