//! Whether the spec has faults: `--check`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use spec_schema::diagnostic::{Diagnostic, Faults};

use super::{location, reply};
use crate::compile::{Stopped, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::opts::FrontendOpts;
use crate::report::message;
use crate::source::SpecFiles;

/// Compiles the spec as a build would, and stops before the solve.
pub(super) async fn lint(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    match compile(gateway, opts).await {
        Ok(compiled) => Ok(checked(&compiled.files, &[])),
        Err(Stopped::Faults(files, faults)) => Ok(faulty(&files, faults)),
        Err(Stopped::Failure(failure)) => Err(failure),
    }
}

fn faulty(files: &SpecFiles, faults: Faults) -> BuildResult {
    checked(files, &faults.into_sorted())
}

/// The client prints a build error with the lines of one place; the message has the places of all.
fn checked(files: &SpecFiles, faults: &[Diagnostic]) -> BuildResult {
    let mut json = json!({ "warnings": [], "sources": files.iter().map(source).collect::<Vec<_>>() });
    let mut text = String::new();
    if let Some(first) = faults.first() {
        text = message(files, faults);
        json["buildError"] = json!({ "message": text, "location": location(files, first.span) });
    }
    let status = if faults.is_empty() { "0" } else { "1" };
    let mut result = reply(&json, text);
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    result
}

fn source(file: &crate::source::SpecFile) -> Value {
    json!({ "filename": file.name, "data": STANDARD.encode(file.text.as_bytes()), "language": "YAML" })
}
