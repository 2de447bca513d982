//! Where the tiles of a treemap are: rows along the shorter side, each closed when one more tile would make its tiles longer (Bruls, Huizing
//! and van Wijk's squarified treemaps).

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A tile for each size, in their order, which is from the largest to the smallest; together they fill the rectangle.
pub(super) fn tiles(whole: Rect, sizes: &[u64]) -> Vec<Rect> {
    let total: f64 = sizes.iter().map(|size| number(*size)).sum();
    let mut tiles = Vec::with_capacity(sizes.len());
    if total <= 0.0 {
        return vec![Rect { width: 0.0, height: 0.0, ..whole }; sizes.len()];
    }
    let scale = whole.width * whole.height / total;
    let areas: Vec<f64> = sizes.iter().map(|size| number(*size) * scale).collect();
    let (mut free, mut rest) = (whole, areas.as_slice());
    while !rest.is_empty() {
        let side = free.width.min(free.height);
        let mut taken = 1;
        while taken < rest.len() && longest(&rest[..=taken], side) <= longest(&rest[..taken], side) {
            taken += 1;
        }
        let (row, others) = rest.split_at(taken);
        free = lay(row, free, &mut tiles);
        rest = others;
    }
    tiles
}

/// How much longer than wide the longest tile of a row is.
fn longest(row: &[f64], side: f64) -> f64 {
    let sum: f64 = row.iter().sum();
    let depth = sum / side;
    let ratio = |area: &f64| {
        let length = area / depth;
        (length / depth).max(depth / length)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

/// Lays a row along the shorter side: what is still free then.
fn lay(row: &[f64], free: Rect, tiles: &mut Vec<Rect>) -> Rect {
    let sum: f64 = row.iter().sum();
    let is_column = free.width >= free.height;
    let side = if is_column { free.height } else { free.width };
    let depth = if side > 0.0 { sum / side } else { 0.0 };
    let mut along = 0.0;
    for area in row {
        let length = if depth > 0.0 { area / depth } else { 0.0 };
        tiles.push(if is_column {
            Rect { x: free.x, y: free.y + along, width: depth, height: length }
        } else {
            Rect { x: free.x + along, y: free.y, width: length, height: depth }
        });
        along += length;
    }
    if is_column {
        Rect { x: free.x + depth, width: (free.width - depth).max(0.0), ..free }
    } else {
        Rect { y: free.y + depth, height: (free.height - depth).max(0.0), ..free }
    }
}

/// A size as a length has it; beyond 2⁵³ the last digits do not matter.
#[expect(clippy::cast_precision_loss, reason = "a tile is as wide as a screen at most")]
fn number(size: u64) -> f64 {
    size as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: Rect = Rect { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    #[test]
    fn the_example_of_the_paper() {
        let whole = Rect { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let tiles = tiles(whole, &[6, 6, 4, 3, 2, 2, 1]);
        let rounded: Vec<[f64; 4]> = tiles
            .iter()
            .map(|tile| [tile.x, tile.y, tile.width, tile.height].map(|n| (n * 100.0).round() / 100.0))
            .collect();
        assert_eq!(
            rounded[..4],
            [[0.0, 0.0, 3.0, 2.0], [0.0, 2.0, 3.0, 2.0], [3.0, 0.0, 1.71, 2.33], [4.71, 0.0, 1.29, 2.33]]
        );
    }

    #[test]
    fn nothing_has_no_place() {
        assert_eq!(tiles(WHOLE, &[]), []);
        assert!(tiles(WHOLE, &[0, 0]).iter().all(|tile| tile.width == 0.0));
    }

    proptest! {
        #[test]
        fn tiles_fill_the_whole_by_their_sizes_and_none_covers_another(
            mut sizes in proptest::collection::vec(1..1_000_000_u64, 1..60)
        ) {
            sizes.sort_unstable_by(|a, b| b.cmp(a));
            let total: f64 = sizes.iter().map(|size| number(*size)).sum();
            let tiles = tiles(WHOLE, &sizes);
            prop_assert_eq!(tiles.len(), sizes.len());
            for (at, (tile, size)) in tiles.iter().zip(&sizes).enumerate() {
                let area = number(*size) / total * WHOLE.width * WHOLE.height;
                prop_assert!((tile.width * tile.height - area).abs() < 0.01 + area * 1e-6);
                prop_assert!(tile.x >= WHOLE.x - 1e-6 && tile.x + tile.width <= WHOLE.x + WHOLE.width + 1e-6);
                prop_assert!(tile.y >= WHOLE.y - 1e-6 && tile.y + tile.height <= WHOLE.y + WHOLE.height + 1e-6);
                for other in &tiles[..at] {
                    let wide = (tile.x + tile.width).min(other.x + other.width) - tile.x.max(other.x);
                    let high = (tile.y + tile.height).min(other.y + other.height) - tile.y.max(other.y);
                    prop_assert!(wide < 1e-6 || high < 1e-6);
                }
            }
        }
    }
}
