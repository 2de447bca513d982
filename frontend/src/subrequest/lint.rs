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
use crate::report::message;
use crate::source::{SpecFile, SpecFiles};

/// The form of an answer, from what was found and what is wrong.
type Form = fn(&SpecFiles, &Findings, &[Diagnostic]) -> Answer;

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
    let mut result = BuildResult::from(form(&files, &findings, &faults));
    let status = if findings.is_empty() && faults.is_empty() { "0" } else { "1" };
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    Ok(result)
}

/// The client prints a build error with the lines of one place; the message has the places of all.
pub(crate) fn checked(files: &SpecFiles, findings: &Findings, faults: &[Diagnostic]) -> Answer {
    let warnings: Vec<Value> = findings.all().map(|finding| warning(files, finding)).collect();
    let mut json = json!({ "warnings": warnings, "sources": files.iter().map(source).collect::<Vec<_>>() });
    let mut text = String::new();
    for Finding { rule, span, detail, help } in findings.all() {
        text += &format!("{}: {}: {detail}\n  help: {help}\n", files.locate(*span), rule.name);
    }
    if let Some(first) = faults.first() {
        text += &message(files, faults);
        json["buildError"] = json!({ "message": text, "location": location(files, first.span) });
    }
    Answer::new(&json, text)
}

/// A finding as `BuildKit`'s `frontend/subrequests/lint` has it. The client shows description and detail; what to do is part of these.
fn warning(files: &SpecFiles, finding: &Finding) -> Value {
    let Finding { rule, span, detail, help } = finding;
    json!({
        "ruleName": rule.name,
        "description": rule.description,
        "url": rule.url(),
        "detail": format!("{detail}\nhelp: {help}"),
        "location": location(files, *span),
    })
}

fn source(file: &SpecFile) -> Value {
    json!({ "filename": file.name, "data": STANDARD.encode(file.text.as_bytes()), "language": "YAML" })
}
