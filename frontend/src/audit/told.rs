//! What an audit has found, for people and for programs.

use serde_json::{Value, json};

use super::Audited;
use crate::lint::Finding;
use crate::report::{DOCKERFILE, sentence};
use crate::source::SpecFiles;
use crate::subrequest::{Answer, lint};
use crate::terminal::{self, Style};

/// Findings that are told to people; programs get them all.
const MAX_TOLD: usize = 100;

/// As JSON, which is that of a check and says more of each finding; and as text.
pub(crate) fn answer(audited: &Audited) -> Answer {
    let Audited { files, findings, faults } = audited;
    let mut json = lint::json(&DOCKERFILE, files, findings, faults);
    if let Some(warnings) = json["warnings"].as_array_mut() {
        for (warning, finding) in warnings.iter_mut().zip(findings.all()) {
            more(warning, finding);
        }
    }
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

/// Findings one below the other, each with its line.
pub(crate) fn text(audited: &Audited, style: Style) -> String {
    let Audited { files, findings, faults } = audited;
    let name = files.iter().next().map_or("", |file| file.name.as_str());
    if audited.is_good() {
        return format!("{name}: no findings\n");
    }
    let mut told = Vec::new();
    if !faults.is_empty() {
        told.push(terminal::faults(files, faults, "faults", style));
    }
    let all: Vec<&Finding> = findings.all().collect();
    told.extend(all.iter().take(MAX_TOLD).map(|finding| one(files, finding, style)));
    if all.len() > MAX_TOLD {
        told.push(format!("… and {} more\n", all.len() - MAX_TOLD));
    }
    if all.len() > 1 {
        told.push(format!("{} findings\n", all.len()));
    }
    told.join("\n")
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
