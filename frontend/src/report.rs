//! Faults as the user gets them: a message with every place, and excerpts that the client cuts from the files.

use std::sync::Arc;

use spec_schema::diagnostic::{Diagnostic, Faults};

use crate::gateway::{Failure, SourceExcerpt, SourceFile, SourceRange};
use crate::source::{SpecFile, SpecFiles};

/// Faults that are told in full; the rest is counted.
pub(crate) const MAX_TOLD: usize = 20;

/// Characters of a sentence that are told: it may quote a text of any length.
const MAX_SENTENCE: usize = 600;

/// The failure that tells all faults: one line each, with file, line and column, and what to do indented below.
///
/// Each fault's lines go along as a typed detail, from which the client draws the excerpt.
pub fn failure(files: &SpecFiles, faults: Faults) -> Failure {
    failure_of(&SPEC, files, faults)
}

/// What it is that has faults.
pub struct Subject {
    /// What people call it.
    pub name: &'static str,
    /// The language that it is written in.
    pub language: &'static str,
}

/// A spec.
pub const SPEC: Subject = Subject { name: "spec", language: "YAML" };

/// A Dockerfile.
pub const DOCKERFILE: Subject = Subject { name: "Dockerfile", language: "Dockerfile" };

/// As [`failure`], of something else than a spec.
pub fn failure_of(subject: &Subject, files: &SpecFiles, faults: Faults) -> Failure {
    let faults = faults.into_sorted();
    let mut failure = Failure::new(message_of(subject, files, &faults));
    failure.sources = excerpts(subject, files, &faults);
    failure
}

/// The failure of an image that is not as it should be.
pub(crate) fn unfit(files: &SpecFiles, faults: Faults) -> Failure {
    let faults = faults.into_sorted();
    let heading = format!("the image fails {} checks", faults.len());
    let mut failure = Failure::new(told_below(&heading, files, &faults));
    failure.sources = excerpts(&SPEC, files, &faults);
    failure
}

/// The text of the failure.
pub fn message(files: &SpecFiles, faults: &[Diagnostic]) -> String {
    message_of(&SPEC, files, faults)
}

/// As [`message`], of something else than a spec.
pub fn message_of(subject: &Subject, files: &SpecFiles, faults: &[Diagnostic]) -> String {
    let other = faults.first().and_then(|fault| files.get(fault.span.file)).filter(|file| !file.has_steps());
    let is_in = |file: &SpecFile| {
        faults.iter().all(|fault| files.get(fault.span.file).is_some_and(|it| it.name == file.name))
    };
    let name = match other.filter(|file| is_in(file)) {
        // A lock file, a policy.
        Some(file) => file.name.clone(),
        None => format!("the {}", subject.name),
    };
    told_below(&format!("{name} has {} faults", faults.len()), files, faults)
}

fn told_below(heading: &str, files: &SpecFiles, faults: &[Diagnostic]) -> String {
    if let [fault] = faults {
        return told(files, fault);
    }
    let mut lines = vec![heading.to_owned()];
    lines.extend(faults.iter().take(MAX_TOLD).map(|fault| told(files, fault)));
    if faults.len() > MAX_TOLD {
        lines.push(format!("… and {} more", faults.len() - MAX_TOLD));
    }
    lines.join("\n")
}

fn told(files: &SpecFiles, fault: &Diagnostic) -> String {
    let mut text = format!("{}: {}", files.locate(fault.span), sentence(&fault.message));
    for (span, note) in &fault.related {
        text += &format!("\n  {}: {}", files.locate(*span), sentence(note));
    }
    for line in &fault.quoted {
        text += &format!("\n  | {}", sentence(line));
    }
    if let Some(help) = &fault.help {
        text += &format!("\n  help: {}", sentence(help));
    }
    text
}

/// One line for a terminal: what a sentence quotes must neither break it nor control the terminal.
pub(crate) fn sentence(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_SENTENCE));
    for (index, c) in text.chars().enumerate() {
        if index == MAX_SENTENCE {
            return line + "…";
        }
        if c.is_control() { line.extend(c.escape_default()) } else { line.push(c) }
    }
    line
}

/// The lines of the faults, one excerpt a file: the client prints excerpts in no certain order, but the lines within
/// one as they are.
fn excerpts(subject: &Subject, files: &SpecFiles, faults: &[Diagnostic]) -> Vec<SourceExcerpt> {
    let mut excerpts = Vec::new();
    for (id, file) in files.iter().enumerate() {
        let mut ranges: Vec<SourceRange> = faults
            .iter()
            .filter(|fault| usize::from(fault.span.file.0) == id)
            .take(MAX_TOLD)
            .map(|fault| {
                // A fault of a whole mapping is told at its first line; the excerpt is to find it, not to repeat it.
                let (first, _) = files.lines(fault.span);
                SourceRange::lines(first, first)
            })
            .collect();
        ranges.dedup();
        if !ranges.is_empty() && !file.text.is_empty() {
            let data = file.text.as_bytes().to_vec();
            let file =
                SourceFile { filename: file.name.clone(), data, language: subject.language.to_owned() };
            excerpts.push(SourceExcerpt { file: Arc::new(file), ranges });
        }
    }
    excerpts
}
