//! Reports for a terminal.

use super::checklist::Line;
use super::{Brought, Growth, Item, Report, short};
use crate::report::sentence;
use crate::sizes::size_of;

/// Cells of the longest bar.
const BAR: usize = 20;

/// Directories and files that are listed.
const LISTED: usize = 12;

/// A directory is told by what is in it where that is so much of it, in percent.
const EXPLAINED: u64 = 75;

/// And where it is so much of the image, in percent.
const LARGE: u64 = 10;

/// Characters of a name that are shown.
const NAME: usize = 70;

/// All reports, one below the other.
pub fn text(reports: &[Report]) -> String {
    reports.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn one(report: &Report) -> String {
    let Report { platform, target, size, files, .. } = report;
    let mut blocks = vec![format!(
        "IMAGE: {} for {platform}, {} in {files} files, uncompressed\n",
        sentence(target),
        size_of(*size)
    )];
    let shipped: u64 = report.layers.iter().map(|layer| layer.size).sum();
    let contributions =
        report.contributions.iter().map(|it| (it.size, origin(it.kind, &it.name))).collect::<Vec<_>>();
    blocks.push(block("BY STAGE", &contributions, shipped));
    let layers: Vec<(u64, String)> = report
        .layers
        .iter()
        .map(|layer| {
            let stage = layer.stage.as_deref().map(|stage| format!("{stage}: ")).unwrap_or_default();
            (layer.size, format!("{stage}{}", layer.step))
        })
        .collect();
    let mut by_layer = block("BY LAYER", &layers, shipped);
    if report.hidden > 0 {
        by_layer += &format!(
            "  {} of that is covered or removed by later layers, and shipped all the same\n",
            size_of(report.hidden)
        );
    }
    blocks.push(by_layer);
    blocks.push(block("BY DIRECTORY", &largest(&report.tree), *size));
    blocks.extend(left_behind(report));
    blocks.extend(report.growth.as_ref().map(growth));
    blocks.push(checklist(&report.checklist));
    if !report.errors.is_empty() {
        let errors: Vec<String> = report.errors.iter().map(|error| sentence(error)).collect();
        blocks.push(format!("NOT READ\n  {}\n", errors.join("\n  ")));
    }
    blocks.retain(|block| !block.is_empty());
    blocks.join("\n")
}

/// A heading, and lines with sizes and bars; `whole` is what all have together.
fn block(heading: &str, rows: &[(u64, String)], whole: u64) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let rows = rows.iter().map(|(size, name)| row(*size, whole, name));
    format!("{heading}\n{}", rows.collect::<String>())
}

fn row(size: u64, whole: u64, name: &str) -> String {
    let percent = (size * 100 + whole / 2).checked_div(whole).unwrap_or_default();
    format!("  {:>9}  {:<BAR$}  {percent:>3} %  {}\n", size_of(size), bar(size, whole), shown(name))
}

/// A bar of eighths of a cell; whatever has a size can be seen.
fn bar(size: u64, whole: u64) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let cells = BAR as u64 * 8;
    let parts = u128::from(size) * u128::from(cells) / u128::from(whole.max(1));
    let parts = usize::try_from(parts.min(u128::from(cells))).unwrap_or_default().max(usize::from(size > 0));
    "█".repeat(parts / 8) + EIGHTHS[parts % 8]
}

fn shown(name: &str) -> String {
    let name = sentence(name);
    if name.chars().count() <= NAME {
        return name;
    }
    name.chars().take(NAME - 1).chain(['…']).collect()
}

/// Where something is from, in words.
pub(super) fn origin(kind: &str, name: &str) -> String {
    match kind {
        "scratch" => "scratch".to_owned(),
        "context" => "build context".to_owned(),
        "frontend image" => "the frontend's image".to_owned(),
        "stage" => format!("stage {name}"),
        _ => short(name).to_owned(),
    }
}

/// What is largest in a tree: what is told by its parts is not told itself. The last row is the rest.
pub(super) fn largest(tree: &Item) -> Vec<(u64, String)> {
    let mut told: Vec<(&Item, String)> = vec![(tree, tree.name.clone())];
    loop {
        let is_open = |item: &Item| {
            let inner: u64 = item.children.iter().map(|child| child.size).sum();
            let explains = inner * 100 >= item.size * EXPLAINED;
            explains && !item.children.is_empty() && item.size * 100 >= tree.size * LARGE
        };
        let open = told.iter().enumerate().filter(|(_, (item, _))| is_open(item));
        let Some(at) = open.max_by_key(|(_, (item, _))| item.size).map(|(at, _)| at) else { break };
        let (item, path) = told.remove(at);
        told.extend(item.children.iter().map(|child| (child, format!("{path}{}", child.name))));
    }
    told.retain(|(item, _)| item.size * 100 >= tree.size.max(1));
    told.sort_by_key(|(item, _)| std::cmp::Reverse(item.size));
    told.truncate(LISTED);
    let mut rows: Vec<(u64, String)> = told.into_iter().map(|(item, path)| (item.size, path)).collect();
    let rest = tree.size - rows.iter().map(|(size, _)| size).sum::<u64>().min(tree.size);
    rows.extend((rest > 0).then(|| (rest, "everything else".to_owned())));
    rows
}

