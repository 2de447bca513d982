//! Faults and findings of lint as SARIF 2.1.0, the form of code scanning: `--call=check.sarif`.

use serde_json::{Value, json};
use spec_schema::diagnostic::Diagnostic;
use spec_schema::span::Span;

use super::reply;
use crate::compile::{Compiled, Stopped, compile};
use crate::gateway::{BuildResult, Failure, Gateway};
use crate::lint::{Finding, RULES, Rule};
use crate::opts::FrontendOpts;
use crate::source::SpecFiles;

/// The form that the answer has, and where it is defined.
const SARIF: &str = "2.1.0";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What a fault of the spec is called among the rules.
const FAULT: &str = "Fault";

/// Compiles the spec as a build would, and stops before the solve.
pub(super) async fn sarif(gateway: &Gateway, opts: &FrontendOpts) -> Result<BuildResult, Failure> {
    match compile(gateway, opts).await {
        Ok(compiled) => Ok(match compiled.lint(opts) {
            Ok(findings) => {
                let errors = findings.errors.iter().map(|finding| found(&compiled, finding, "error"));
                let warnings = findings.warnings.iter().map(|finding| found(&compiled, finding, "warning"));
                log(&errors.chain(warnings).collect::<Vec<_>>())
            }
            Err(faults) => log(&faulty(&compiled.files, &faults.into_sorted())),
        }),
        Err(Stopped::Faults(files, faults)) => Ok(log(&faulty(&files, &faults.into_sorted()))),
        Err(Stopped::Failure(failure)) => Err(failure),
    }
}

fn log(results: &[Value]) -> BuildResult {
    let status = if results.is_empty() { "0" } else { "1" };
    let fault = json!({ "id": FAULT, "shortDescription": { "text": "The spec can be read and built" } });
    let rules: Vec<Value> = RULES.iter().copied().map(rule).chain([fault]).collect();
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let log = json!({
        "$schema": SCHEMA,
        "version": SARIF,
        "runs": [{ "tool": { "driver": driver }, "results": results }],
    });
    let text = format!("{log:#}\n");
    let mut result = reply(&log, text);
    result.metadata.insert("result.statuscode".to_owned(), status.into());
    result
}

fn rule(rule: &Rule) -> Value {
    json!({ "id": rule.name, "shortDescription": { "text": rule.description }, "helpUri": rule.url() })
}

fn found(compiled: &Compiled, finding: &Finding, level: &str) -> Value {
    let text = format!("{}\nhelp: {}", finding.detail, finding.help);
    result(&compiled.files, finding.rule.name, level, &text, finding.span)
}

fn faulty(files: &SpecFiles, faults: &[Diagnostic]) -> Vec<Value> {
    let one = |fault: &Diagnostic| {
        let mut text = fault.message.clone();
        if let Some(help) = &fault.help {
            text += "\nhelp: ";
            text += help;
        }
        result(files, FAULT, "error", &text, fault.span)
    };
    faults.iter().map(one).collect()
}

fn result(files: &SpecFiles, rule: &str, level: &str, text: &str, span: Span) -> Value {
    let file = files.get(span.file);
    let uri = file.map_or("", |file| file.name.as_str());
    let region = file.map(|file| {
        let (start, end) = (file.position(span.start), file.position(span.end));
        json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
    });
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region } }],
    })
}
