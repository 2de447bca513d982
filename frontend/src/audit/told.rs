//! What an audit has found, for people and for programs.

use serde_json::{Value, json};

use super::Audited;
use crate::lint::Finding;
use crate::report::{DOCKERFILE, sentence};
use crate::source::SpecFiles;
use crate::subrequest::{Answer, lint};
use crate::terminal::{self, Style};

/// Findings, and pieces of advice, that are told to people; programs get them all.
const MAX_TOLD: usize = 100;

/// What stands above advice.
const ADVICE: &str = "advice: nothing is wrong with these, and they could be better";

/// As JSON, which is that of a check and says more of each finding; and as text.
pub(crate) fn answer(audited: &Audited) -> Answer {
    let Audited { files, findings, faults } = audited;
    let mut json = lint::json(&DOCKERFILE, files, findings, faults);
    if let Some(warnings) = json["warnings"].as_array_mut() {
        for (warning, finding) in warnings.iter_mut().zip(findings.all()) {
            more(warning, finding);
        }
    }
    let advice = findings.advice.iter().map(|piece| {
        let mut told = lint::warning(files, piece);
        more(&mut told, piece);
        told
    });
    json["advice"] = advice.collect();
    Answer::new(&json, text(audited, Style::PLAIN))
}

fn more(warning: &mut Value, finding: &Finding) {
    let Finding { rule, detail, help, better, in_spec, .. } = finding;
    warning["finding"] = json!(detail);
    warning["costs"] = json!(rule.costs);
    warning["help"] = json!(help);
    warning["better"] = json!(better);
    if let Some(in_spec) = in_spec {
        warning["inSpec"] = json!(in_spec);
    }
}

/// Findings one below the other, each with its line; then advice.
pub(crate) fn text(audited: &Audited, style: Style) -> String {
    let Audited { files, findings, faults } = audited;
    let mut told = Vec::new();
    if audited.is_good() {
        let name = files.iter().next().map_or("", |file| file.name.as_str());
        told.push(format!("{name}: no findings\n"));
    }
    if !faults.is_empty() {
        told.push(terminal::faults(files, faults, "faults", style));
    }
    let all: Vec<&Finding> = findings.all().collect();
    list(&mut told, files, &all, style);
    if !findings.advice.is_empty() {
        told.push(format!("{}\n", style.quiet(ADVICE)));
        list(&mut told, files, &findings.advice.iter().collect::<Vec<_>>(), style);
    }
    if all.len() + findings.advice.len() > 1 {
        told.push(counted(all.len(), findings.advice.len()));
    }
    told.join("\n")
}

fn list(told: &mut Vec<String>, files: &SpecFiles, findings: &[&Finding], style: Style) {
    told.extend(findings.iter().take(MAX_TOLD).map(|finding| one(files, finding, style)));
    if findings.len() > MAX_TOLD {
        told.push(format!("… and {} more\n", findings.len() - MAX_TOLD));
    }
}

/// How many there are of both, where there are any.
fn counted(findings: usize, advice: usize) -> String {
    let plural = |number, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        number => Some(format!("{number} {many}")),
    };
    let findings = plural(findings, "finding", "findings");
    let advice = plural(advice, "piece of advice", "pieces of advice");
    format!("{}\n", [findings, advice].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

fn one(files: &SpecFiles, finding: &Finding, style: Style) -> String {
    let Finding { rule, span, detail, help, better, in_spec } = finding;
    let mut text = terminal::place(files, *span, &format!("{}: {detail}", rule.name), style);
    text += &terminal::labelled("costs:", rule.costs, style);
    text += &terminal::labelled("help:", help, style);
    for better in better {
        text += &format!("    {}\n", sentence(better));
    }
    if let Some(in_spec) = in_spec {
        text += &terminal::labelled("in a spec:", in_spec, style);
    }
    text
}