/// What of the build is not in the image.
fn left_behind(report: &Report) -> Option<String> {
    let brought: u64 = report.brought.iter().map(|it| it.size).sum();
    if brought == 0 {
        return None;
    }
    let mut rows: Vec<&Brought> = report.brought.iter().collect();
    rows.sort_by_key(|it| std::cmp::Reverse(it.size));
    let rows = rows.into_iter().map(|it| {
        let taken = match it.taken {
            0 => String::new(),
            taken => format!(", {} of it copied", size_of(taken)),
        };
        row(it.size, brought, &format!("{}{taken}", origin(it.kind, &it.name)))
    });
    Some(format!(
        "LEFT BEHIND: {}, which the build brought in and the image does not hold\n{}",
        size_of(report.left_behind),
        rows.collect::<String>()
    ))
}

/// A difference of sizes.
pub(crate) fn difference(before: u64, after: u64) -> String {
    let sign = if after >= before { '+' } else { '−' };
    format!("{sign}{}", size_of(after.abs_diff(before)))
}

fn growth(growth: &Growth) -> String {
    let Growth { before, after, added, changed, removed, .. } = growth;
    let mut text = format!(
        "GROWTH: {}, from {} to {}; files: {added} added, {changed} changed, {removed} removed\n",
        difference(*before, *after),
        size_of(*before),
        size_of(*after)
    );
    for (node, path) in differences(growth) {
        let counts = [(node.added, "added"), (node.changed, "changed"), (node.removed, "removed")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, word)| format!("{count} {word}")).collect();
        text += &format!(
            "  {:>10}  {:<28}  {}\n",
            difference(node.before, node.after),
            counts.join(", "),
            shown(&path)
        );
    }
    text
}

/// Where two images differ: the deepest directories that hold most of a difference.
pub(crate) fn differences(growth: &Growth) -> Vec<(&Growth, String)> {
    let moved = |node: &Growth| node.after.abs_diff(node.before);
    let mut told: Vec<(&Growth, String)> = vec![(growth, growth.name.clone())];
    loop {
        let is_open =
            |node: &&Growth| node.children.len() == 1 || !node.children.is_empty() && node.name == "/";
        let inner = told.iter().position(|(node, _)| is_open(node));
        let large = told
            .iter()
            .enumerate()
            .filter(|(_, (node, _))| !node.children.is_empty())
            .max_by_key(|(_, (node, _))| moved(node))
            .map(|(at, _)| at)
            .filter(|at| told.len() + told[*at].0.children.len() <= LISTED);
        let Some(at) = inner.or(large) else { break };
        let (node, path) = told.remove(at);
        told.extend(node.children.iter().map(|child| (child, format!("{path}{}", child.name))));
    }
    told.retain(|(node, _)| node.added + node.changed + node.removed > 0);
    told.sort_by_key(|(node, _)| std::cmp::Reverse(moved(node)));
    told.truncate(LISTED);
    told
}

fn checklist(lines: &[Line]) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let met = lines.iter().filter(|line| line.met == Some(true)).count();
    let mut text = format!("CHECKLIST: {met} of {} lines hold\n", lines.len());
    for line in lines {
        let mark = match line.met {
            Some(true) => '✓',
            Some(false) => '✗',
            None => '?',
        };
        text += &format!("  {mark} {}: {}\n", line.name, sentence(&line.why));
        if line.met != Some(true) {
            text += &format!("      {}\n", sentence(&line.how));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, size: u64, children: Vec<Item>) -> Item {
        Item { name: name.to_owned(), size, children, ..Item::default() }
    }

    #[test]
    fn whatever_has_a_size_has_a_bar() {
        let shown = |size| bar(size, 1000);
        assert_eq!([0, 1, 500, 1000].map(shown), ["", "▏", "██████████", "████████████████████"]);
        assert_eq!(bar(5, 0).chars().count(), BAR);
    }

    #[test]
    fn a_directory_is_told_by_its_parts_where_they_are_most_of_it() {
        let app = item("app/", 500, vec![item("a", 300, Vec::new()), item("b", 195, Vec::new())]);
        let lib = item("lib/", 400, vec![item("x", 50, Vec::new())]);
        let tree = item("/", 1000, vec![app, lib, item("etc/", 60, vec![item("c", 60, Vec::new())])]);
        let rows = [(400, "/lib/"), (300, "/app/a"), (195, "/app/b"), (60, "/etc/"), (45, "everything else")];
        assert_eq!(largest(&tree), rows.map(|(size, path)| (size, path.to_owned())));
        assert_eq!(largest(&item("/", 0, Vec::new())), []);
    }

    #[test]
    fn differences_are_told_where_they_are() {
        let node = |name: &str, before, after, children| Growth {
            name: name.to_owned(),
            before,
            after,
            added: 1,
            children,
            ..Growth::default()
        };
        let usr = node("usr/", 10, 30, vec![node("lib/", 10, 30, vec![node("x", 0, 20, Vec::new())])]);
        let tree = node("/", 20, 30, vec![usr, node("gone", 10, 0, Vec::new())]);
        let told: Vec<String> = differences(&tree)
            .into_iter()
            .map(|(node, path)| format!("{} {path}", difference(node.before, node.after)))
            .collect();
        assert_eq!(told, ["+20 B /usr/lib/x", "−10 B /gone"]);
    }
}
