//! Reports as one page that needs nothing else: light or dark as its reader's screen is, wide or narrow.

use super::checklist::Line;
use super::map::map;
use super::text::{difference, differences, largest, origin};
use super::treemap::Rect;
use super::{Growth, Layer, Report};
use crate::graph::escaped;
use crate::sizes::size_of;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The size that tiles are laid out for: on a wide screen, and on a narrow one. They are scaled to the one that there is.
const WIDE: Rect = Rect { x: 0.0, y: 0.0, width: 1160.0, height: 620.0 };
const NARROW: Rect = Rect { x: 0.0, y: 0.0, width: 360.0, height: 520.0 };

/// Colours of layers; those above them begin again, behind the first, which is the base's.
const COLOURS: usize = 10;

/// The page.
pub fn html(reports: &[Report]) -> String {
    let title = reports.first().map_or_else(String::new, |report| escaped(&report.target));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}: what the image is made of</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    if reports.len() > 1 {
        let links = reports.iter().enumerate().map(|(at, report)| {
            format!("<a href=\"#p{at}\">{} {}</a>", escaped(&report.platform), size_of(report.size))
        });
        page += &format!("<nav>{}</nav>\n", links.collect::<String>());
    }
    for (at, report) in reports.iter().enumerate() {
        page += &format!("<section id=\"p{at}\">\n{}</section>\n", section(report));
    }
    page + "<footer>Sizes are those of files, uncompressed: what a registry stores is smaller. Made by optfrontend, with \
            <code>--call=report.html</code>.</footer>\n"
        + &format!("<script>\n{SCRIPT}</script>\n</body>\n</html>\n")
}

fn section(report: &Report) -> String {
    let shipped: u64 = report.layers.iter().map(|layer| layer.size).sum();
    let contributions = report.contributions.iter().map(|it| (it.size, origin(it.kind, &it.name)));
    let contributions: Vec<_> = contributions.collect();
    let brought: u64 = report.brought.iter().map(|it| it.size).sum();
    let mut text = format!(
        "<h1>{}</h1>\n<p class=\"soft\">What the image for {} is made of</p>\n{}",
        escaped(&report.target),
        escaped(&report.platform),
        facts(report)
    );
    text += &heading(
        "Files",
        "A tile is as large as its files, and has the colour of the layer that most of it is in.",
    );
    text += "<div>\n";
    text += &map("wide", WIDE, report);
    text += &map("narrow", NARROW, report);
    text += "<p class=\"told soft\" aria-live=\"polite\">Point at a tile, or reach the map by the tab key and move in it by the arrow keys.</p>\n</div>\n";
    text += &heading("Layers", "");
    text += &layers(&report.layers, shipped);
    if report.hidden > 0 {
        text += &format!(
            "<p class=\"soft\">{} of that is covered or removed by later layers, and shipped all the same.</p>\n",
            size_of(report.hidden)
        );
    }
    if !contributions.is_empty() {
        text += &heading("Where it is from", "");
        text += &rows(contributions.iter().map(|(size, name)| (*size, escaped(name))), shipped);
    }
    text += &heading("Largest directories and files", "");
    let found = largest(&report.tree);
    let is_rest = |path: &str| !path.starts_with('/');
    let path =
        |path: &str| if is_rest(path) { escaped(path) } else { format!("<code>{}</code>", escaped(path)) };
    text += &rows(found.iter().map(|(size, name)| (*size, path(name))), report.size);
    if brought > 0 {
        text += &heading(
            &format!("Left behind: {}", size_of(report.left_behind)),
            "What the build brought in, and the image does not hold.",
        );
        let taken = |taken: u64| match taken {
            0 => String::new(),
            taken => format!("<small>{} of it copied</small>", size_of(taken)),
        };
        let mut sorted: Vec<_> = report.brought.iter().collect();
        sorted.sort_by_key(|it| std::cmp::Reverse(it.size));
        let each =
            sorted.into_iter().map(|it| (it.size, escaped(&origin(it.kind, &it.name)) + &taken(it.taken)));
        text += &rows(each, brought);
    }
    text += &report.growth.as_ref().map(growth).unwrap_or_default();
    if !report.checklist.is_empty() {
        text += &checklist(&report.checklist);
    }
    if !report.errors.is_empty() {
        text += &heading("Not read", "");
        let errors = report.errors.iter().map(|error| format!("<li><code>{}</code></li>\n", escaped(error)));
        text += &format!("<ul>\n{}</ul>\n", errors.collect::<String>());
    }
    text
}

