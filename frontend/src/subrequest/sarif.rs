//! Faults and findings of lint as SARIF 2.1.0, the form of code scanning: `--call=check.sarif`.

use serde_json::{Value, json};
use spec_schema::diagnostic::Diagnostic;

use super::Answer;
use crate::lint::{DOCKERFILE_RULES, Finding, Findings, RULES, Rule};
use crate::report::{DOCKERFILE, Subject};
use crate::source::SpecFiles;

/// The form that the answer has, and where it is defined.
const SARIF: &str = "2.1.0";
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// What a fault of the spec is called among the rules.
const FAULT: &str = "Fault";

/// The log of one check.
pub(crate) fn log(
    subject: &Subject,
    files: &SpecFiles,
    findings: &Findings,
    faults: &[Diagnostic],
) -> Answer {
    let fault = json!({ "id": FAULT, "shortDescription": { "text": format!("The {} can be read and built", subject.name) } });
    let own = if subject.language == DOCKERFILE.language { DOCKERFILE_RULES } else { &[] };
    let rules: Vec<Value> = RULES.iter().chain(own).copied().map(rule).chain([fault]).collect();
    let driver = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let faults = faults.iter().map(|fault| told(files, FAULT, "error", fault));
    let of = |level| {
        move |finding: &Finding| {
            let better = finding.better.iter().map(|line| format!("\n    {line}"));
            let Diagnostic { message, help, span, .. } = finding.told();
            let help = help.map(|help| help + &better.collect::<String>());
            told(files, finding.rule.name, level, &Diagnostic::new(span, message).help_opt(help))
        }
    };
    let errors = findings.errors.iter().map(of("error"));
    let warnings = findings.warnings.iter().map(of("warning"));
    let advice = findings.advice.iter().map(of("note"));
    let results: Vec<Value> = faults.chain(errors).chain(warnings).chain(advice).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": SARIF,
        "runs": [{ "tool": { "driver": driver }, "results": results }],
    });
    let text = format!("{log:#}\n");
    Answer::new(&log, text)
}

fn rule(rule: &Rule) -> Value {
    json!({ "id": rule.name, "shortDescription": { "text": rule.description }, "helpUri": rule.url() })
}

/// One place, as a result of a rule.
fn told(files: &SpecFiles, rule: &str, level: &str, fault: &Diagnostic) -> Value {
    let Diagnostic { span, message, help, .. } = fault;
    let help = help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let file = files.get(span.file);
    let uri = file.map_or("", |file| file.name.as_str());
    let region = file.map(|file| {
        let (start, end) = (file.position(span.start), file.position(span.end));
        json!({ "startLine": start.line, "startColumn": start.column, "endLine": end.line, "endColumn": end.column })
    });
    json!({
        "ruleId": rule,
        "level": level,
        "message": { "text": format!("{message}{help}") },
        "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region } }],
    })
}
