//! Where boxes and lines go: a layer for each step of the longest path, as few crossings as some sweeps find, and every
//! box near the middle of what it is connected with.

use super::Graph;

/// Room between two boxes of a layer.
const GAP: f64 = 28.0;

/// Room that a line takes which passes a layer.
const LINE: f64 = 14.0;

/// Room between the ends of two lines at a box, where it is wide enough.
const DOCK: f64 = 18.0;

/// How often layers are ordered and aligned by their neighbours.
const SWEEPS: usize = 24;

/// A box or a bend in a layer.
#[derive(Debug, Clone)]
struct Item {
    width: f64,
    /// The middle.
    x: f64,
    /// Items of the layer above and below.
    above: Vec<usize>,
    below: Vec<usize>,
}

/// A graph with its places. Layers count from the top, `x` is the middle of a box.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// Layer and middle of each node.
    pub(super) nodes: Vec<(usize, f64)>,
    /// For each edge, its middle in every layer from the one that it starts in to the one that it ends in.
    pub(super) edges: Vec<Vec<(usize, f64)>>,
    /// How many layers there are.
    pub(super) layers: usize,
    /// Width of all.
    pub(super) width: f64,
}

/// Lays out a graph whose boxes are that wide.
pub(super) fn layout(graph: &Graph, widths: &[f64]) -> Layout {
    let ranks = ranks(graph);
    let mut layers: Vec<Vec<Item>> = vec![Vec::new(); ranks.iter().max().map_or(0, |rank| rank + 1)];
    let mut places = Vec::with_capacity(widths.len());
    for (&rank, &width) in ranks.iter().zip(widths) {
        places.push((rank, layers[rank].len()));
        layers[rank].push(Item { width, x: 0.0, above: Vec::new(), below: Vec::new() });
    }
    let mut routes: Vec<Vec<(usize, usize)>> = Vec::with_capacity(graph.edges.len());
    for edge in &graph.edges {
        let (start, end) = (places[edge.from], places[edge.to]);
        let mut route = vec![start];
        for (rank, layer) in layers.iter_mut().enumerate().take(end.0).skip(start.0 + 1) {
            route.push((rank, layer.len()));
            layer.push(Item { width: LINE, x: 0.0, above: Vec::new(), below: Vec::new() });
        }
        route.push(end);
        for pair in route.windows(2) {
            let [(upper, above), (lower, below)] = *pair else { continue };
            layers[upper][above].below.push(below);
            layers[lower][below].above.push(above);
        }
        routes.push(route);
    }
    let orders = orders(&layers);
    align(&mut layers, &orders);
    let mut layout = placed(&layers, &places, &routes);
    dock(&mut layout, graph, widths);
    layout
}

/// Spreads the ends of lines along their boxes, in the order in which the lines come.
fn dock(layout: &mut Layout, graph: &Graph, widths: &[f64]) {
    for (node, width) in widths.iter().enumerate() {
        for incoming in [true, false] {
            let mut ends: Vec<(f64, usize)> = Vec::new();
            for (at, (edge, bends)) in graph.edges.iter().zip(&layout.edges).enumerate() {
                let (end, beside) =
                    if incoming { (edge.to, bends.iter().nth_back(1)) } else { (edge.from, bends.get(1)) };
                ends.extend(beside.filter(|_| end == node).map(|(_, x)| (*x, at)));
            }
            ends.sort_by(|a, b| a.0.total_cmp(&b.0));
            let room = (width * 0.6 / real(ends.len().max(1))).min(DOCK);
            for (place, (_, edge)) in ends.iter().enumerate() {
                let bends = &mut layout.edges[*edge];
                let end = if incoming { bends.last_mut() } else { bends.first_mut() };
                if let Some((_, x)) = end {
                    *x += (real(place) - real(ends.len() - 1) / 2.0) * room;
                }
            }
        }
    }
}

/// The layer of each node: below all that it uses, and what uses nothing just above its first user.
fn ranks(graph: &Graph) -> Vec<usize> {
    let mut ranks = vec![0_usize; graph.nodes.len()];
    // The longest path has no more edges than there are nodes.
    for _ in 0..graph.nodes.len() {
        for edge in &graph.edges {
            ranks[edge.to] = ranks[edge.to].max(ranks[edge.from] + 1);
        }
    }
    for node in 0..graph.nodes.len() {
        let users = graph.edges.iter().filter(|edge| edge.from == node).map(|edge| ranks[edge.to]);
        if let (false, Some(first)) = (graph.edges.iter().any(|edge| edge.to == node), users.min()) {
            ranks[node] = first - 1;
        }
    }
    ranks
}

/// The order of each layer's items with the fewest crossings that sweeps by the middle of neighbours come by.
fn orders(layers: &[Vec<Item>]) -> Vec<Vec<usize>> {
    let mut orders: Vec<Vec<usize>> = layers.iter().map(|layer| (0..layer.len()).collect()).collect();
    let mut best = (crossings(layers, &orders), orders.clone());
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        for step in 1..layers.len() {
            let at = if down { step } else { layers.len() - 1 - step };
            let beside = if down { at - 1 } else { at + 1 };
            let mut position = vec![0.0; layers[beside].len()];
            for (place, item) in orders[beside].iter().enumerate() {
                position[*item] = real(place);
            }
            let middle = |item: usize, own: usize| {
                let item = &layers[at][item];
                let neighbours = if down { &item.above } else { &item.below };
                mean(neighbours.iter().map(|it| position[*it])).unwrap_or(real(own))
            };
            let mut sorted: Vec<(f64, usize)> =
                orders[at].iter().enumerate().map(|(own, item)| (middle(*item, own), *item)).collect();
            sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
            orders[at] = sorted.into_iter().map(|(_, item)| item).collect();
        }
        let count = crossings(layers, &orders);
        if count < best.0 {
            best = (count, orders.clone());
        }
    }
    best.1
}

