//! Units (replies) by raters, the form that all statistics of agreement take.

use super::{Undefined, Value};

/// Scores of units (rows) by raters (columns); a cell may be empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Units {
    cells: Vec<Option<f64>>,
    n_raters: usize,
}

impl Units {
    /// Of rows that all have `n_raters` cells.
    ///
    /// # Panics
    /// If a row has another number of cells.
    #[must_use]
    pub fn new(rows: impl IntoIterator<Item = Vec<Option<f64>>>, n_raters: usize) -> Self {
        let mut cells = Vec::new();
        for row in rows {
            assert_eq!(row.len(), n_raters, "a row has a cell for each rater");
            // Adding 0 makes -0 and 0 one category.
            cells.extend(row.into_iter().map(|cell| cell.map(|score| score + 0.0)));
        }
        Self { cells, n_raters }
    }

    /// Number of columns.
    #[must_use]
    pub fn n_raters(&self) -> usize {
        self.n_raters
    }

    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = &[Option<f64>]> {
        self.cells.chunks(self.n_raters.max(1))
    }

    /// Scores of the units that both raters judged.
    #[must_use]
    pub fn pair(&self, one: usize, other: usize) -> (Vec<f64>, Vec<f64>) {
        self.rows().filter_map(|row| row[one].zip(row[other])).unzip()
    }

    /// The mean of a statistic of two raters over all pairs of raters for which it is defined.
    ///
    /// # Errors
    /// [`Undefined::NoOverlap`] if no two raters share a unit, else the reason of the last pair.
    pub fn mean_of_pairs(&self, statistic: impl Fn(&[f64], &[f64]) -> Value) -> Value {
        let (mut sum, mut n, mut reason) = (0.0, 0, Undefined::NoOverlap);
        for one in 0..self.n_raters {
            for other in one + 1..self.n_raters {
                let (x, y) = self.pair(one, other);
                if x.is_empty() {
                    continue;
                }
                match statistic(&x, &y) {
                    Ok(value) => {
                        sum += value;
                        n += 1;
                    }
                    Err(why) => reason = why,
                }
            }
        }
        if n == 0 { Err(reason) } else { Ok(sum / f64::from(n)) }
    }

    /// Rows in which every rater has judged.
    #[must_use]
    pub fn complete(&self) -> Vec<Vec<f64>> {
        self.rows().filter_map(|row| row.iter().copied().collect()).collect()
    }

    /// Rows with exactly `n` judgements, whoever made them.
    #[must_use]
    pub fn compact(&self, n: usize) -> Vec<Vec<f64>> {
        let rows = self.rows().map(|row| row.iter().flatten().copied().collect::<Vec<f64>>());
        rows.filter(|row| row.len() == n).collect()
    }
}
