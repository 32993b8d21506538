//! Counter-balanced orders: Williams designs, Latin squares in which also every pair of neighbours is equally frequent.

/// Number of rows of the design for `n` conditions: n if n is even, else 2n (1 for n = 1).
pub(crate) fn n_rows(n: usize) -> usize {
    if n <= 1 || n.is_multiple_of(2) { n.max(1) } else { 2 * n }
}

/// Row `row` (taken modulo the number of rows): the conditions 0..n in order of presentation (Williams 1949).
///
/// Over all rows each condition is equally often at each position, and each follows each other equally often.
pub(crate) fn row(n: usize, row: usize) -> Vec<usize> {
    let row = row % n_rows(n);
    // 0, 1, n-1, 2, n-2, …: its neighbours differ by every residue once.
    let zigzag = (0..n).map(|position| if position % 2 == 1 { position.div_ceil(2) } else { (n - position / 2) % n });
    let mut order: Vec<usize> = zigzag.map(|condition| (condition + row) % n).collect();
    if row >= n {
        order.reverse();
    }
    order
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn positions_and_neighbours_are_balanced() {
        for n in 1..=9 {
            let rows: Vec<Vec<usize>> = (0..n_rows(n)).map(|index| row(n, index)).collect();
            let mut at: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            let mut follows: BTreeMap<(usize, usize), usize> = BTreeMap::new();
            for order in &rows {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                assert_eq!(sorted, (0..n).collect::<Vec<_>>());
                for (position, &condition) in order.iter().enumerate() {
                    *at.entry((position, condition)).or_default() += 1;
                }
                for pair in order.windows(2) {
                    *follows.entry((pair[0], pair[1])).or_default() += 1;
                }
            }
            assert_eq!(at.len(), n * n);
            assert!(at.values().all(|&count| count == rows.len() / n), "positions, n = {n}");
            assert_eq!(follows.len(), n * (n - 1));
            assert!(follows.values().all(|&count| count == rows.len() / n), "neighbours, n = {n}");
        }
    }
}