fn crossings(layers: &[Vec<Item>], orders: &[Vec<usize>]) -> usize {
    let mut count = 0;
    for (at, pair) in orders.windows(2).enumerate() {
        let [upper, lower] = pair else { continue };
        let mut place = vec![0; lower.len()];
        for (position, item) in lower.iter().enumerate() {
            place[*item] = position;
        }
        // The lower ends so far, in order: lines to the right of an end that comes later cross the line to it.
        let mut ends: Vec<usize> = Vec::new();
        for item in upper {
            let mut places: Vec<usize> = layers[at][*item].below.iter().map(|to| place[*to]).collect();
            places.sort_unstable();
            for end in places {
                let position = ends.partition_point(|other| *other <= end);
                count += ends.len() - position;
                ends.insert(position, end);
            }
        }
    }
    count
}

/// Moves every item towards the middle of its neighbours, as far as those beside it leave room.
fn align(layers: &mut [Vec<Item>], orders: &[Vec<usize>]) {
    for sweep in 0..=SWEEPS {
        for step in 0..layers.len() {
            let at = if sweep % 2 == 0 { step } else { layers.len() - 1 - step };
            let wanted: Vec<(f64, f64)> = orders[at]
                .iter()
                .map(|item| {
                    let item = &layers[at][*item];
                    let above = item.above.iter().map(|it| layers[at - 1][*it].x);
                    let below = item.below.iter().map(|it| layers[at + 1][*it].x);
                    (mean(above.chain(below)).unwrap_or(item.x), item.width)
                })
                .collect();
            for (item, x) in orders[at].iter().zip(spread(&wanted)) {
                layers[at][*item].x = x;
            }
        }
    }
}

/// The places nearest to those wanted, by least squares, at which items in this order have room: what is in each
/// other's way moves as one block.
fn spread(wanted: &[(f64, f64)]) -> Vec<f64> {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(wanted.len());
    for (at, (_, width)) in wanted.iter().enumerate() {
        if at > 0 {
            offset += f64::midpoint(wanted[at - 1].1, *width) + GAP;
        }
        offsets.push(offset);
    }
    // Blocks of items: their mean and how many they are.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for ((x, _), offset) in wanted.iter().zip(&offsets) {
        let mut block = (x - offset, 1);
        while let Some(last) = blocks.pop_if(|last| last.0 > block.0) {
            let count = last.1 + block.1;
            block = ((last.0 * real(last.1) + block.0 * real(block.1)) / real(count), count);
        }
        blocks.push(block);
    }
    let starts = blocks.into_iter().flat_map(|(start, count)| std::iter::repeat_n(start, count));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}

fn placed(layers: &[Vec<Item>], places: &[(usize, usize)], routes: &[Vec<(usize, usize)>]) -> Layout {
    let items = || layers.iter().flatten();
    let left = items().map(|item| item.x - item.width / 2.0).fold(f64::INFINITY, f64::min);
    let right = items().map(|item| item.x + item.width / 2.0).fold(f64::NEG_INFINITY, f64::max);
    let left = if left.is_finite() { left } else { 0.0 };
    let at = |(rank, item): &(usize, usize)| (*rank, layers[*rank][*item].x - left);
    Layout {
        nodes: places.iter().map(at).collect(),
        edges: routes.iter().map(|route| route.iter().map(at).collect()).collect(),
        layers: layers.len(),
        width: (right - left).max(0.0),
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / real(count))
}

/// Counts are small.
fn real(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{GAP, layout};
    use crate::graph::{Edge, Graph, Node};

    /// Any graph without circles: a node uses some of those before it.
    fn graphs() -> impl Strategy<Value = (Graph, Vec<f64>)> {
        let node = (20.0..300.0, prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..4));
        prop::collection::vec(node, 0..30).prop_map(|nodes| {
            let mut graph = Graph::default();
            let mut widths = Vec::new();
            for (to, (width, uses)) in nodes.into_iter().enumerate() {
                graph.nodes.push(Node { name: String::new(), kind: "stage", detail: String::new() });
                widths.push(width);
                let mut uses: Vec<(usize, bool)> = uses
                    .into_iter()
                    .filter(|_| to > 0)
                    .map(|(index, starts)| (index.index(to), starts))
                    .collect();
                uses.sort_unstable();
                uses.dedup_by_key(|used| used.0);
                graph.edges.extend(uses.into_iter().map(|(from, starts)| Edge { from, to, starts }));
            }
            (graph, widths)
        })
    }

    proptest! {
        #[test]
        fn boxes_have_room_and_lines_go_down((graph, widths) in graphs()) {
            let layout = layout(&graph, &widths);
            for (a, &(layer, x)) in layout.nodes.iter().enumerate() {
                prop_assert!(x - widths[a] / 2.0 > -0.01 && x + widths[a] / 2.0 < layout.width + 0.01);
                for (b, other) in layout.nodes.iter().enumerate().skip(a + 1) {
                    let room = f64::midpoint(widths[a], widths[b]) + GAP - 0.01;
                    prop_assert!(layer != other.0 || (x - other.1).abs() > room);
                }
            }
            for (edge, bends) in graph.edges.iter().zip(&layout.edges) {
                prop_assert_eq!(bends[0].0, layout.nodes[edge.from].0);
                prop_assert_eq!(bends[bends.len() - 1].0, layout.nodes[edge.to].0);
                prop_assert!(bends.windows(2).all(|pair| pair[1].0 == pair[0].0 + 1));
            }
        }
    }
}