fn heading(text: &str, below: &str) -> String {
    let below = if below.is_empty() { String::new() } else { format!("<p class=\"soft\">{below}</p>\n") };
    format!("<h2>{text}</h2>\n{below}")
}

fn facts(report: &Report) -> String {
    let met = report.checklist.iter().filter(|line| line.met == Some(true)).count();
    let mut facts = vec![
        ("Size", size_of(report.size), format!("in {} files", report.files)),
        (
            "Layers",
            report.layers.iter().filter(|layer| layer.size > 0).count().to_string(),
            "with files".to_owned(),
        ),
    ];
    if !report.checklist.is_empty() {
        facts.push(("Checklist", format!("{met} of {}", report.checklist.len()), "lines hold".to_owned()));
    }
    if report.left_behind > 0 {
        facts.insert(1, ("Left behind", size_of(report.left_behind), "by the build".to_owned()));
    }
    if let Some(Growth { before, after, .. }) = report.growth {
        facts.insert(1, ("Growth", difference(before, after), format!("from {}", size_of(before))));
    }
    let facts = facts.into_iter().map(|(name, value, more)| {
        format!("<div><dt>{name}</dt><dd>{value} <small class=\"soft\">{more}</small></dd></div>\n")
    });
    format!("<dl class=\"facts\">\n{}</dl>\n", facts.collect::<String>())
}

/// Lines with a size, a bar, a share and what they are of, in markup.
fn rows(rows: impl Iterator<Item = (u64, String)>, whole: u64) -> String {
    let rows = rows.map(|(size, what)| {
        format!(
            "<li><span class=\"n\">{}</span><span class=\"b\"><i style=\"width:{}%\"></i></span><span class=\"n soft\">{} %</span>\
             <span class=\"what\">{what}</span></li>\n",
            size_of(size),
            tenths(size, whole),
            percent(size, whole)
        )
    });
    format!("<ol class=\"rows\">\n{}</ol>\n", rows.collect::<String>())
}

fn percent(size: u64, whole: u64) -> u64 {
    (size * 100 + whole / 2).checked_div(whole).unwrap_or_default()
}

