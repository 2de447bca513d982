//! The treemap of a page: tiles within tiles, as markup.

use super::html::{colour, counted, tenths};
use super::treemap::{Rect, tiles};
use super::{Item, Report};
use crate::graph::escaped;
use crate::sizes::size_of;

/// The line of a directory's name, and the edge around what is in it.
const NAME: f64 = 18.0;
const EDGE: f64 = 2.0;

/// A directory shows what is in it from this size on.
const OPEN: (f64, f64) = (70.0, 46.0);

/// A tile has a name from this size on.
const NAMED: (f64, f64) = (34.0, 17.0);

/// What is smaller is not drawn.
const SEEN: f64 = 3.0;

/// A directory is shown together with the only thing in it, where that is so much of it, in percent.
const ALONE: u64 = 97;

/// The treemap, laid out for a size.
pub(super) fn map(class: &str, whole: Rect, report: &Report) -> String {
    let mut map = Map { report, first: true };
    let mut tiles = String::new();
    map.inside(&report.tree, &report.tree.name, whole, &mut tiles);
    format!("<div class=\"map {class}\" role=\"group\">{tiles}</div>\n")
}

struct Map<'a> {
    report: &'a Report,
    /// Whether no tile has been drawn: that one is reached by the tab key.
    first: bool,
}

impl Map<'_> {
    /// Draws what is in a directory, in a rectangle that begins at its own corner.
    fn inside(&mut self, item: &Item, path: &str, whole: Rect, text: &mut String) {
        let rest = item.size - item.children.iter().map(|child| child.size).sum::<u64>().min(item.size);
        let mut sizes: Vec<u64> = item.children.iter().map(|child| child.size).collect();
        // What is left stands where its size belongs.
        let place = sizes.partition_point(|size| *size >= rest);
        sizes.insert(place, rest);
        let rects = tiles(Rect { x: 0.0, y: 0.0, ..whole }, &sizes);
        let mut children = item.children.iter();
        for (at, rect) in rects.into_iter().enumerate() {
            let drawn = if at == place { None } else { children.next() };
            if rect.width < SEEN || rect.height < SEEN {
                continue;
            }
            let style = format!(
                "left:{:.2}%;top:{:.2}%;width:{:.2}%;height:{:.2}%",
                rect.x / whole.width * 100.0,
                rect.y / whole.height * 100.0,
                rect.width / whole.width * 100.0,
                rect.height / whole.height * 100.0
            );
            match drawn {
                Some(child) => self.tile(child, path, rect, &style, text),
                None => {
                    let label = format!("{} in files too small to be drawn", size_of(rest));
                    let class = format!("rest l{}", colour(item.layer));
                    text.push_str(&self.open(&class, &style, path, &label));
                    if rect.width >= 2.0 * OPEN.0 && rect.height >= NAMED.1 {
                        text.push_str(&format!("<span>small files {}</span>", size_of(rest)));
                    }
                    text.push_str("</div>");
                }
            }
        }
    }

    fn tile(&mut self, item: &Item, above: &str, rect: Rect, style: &str, text: &mut String) {
        let (mut item, mut name) = (item, item.name.clone());
        while let [only] = item.children.as_slice()
            && only.size * 100 >= item.size * ALONE
        {
            name += &only.name;
            item = only;
        }
        let path = format!("{above}{name}");
        let is_open = !item.children.is_empty() && rect.width >= OPEN.0 && rect.height >= OPEN.1;
        let class = format!("{}l{}", if is_open { "dir " } else { "" }, colour(item.layer));
        text.push_str(&self.open(&class, style, &path, &self.label(item)));
        if rect.width >= NAMED.0 && rect.height >= NAMED.1 {
            let size =
                if rect.width >= 2.0 * OPEN.0 { format!(" {}", size_of(item.size)) } else { String::new() };
            text.push_str(&format!("<span>{}{size}</span>", escaped(&name)));
        }
        if is_open {
            let (width, height) = (rect.width - 2.0 * EDGE, rect.height - NAME - EDGE);
            text.push_str("<div class=\"in\">");
            self.inside(item, &path, Rect { width, height, ..rect }, text);
            text.push_str("</div>");
        }
        text.push_str("</div>");
    }

    fn label(&self, item: &Item) -> String {
        let layer = self.report.layers.get(item.layer).map(|layer| format!(", layer: {}", layer.step));
        format!(
            "{}, {} % of the image, {}{}",
            size_of(item.size),
            tenths(item.size, self.report.size),
            counted(item.files),
            layer.unwrap_or_default()
        )
    }

    /// The beginning of a tile, with what is told of it.
    fn open(&mut self, class: &str, style: &str, path: &str, told: &str) -> String {
        let index = if std::mem::take(&mut self.first) { 0 } else { -1 };
        let (path, told) = (attribute(path), attribute(told));
        format!(
            "<div class=\"{class}\" style=\"{style}\" role=\"img\" tabindex=\"{index}\" aria-label=\"{path}&#10;{told}\">"
        )
    }
}

/// A text within the quotes of an attribute.
fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}
