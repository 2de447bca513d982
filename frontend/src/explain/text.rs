//! The explanation for people: aligned, and no wider than most terminals where that can be.

use super::{Explanation, Input, Secret, Stage, Step};
use crate::table::{row, table};

/// The width that lines keep to.
const WIDTH: usize = 120;

/// Where what a label says begins.
const INDENT: usize = 16;

/// What holds for all steps.
const NOTE: &str =
    "No key holds what is in caches, the value of a secret or of a proxy arg, or the time of a file.";

/// The explanations of all platforms.
pub fn text(explanations: &[Explanation]) -> String {
    let several = explanations.len() > 1;
    let parts: Vec<String> = explanations.iter().map(|one| explained(one, several)).collect();
    format!("{}\n{NOTE}\n", parts.join("\n"))
}

fn explained(explanation: &Explanation, several: bool) -> String {
    let Explanation { platform, target, stages, groups, longest_chain, steps, verify } = explanation;
    let mut text = format!("TARGET: {target} for {platform}\n\n");
    let mut rows = vec![row(&["STAGE", "FROM", "PLATFORM", "STEPS", "USED BY"])];
    for stage in stages {
        let platform = if several || stage.platform != *platform { stage.platform.as_str() } else { "" };
        let users = stage.used_by.join(", ");
        let users = if stage.name == *target { "(target)" } else { users.as_str() };
        let (from, count) = (shown(&stage.from), stage.steps.len().to_string());
        rows.push(row(&[&stage.name, &from, platform, &count, users]));
    }
    text += &table(&without_empty_columns(&rows), 3);
    text += "\nAT THE SAME TIME\n";
    for (at, group) in groups.iter().enumerate() {
        text += &labelled(&format!("  {}", at + 1), &group.join(", "), 5);
    }
    text += &format!("\nLONGEST CHAIN: {} of {steps} steps\n", longest_chain.len());
    let rows: Vec<Vec<String>> =
        longest_chain.iter().map(|link| row(&["  ", &link.stage, &link.step])).collect();
    text.extend(table(&rows, 2).lines().map(|line| format!("{}\n", cut(line))));
    for stage in stages {
        text += &explained_stage(stage);
    }
    if !verify.is_empty() {
        text += "\nVERIFIED BEFORE IT IS EXPORTED\n";
        let rows: Vec<Vec<String>> =
            verify.iter().map(|check| row(&["  ", &check.what, &check.location])).collect();
        text.extend(table(&rows, 2).lines().map(|line| format!("{}\n", cut(line))));
    }
    text
}

fn explained_stage(stage: &Stage) -> String {
    let mut text = format!("\n{}", stage.name);
    let layers = match (stage.in_image, stage.squashed) {
        (true, true) => "its layers are one of the image",
        (true, false) => "its layers are in the image",
        (false, _) => "none of its layers is in the image",
    };
    text += &format!(": from {}, {layers}\n", shown(&stage.from));
    for step in &stage.steps {
        text += &explained_step(step);
    }
    text
}

fn explained_step(step: &Step) -> String {
    let mut text = format!("{}\n", cut(&format!("  {}", step.name)));
    let mut add = |label: &str, said: &str| {
        if !said.is_empty() {
            text += &labelled(&format!("      {label}"), said, INDENT);
        }
    };
    add("at", &step.location);
    add("branch", step.branch.as_deref().unwrap_or_default());
    add("reads", &step.inputs.iter().map(read).collect::<Vec<_>>().join("; "));
    add("mounts", &step.mounts.join("; "));
    add("network", step.network.filter(|network| *network != "default").unwrap_or_default());
    add("secrets", &step.secrets.iter().map(passed).collect::<Vec<_>>().join("; "));
    add(
        "layer",
        if step.linked { "linked: neither a new base nor the steps before it repeat it" } else { "" },
    );
    let key = step.cache_key.iter().map(|part| short(part)).collect::<Vec<_>>().join("; ");
    add("key", if key.is_empty() { "none: it runs each time" } else { &key });
    text
}

fn read(input: &Input) -> String {
    let source = match input.kind {
        "context" => "context".to_owned(),
        _ => format!("{} {}", input.kind, short(&input.name)),
    };
    match (input.paths.as_slice(), input.shown_paths()) {
        ([], _) => source,
        ([all], paths) if all == "/" => format!("{source}: all of it{}", &paths[1..]),
        (_, paths) => format!("{source}: {paths}"),
    }
}

fn passed(secret: &Secret) -> String {
    let what = if secret.kind == "ssh" { "ssh agent " } else { "" };
    let optional = if secret.required { "" } else { " (optional)" };
    format!("{what}{} at {}{optional}", secret.id, secret.at)
}

/// A stage's name alone, or what else it is.
fn shown(from: &Input) -> String {
    match from.kind {
        "stage" | "image" => short(&from.name),
        "scratch" => "scratch".to_owned(),
        kind => format!("{kind} {}", from.name),
    }
}

/// A reference with as much of its digest as people compare.
fn short(name: &str) -> String {
    match name.split_once("@sha256:") {
        Some((name, digest)) => format!("{name}@sha256:{}", &digest.get(..12).unwrap_or(digest)),
        None => name.to_owned(),
    }
}

/// A line that a terminal shows on one line.
fn cut(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some(_) => line.chars().take(WIDTH - 1).chain(['…']).collect(),
        None => line.to_owned(),
    }
}

/// A label and what it says, in lines that begin below each other.
fn labelled(label: &str, said: &str, indent: usize) -> String {
    let mut lines = vec![format!("{label:<indent$}")];
    let mut is_first = true;
    for word in said.split(' ') {
        let line = lines.last().map_or("", String::as_str);
        if !is_first && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(" ".repeat(indent));
            is_first = true;
        }
        if let Some(line) = lines.last_mut() {
            if !is_first {
                line.push(' ');
            }
            line.push_str(word);
        }
        is_first = false;
    }
    lines.join("\n") + "\n"
}

/// Without columns of which only the heading is there.
fn without_empty_columns(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let is_used =
        |column: usize| rows.iter().skip(1).any(|row| row.get(column).is_some_and(|it| !it.is_empty()));
    let used: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).filter(|column| is_used(*column)).collect();
    rows.iter().map(|row| used.iter().filter_map(|column| row.get(*column).cloned()).collect()).collect()
}
