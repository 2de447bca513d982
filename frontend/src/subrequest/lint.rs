//! Whether the spec has faults, and what lint finds: `--check`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spec_schema::diagnostic::Diagnostic;

use super::{Answer, location};
use crate::compile::{Stopped, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::lint::{Finding, Findings};
use crate::opts::FrontendOpts;
use crate::report::{SPEC, Subject, message_of};
use crate::source::{SpecFile, SpecFiles};

/// The form of an answer, from what was found and what is wrong.
type Form = fn(&Subject, &SpecFiles, &Findings, &[Diagnostic]) -> Answer;

/// Compiles the spec as a build would, and stops before the solve.
pub(super) async fn lint(gateway: &Gateway, opts: &FrontendOpts, form: Form) -> Result<BuildResult, Failure> {
    let (files, checked) = match compile(gateway, opts).await {
        Ok(compiled) => {
            let checked = compiled.lint(opts);
            (compiled.files, checked)
        }
        Err(Stopped::Faults(files, faults)) => (files, Err(faults)),
        Err(Stopped::Failure(failure)) => return Err(failure),
    };
    let (findings, faults) = match checked {
        Ok(findings) => (findings, Vec::new()),
        Err(faults) => (Findings::default(), faults.into_sorted()),
    };
    let mut result = BuildResult::from(form(&SPEC, &files, &findings, &faults));
    let status = if findings.is_empty() && faults.is_empty() { "0" } else { "1" };
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    Ok(result)
}

/// What was found, for programs and for people.
pub(crate) fn checked(
    subject: &Subject,
    files: &SpecFiles,
    findings: &Findings,
    faults: &[Diagnostic],
) -> Answer {
    let mut text = String::new();
    for Finding { rule, span, detail, help, .. } in findings.all() {
        text += &format!("{}: {}: {detail}\n  help: {help}\n", files.locate(*span), rule.name);
    }
    if !faults.is_empty() {
        text += &message_of(subject, files, faults);
    }
    Answer::new(&json(subject, files, findings, faults), text)
}

/// The client prints a build error with the lines of one place; the message has the places of all.
pub(crate) fn json(
    subject: &Subject,
    files: &SpecFiles,
    findings: &Findings,
    faults: &[Diagnostic],
) -> Value {
    let warnings: Vec<Value> = findings.all().map(|finding| warning(files, finding)).collect();
    let sources: Vec<Value> = files.iter().map(|file| source(subject, file)).collect();
    let mut json = json!({ "warnings": warnings, "sources": sources });
    if let Some(first) = faults.first() {
        let message = message_of(subject, files, faults);
        json["buildError"] = json!({ "message": message, "location": location(files, first.span) });
    }
    json
}

/// A finding as `BuildKit`'s `frontend/subrequests/lint` has it. The client shows description and detail; what to do is part of these.
pub(crate) fn warning(files: &SpecFiles, finding: &Finding) -> Value {
    let Finding { rule, span, detail, help, .. } = finding;
    json!({
        "ruleName": rule.name,
        "description": rule.description,
        "url": rule.url(),
        "detail": format!("{detail}\nhelp: {help}"),
        "location": location(files, *span),
    })
}

fn source(subject: &Subject, file: &SpecFile) -> Value {
    let data = STANDARD.encode(file.text.as_bytes());
    json!({ "filename": file.name, "data": data, "language": subject.language })
}