/// A share in percent, with a tenth.
pub(super) fn tenths(size: u64, whole: u64) -> String {
    let tenths = (size * 1000).checked_div(whole).unwrap_or_default();
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn layers(layers: &[Layer], shipped: u64) -> String {
    let each =
        layers.iter().enumerate().filter(|(_, layer)| layer.size + layer.covers > 0).map(|(at, layer)| {
            let stage =
                layer.stage.as_deref().map(|stage| format!("{}: ", escaped(stage))).unwrap_or_default();
            let place = if layer.location.is_empty() {
                String::new()
            } else {
                format!("{}, ", escaped(&layer.location))
            };
            let covers = match layer.covers {
                0 => String::new(),
                covers => format!(", covers {}", size_of(covers)),
            };
            let what = format!(
                "<span class=\"k l{}\"></span>{stage}<code>{}</code><small>{place}{}{covers}</small>",
                colour(at),
                escaped(&layer.step),
                counted(layer.files)
            );
            (layer.size, what)
        });
    rows(each, shipped)
}

pub(super) fn counted(files: u64) -> String {
    if files == 1 { "1 file".to_owned() } else { format!("{files} files") }
}

pub(super) fn colour(layer: usize) -> usize {
    if layer < COLOURS { layer } else { 1 + (layer - 1) % (COLOURS - 1) }
}

fn growth(growth: &Growth) -> String {
    let Growth { before, after, added, changed, removed, .. } = growth;
    let told = format!(
        "From {} to {}: {added} files added, {changed} changed, {removed} removed.",
        size_of(*before),
        size_of(*after)
    );
    let mut text = heading(&format!("Growth: {}", difference(*before, *after)), &told);
    let found = differences(growth);
    let most = found.iter().map(|(node, _)| node.after.abs_diff(node.before)).max().unwrap_or_default();
    text += "<ol class=\"rows\">\n";
    for (node, path) in found {
        let class = if node.after > node.before { "more" } else { "less" };
        let counts = [(node.added, "added"), (node.changed, "changed"), (node.removed, "removed")];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        text += &format!(
            "<li><span class=\"n\">{}</span><span class=\"b\"><i class=\"{class}\" style=\"width:{}%\"></i></span><span></span>\
             <span class=\"what\"><code>{}</code><small>{}</small></span></li>\n",
            difference(node.before, node.after),
            tenths(node.after.abs_diff(node.before), most),
            escaped(&path),
            counts.join(", ")
        );
    }
    text + "</ol>\n"
}

fn checklist(lines: &[Line]) -> String {
    let each = lines.iter().map(|line| {
        let (class, mark, word) = match line.met {
            Some(true) => ("yes", '✓', "holds"),
            Some(false) => ("no", '✗', "does not hold"),
            None => ("open", '?', "not known"),
        };
        let how = match line.met {
            Some(true) => String::new(),
            _ => format!("<p class=\"how\">{}</p>", code(&line.how)),
        };
        format!(
            "<li class=\"{class}\"><span class=\"m\" role=\"img\" aria-label=\"{word}\">{mark}</span><div><b>{}</b><p>{}</p>{how}</div></li>\n",
            code(line.name),
            code(&line.why)
        )
    });
    format!("{}<ul class=\"check\">\n{}</ul>\n", heading("Checklist", ""), each.collect::<String>())
}

/// A sentence in which what stands between backticks is code.
fn code(sentence: &str) -> String {
    let parts = escaped(sentence);
    let parts = parts.split('`').enumerate();
    parts
        .map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weight::{Contribution, Item};

    fn item(name: &str, size: u64, children: Vec<Item>) -> Item {
        Item { name: name.to_owned(), size, files: 1, layer: 0, children }
    }

    fn report(tree: Item) -> Report {
        let layer = Layer {
            stage: None,
            step: "from <b>".to_owned(),
            location: String::new(),
            size: tree.size,
            files: 1,
            covers: 0,
            largest: Vec::new(),
        };
        let contributions = vec![Contribution { kind: "image", name: "<b>".to_owned(), size: tree.size }];
        let (target, platform) = ("a<b>".to_owned(), "linux/amd64".to_owned());
        let (size, layers) = (tree.size, vec![layer]);
        Report { platform, target, size, contributions, layers, tree, ..Report::default() }
    }

    #[test]
    fn names_are_no_markup() {
        let hostile = "\"><script>alert(1)</script>\n\u{1b}[2J";
        let tree = item(
            "/",
            100,
            vec![item(hostile, 60, Vec::new()), item("dir/", 40, vec![item("&amp;", 40, Vec::new())])],
        );
        let page = html(&[report(tree)]);
        assert_eq!(page.matches("<script").count(), 1, "{page}");
        assert!(!page.contains("<b>\"") && page.contains("<h1>a&lt;b&gt;</h1>"), "{page}");
        assert!(
            page.contains(
                "aria-label=\"/&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u{fffd}\u{fffd}[2J&#10;60 B"
            ),
            "{page}"
        );
        assert!(
            page.contains(
                "aria-label=\"/dir/&amp;amp;&#10;40 B, 40.0 % of the image, 1 file, layer: from &lt;b&gt;\""
            ),
            "{page}"
        );
    }

    #[test]
    fn every_tag_is_closed() {
        let deep =
            (0..40).fold(item("f", 1000, Vec::new()), |inner, _| item("d/", 1100 + inner.size, vec![inner]));
        let page = html(&[report(item("/", 100_000, vec![deep])), report(Item::default())]);
        for tag in ["div", "section", "span", "ol", "ul", "dl", "li", "p", "code", "nav"] {
            let opened =
                page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }

    #[test]
    fn one_tile_of_a_map_is_reached_by_the_tab_key() {
        let tree = item("/", 100, vec![item("a", 60, Vec::new()), item("b", 40, Vec::new())]);
        let page = html(&[report(tree)]);
        assert_eq!((page.matches("tabindex=\"0\"").count(), page.matches("tabindex=\"-1\"").count()), (2, 2));
    }
}
