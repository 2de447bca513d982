//! Whether the spec has faults: `--check`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spec_schema::diagnostic::Diagnostic;

use super::{Answer, location};
use crate::compile::{Stopped, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::report::message;
use crate::source::SpecFiles;

/// Compiles the spec as a build would, and stops before the solve.
pub(super) async fn lint(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    match compile(gateway, opts).await {
        Ok(compiled) => Ok(result(&compiled.files, &[])),
        Err(Stopped::Faults(files, faults)) => Ok(result(&files, &faults.into_sorted())),
        Err(Stopped::Failure(failure)) => Err(failure),
    }
}

fn result(files: &SpecFiles, faults: &[Diagnostic]) -> BuildResult {
    let mut result = BuildResult::from(checked(files, faults));
    let status = if faults.is_empty() { "0" } else { "1" };
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    result
}

/// The client prints a build error with the lines of one place; the message has the places of all.
pub(crate) fn checked(files: &SpecFiles, faults: &[Diagnostic]) -> Answer {
    let mut json = json!({ "warnings": [], "sources": files.iter().map(source).collect::<Vec<_>>() });
    let mut text = String::new();
    if let Some(first) = faults.first() {
        text = message(files, faults);
        json["buildError"] = json!({ "message": text, "location": location(files, first.span) });
    }
    Answer::new(&json, text)
}

fn source(file: &crate::source::SpecFile) -> Value {
    json!({ "filename": file.name, "data": STANDARD.encode(file.text.as_bytes()), "language": "YAML" })
}
