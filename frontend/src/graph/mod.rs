//! The graph of a plan's stages, and of what they take from outside: `--call=graph`. Pure.

mod layout;
mod svg;

use std::collections::BTreeMap;

pub(crate) use svg::escaped;

use serde::Serialize;

use crate::explain::{Explanation, Input};

/// How a graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A Mermaid flow chart, which GitHub and GitLab draw.
    Mermaid,
    /// The language of Graphviz.
    Dot,
    /// A picture.
    Svg,
}

/// Stages and what they use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Graph {
    /// The platform that the image is for.
    pub platform: String,
    /// What is drawn as boxes.
    pub nodes: Vec<Node>,
    /// What uses what.
    pub edges: Vec<Edge>,
}

/// A stage, or something from outside that stages use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// `stage`, `target`, `context`, `image`, or another word for what it is.
    pub kind: &'static str,
    /// What is told of it besides.
    pub detail: String,
}

/// A use: nodes by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// What is used.
    pub from: usize,
    /// The stage that uses it.
    pub to: usize,
    /// Whether the stage starts from it; else it only reads files of it.
    pub starts: bool,
}

impl Node {
    fn is_stage(&self) -> bool {
        matches!(self.kind, "stage" | "target")
    }
}

impl Graph {
    /// The graph of an explained plan.
    pub fn of(explanation: &Explanation) -> Self {
        let mut graph = Self { platform: explanation.platform.clone(), ..Self::default() };
        for stage in &explanation.stages {
            let is_target = stage.name == explanation.target;
            let steps = match stage.steps.len() {
                1 => "1 step".to_owned(),
                count => format!("{count} steps"),
            };
            let platform = Some(&stage.platform).filter(|platform| **platform != explanation.platform);
            let detail = platform.map_or_else(|| steps.clone(), |platform| format!("{steps}, {platform}"));
            let kind = if is_target { "target" } else { "stage" };
            graph.nodes.push(Node { name: stage.name.clone(), kind, detail });
        }
        let mut edges: BTreeMap<(usize, usize), bool> = BTreeMap::new();
        for (to, stage) in explanation.stages.iter().enumerate() {
            if let Some(from) = graph.node(&stage.from) {
                edges.insert((from, to), true);
            }
            for input in stage.steps.iter().flat_map(|step| &step.inputs) {
                if let Some(from) = graph.node(input) {
                    edges.entry((from, to)).or_insert(false);
                }
            }
        }
        graph.edges = edges.into_iter().map(|((from, to), starts)| Edge { from, to, starts }).collect();
        graph
    }

    /// The node of something that is used, which is made where it is new.
    fn node(&mut self, input: &Input) -> Option<usize> {
        let (name, digest) = match input.name.split_once("@sha256:") {
            Some((name, digest)) => (name, digest.get(..12)),
            None => (input.name.as_str(), None),
        };
        let node = match input.kind {
            "scratch" => return None,
            "stage" => {
                return self.nodes.iter().position(|node| node.is_stage() && node.name == name);
            }
            "context" => {
                Node { name: "build context".to_owned(), kind: "context", detail: "files".to_owned() }
            }
            kind => {
                let detail = digest.map_or_else(|| kind.to_owned(), |digest| format!("{kind} {digest}"));
                Node { name: name.to_owned(), kind, detail }
            }
        };
        Some(self.nodes.iter().position(|known| *known == node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.nodes.len() - 1
        }))
    }

    /// The graph as text.
    pub fn written(&self, format: Format) -> String {
        match format {
            Format::Mermaid => self.mermaid(),
            Format::Dot => self.dot(),
            Format::Svg => svg::svg(self),
        }
    }

    fn mermaid(&self) -> String {
        let mut text = "flowchart TD\n".to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let class = if node.is_stage() { node.kind } else { "outside" };
            let (name, detail) = (mermaid_text(&node.name), mermaid_text(&node.detail));
            text += &format!("  n{at}[\"<b>{name}</b><br/>{detail}\"]:::{class}\n");
        }
        for Edge { from, to, starts } in &self.edges {
            text += &format!("  n{from} {} n{to}\n", if *starts { "-->" } else { "-.->" });
        }
        text += "  classDef stage fill:#ddf4ff,stroke:#54aeff,color:#1f2328\n";
        text += "  classDef target fill:#0969da,stroke:#0550ae,color:#ffffff\n";
        text + "  classDef outside fill:#f6f8fa,stroke:#afb8c1,color:#1f2328\n"
    }

    fn dot(&self) -> String {
        let mut text =
            "digraph stages {\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", \
                        fillcolor=\"#f6f8fa\", color=\"#afb8c1\"]\n  edge [color=\"#6e7781\"]\n"
                .to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let colors = match node.kind {
                "stage" => ", fillcolor=\"#ddf4ff\", color=\"#54aeff\"",
                "target" => ", fillcolor=\"#0969da\", color=\"#0550ae\", fontcolor=white",
                _ => "",
            };
            let (name, detail) = (dot_text(&node.name), dot_text(&node.detail));
            text += &format!("  n{at} [label=\"{name}\\n{detail}\"{colors}]\n");
        }
        for Edge { from, to, starts } in &self.edges {
            text += &format!("  n{from} -> n{to}{}\n", if *starts { "" } else { " [style=dashed]" });
        }
        text + "}\n"
    }
}

/// A text in a quoted label of Mermaid, which has entities of its own and takes HTML.
fn mermaid_text(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' | '#' | '<' | '>' | '&' | '`' | ';' => quoted += &format!("#{};", u32::from(c)),
            c if c.is_control() => quoted.push('\u{fffd}'),
            c => quoted.push(c),
        }
    }
    quoted
}

fn dot_text(text: &str) -> String {
    let shown = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect::<String>();
    shown.replace('\\', "\\\\").replace('"', "\\\"")
}
