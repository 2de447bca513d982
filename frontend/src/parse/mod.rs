//! From the text of a spec to its types, with every fault that can be seen without asking anybody.

mod yaml;

use spec_schema::Spec;
use spec_schema::decode::Decode;
use spec_schema::diagnostic::{Diagnostic, Faults};
use spec_schema::span::{FileId, Span};

use crate::source::SpecFile;

/// The most bytes that a spec may have. Its text travels in each request that carries a definition, and daemons before
/// BuildKit 0.14 take 4 MiB in one.
pub const MAX_SPEC_BYTES: usize = 1 << 20;

/// The text of a spec file. Bytes that are none are a fault; what is left of them then only serves to show the place.
pub fn text_of(name: &str, bytes: Vec<u8>, faults: &mut Faults) -> SpecFile {
    if bytes.len() > MAX_SPEC_BYTES {
        let message = format!("this spec is larger than {} MiB", MAX_SPEC_BYTES >> 20);
        let fault = Diagnostic::new(Span::default(), message);
        faults.push(fault.help("large files belong into the build context, to be copied"));
        return SpecFile::new(name, "");
    }
    match String::from_utf8(bytes) {
        Ok(text) => SpecFile::new(name, text),
        Err(error) => {
            let at = u32::try_from(error.utf8_error().valid_up_to()).unwrap_or_default();
            let span = Span { start: at, end: at, ..Span::default() };
            faults.push(Diagnostic::new(span, "this is not UTF-8 text").help("save the file as UTF-8"));
            SpecFile::new(name, String::from_utf8_lossy(error.as_bytes()))
        }
    }
}

/// Reads the spec in `file`. With faults, the spec holds what could be read, so that the checks that follow can
/// report the rest in the same run.
pub fn parse(file: &SpecFile, id: FileId, faults: &mut Faults) -> Option<Spec> {
    let known = faults.len();
    let Some(root) = yaml::read(&file.text, id, faults) else {
        if faults.len() == known {
            let fault = Diagnostic::new(Span { file: id, ..Span::default() }, "this spec is empty");
            faults.push(fault.help("it needs at least one stage: `stages: {app: {from: IMAGE}}`"));
        }
        return None;
    };
    let spec = Spec::decode(&root, faults)?;
    if spec.stages.names().next().is_none() {
        let fault = Diagnostic::new(spec.span, "this spec has no stage");
        faults.push(fault.help("it needs at least one: `stages: {app: {from: IMAGE}}`"));
    }
    check_names(&spec, faults);
    Some(spec)
}

/// Stage names are used on command lines and in image names, arg names in shells: both have their rules.
fn check_names(spec: &Spec, faults: &mut Faults) {
    for (name, entry) in spec.stages.iter() {
        if !is_stage_name(name) {
            let fault = Diagnostic::new(entry.key_span, format!("`{name}` cannot name a stage"));
            faults.push(fault.help(
                "a stage name has lower-case letters, digits, `-`, `_` and `.`, and starts with a letter",
            ));
        } else if matches!(name, "scratch" | "context") {
            let fault = Diagnostic::new(
                entry.key_span,
                format!("`{name}` has a meaning of its own and cannot name a stage"),
            );
            faults.push(fault);
        }
    }
    for (name, entry) in spec.args.iter() {
        if !is_variable_name(name) {
            let fault = Diagnostic::new(entry.key_span, format!("`{name}` cannot name a build arg"));
            faults.push(fault.help("a name has letters, digits and `_`, and does not start with a digit"));
        }
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
