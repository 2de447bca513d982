//! The graph as a picture: one file, light or dark as its viewer is.

use super::layout::{Layout, layout};
use super::{Graph, Node};

const HEIGHT: f64 = 46.0;

/// From the top of one layer to that of the next.
const LAYER: f64 = 100.0;

const MARGIN: f64 = 24.0;

/// Room for the words that say what the lines mean.
const LEGEND: f64 = 34.0;

/// The most characters of a name that a box shows.
const MAX_SHOWN: usize = 36;

const STYLE: &str = "
text{font-family:system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif;text-anchor:middle;fill:#1f2328}
.name{font-size:14px;font-weight:600}.detail,.legend{font-size:11.5px;fill:#59636e}.legend{text-anchor:start}
.ground{fill:#ffffff}rect{stroke-width:1.25}.outside rect{fill:#f6f8fa;stroke:#d1d9e0}.stage rect{fill:#ddf4ff;stroke:#54aeff}
.target rect{fill:#0969da;stroke:#0550ae}.target text{fill:#ffffff}
path{fill:none;stroke:#818b98;stroke-width:1.5}.files{stroke-dasharray:5 4}marker path{fill:#818b98;stroke:none}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.detail,.legend{fill:#9198a1}.ground{fill:#0d1117}
.outside rect{fill:#151b23;stroke:#3d444d}.stage rect{fill:#12304f;stroke:#388bfd}.target rect{fill:#1f6feb;stroke:#58a6ff}
.target text{fill:#ffffff}path{stroke:#656c76}marker path{fill:#656c76}}
";

/// The picture.
pub(super) fn svg(graph: &Graph) -> String {
    let widths: Vec<f64> = graph.nodes.iter().map(width).collect();
    let layout = layout(graph, &widths);
    let total_width = layout.width.max(340.0) + 2.0 * MARGIN;
    let rows = f64::from(u32::try_from(layout.layers.saturating_sub(1)).unwrap_or_default());
    let total_height = rows * LAYER + HEIGHT + 2.0 * MARGIN + LEGEND;
    // A narrow graph stands in the middle.
    let left = (total_width - layout.width) / 2.0;
    let title = escaped(&format!("Stages of {} for {}", target(graph), graph.platform));
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total_width:.0}\" height=\"{total_height:.0}\" \
         viewBox=\"0 0 {total_width:.0} {total_height:.0}\" role=\"img\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n\
         <marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0.5L8 4L0 7.5z\"/></marker>\n\
         <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n"
    );
    for (edge, bends) in graph.edges.iter().zip(&layout.edges) {
        let class = if edge.starts { "starts" } else { "files" };
        picture +=
            &format!("<path class=\"{class}\" marker-end=\"url(#tip)\" d=\"{}\"/>\n", line(bends, left));
    }
    picture += &boxes(graph, &layout, &widths, left);
    picture + &legend(total_height) + "</svg>\n"
}

fn target(graph: &Graph) -> &str {
    graph.nodes.iter().find(|node| node.kind == "target").map_or("", |node| node.name.as_str())
}

fn boxes(graph: &Graph, layout: &Layout, widths: &[f64], left: f64) -> String {
    let mut text = String::new();
    for ((node, (layer, middle)), width) in graph.nodes.iter().zip(&layout.nodes).zip(widths) {
        let (x, y) = (middle + left, top(*layer));
        let class = if node.is_stage() { node.kind } else { "outside" };
        let detail =
            if node.kind == "target" { format!("target, {}", node.detail) } else { node.detail.clone() };
        text += &format!(
            "<g class=\"{class}\"><title>{}</title><rect x=\"{:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" \
             rx=\"8\"/><text class=\"name\" x=\"{x:.1}\" y=\"{:.1}\">{}</text><text class=\"detail\" x=\"{x:.1}\" \
             y=\"{:.1}\">{}</text></g>\n",
            escaped(&node.name),
            x - width / 2.0,
            y + 19.5,
            escaped(&shown(&node.name)),
            y + 36.0,
            escaped(&shown(&detail)),
        );
    }
    text
}

/// A line through its bends, upright wherever it meets a box or a layer.
fn line(bends: &[(usize, f64)], left: f64) -> String {
    let mut path = String::new();
    for (at, (layer, middle)) in bends.iter().enumerate() {
        let x = middle + left;
        if at == 0 {
            path += &format!("M{x:.1} {:.1}", top(*layer) + HEIGHT);
            continue;
        }
        let (previous_layer, previous) = bends[at - 1];
        let start = top(previous_layer) + HEIGHT;
        let end = top(*layer);
        let half = f64::midpoint(start, end);
        path += &format!("C{:.1} {half:.1} {x:.1} {half:.1} {x:.1} {end:.1}", previous + left);
        if at + 1 < bends.len() {
            path += &format!("L{x:.1} {:.1}", end + HEIGHT);
        }
    }
    path
}

fn legend(height: f64) -> String {
    let y = height - MARGIN + 4.0;
    let sample = |x: f64, class: &str, words: &str| {
        format!(
            "<path class=\"{class}\" d=\"M{x:.0} {y:.0}h28\"/><text class=\"legend\" x=\"{:.0}\" y=\"{:.0}\">{words}</text>\n",
            x + 36.0,
            y + 4.0
        )
    };
    sample(MARGIN, "starts", "starts from it")
        + &sample(MARGIN + 140.0, "files", "copies or mounts its files")
}

fn top(layer: usize) -> f64 {
    MARGIN + LAYER * f64::from(u32::try_from(layer).unwrap_or_default())
}

/// The width of a box: nobody measures letters here, and most are narrower than this.
fn width(node: &Node) -> f64 {
    let letters = |text: &str| f64::from(u32::try_from(shown(text).chars().count()).unwrap_or_default());
    let detail = letters(&node.detail) + if node.kind == "target" { 8.0 } else { 0.0 };
    (letters(&node.name) * 8.2).max(detail * 6.4).max(64.0) + 28.0
}

fn shown(name: &str) -> String {
    if name.chars().count() <= MAX_SHOWN {
        return name.to_owned();
    }
    name.chars().take(MAX_SHOWN - 1).chain(['…']).collect()
}

/// A text within markup.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
