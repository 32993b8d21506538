//! The gradient of the output layer's loss, with the probabilities made again from the saved log-partitions.
//!
//! A task owns a segment of the vocabulary: it makes each tile of probabilities once, adds its product with the combined
//! states to its own rows of dE, and its product with E to a part of dx that is its own. The parts of dx are added in the
//! order of the segments, whose number depends on V alone, so the threads' number changes no bit.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    product::{Line, PANEL, WIDE, exp, in_groups, lines, product},
    rows::{Head, Row},
};

/// Rows whose combined states and parts of dx exist at once.
const ROWS: usize = 1024;
/// Rows of a tile: a multiple of [`PANEL`].
const TILE_ROWS: usize = 128;
/// Tokens of a tile: its part of E, twice, of dE and of the combined states stay in the second cache.
const TILE_TOKENS: usize = 96;
/// Most segments; each needs a part of dx.
const MAX_SEGMENTS: usize = 16;
/// Rows of a product with E: 2 · 8 sums.
const NARROW: usize = 8;

/// What a row's terms of the loss weigh in its gradient.
#[derive(Clone, Copy)]
pub(super) struct Weights {
    /// Of −x · E_y.
    pub(super) target: f32,
    /// Of −x · Ē.
    pub(super) mean: f32,
}

/// Gradients of x, [`Line`] by `Line` in the columns' panels, and of E.
pub(super) struct Winner<'a> {
    pub(super) head: Head<'a>,
    pub(super) rows: &'a [Row],
    /// Log-partition of each row.
    pub(super) log_partitions: &'a [f32],
    pub(super) weights: &'a [Weights],
}

/// The states of some rows in both layouts.
struct States<'a> {
    n_rows: usize,
    /// Rows and those that fill up the last panel.
    n_lines: usize,
    row_panels: &'a [Line],
    column_panels: &'a [Line],
    /// Log-partitions, and factors of the probabilities, in the rows' places.
    shift: &'a [Line],
    scale: &'a [Line],
}

impl Winner<'_> {
    /// The softmax's part of dx, and dE: `take` gets rows with their parts of dx, `[segment][D / 32][row]`, whose sum
    /// over the segments is dx. dE is added to `embedding_grad`.
    pub(super) fn backward(&self, embedding_grad: &mut [f32], mut take: impl FnMut(usize, &[Row], Parts<'_>)) {
        let Self { head, .. } = self;
        let d_model = head.d_model;
        let n_columns = d_model.div_ceil(PANEL);
        let segment = head.n_tokens().div_ceil(TILE_TOKENS).div_ceil(MAX_SEGMENTS) * TILE_TOKENS;
        let n_segments = head.n_tokens().div_ceil(segment);
        let most = self.rows.len().min(ROWS).next_multiple_of(PANEL);
        let mut row_panels = lines(most / PANEL * d_model);
        let mut column_panels = lines(n_columns * most);
        let mut dx = lines(n_segments * n_columns * most);
        for start in (0..self.rows.len()).step_by(ROWS) {
            let end = self.rows.len().min(start + ROWS);
            let rows = &self.rows[start..end];
            let n_lines = rows.len().next_multiple_of(PANEL);
            let row_panels = &mut row_panels[..n_lines / PANEL * d_model];
            let column_panels = &mut column_panels[..n_columns * n_lines];
            head.row_panels(rows, row_panels);
            head.column_panels(rows, n_lines, column_panels);
            let weights = &self.weights[start..end];
            let states = States {
                n_rows: rows.len(),
                n_lines,
                row_panels,
                column_panels,
                shift: &in_places(self.log_partitions[start..end].iter().copied()),
                scale: &in_places(weights.iter().map(|weights| weights.target + weights.mean)),
            };
            let mean_grad = mean_gradient(&states, weights, head.n_tokens());
            let dx = &mut dx[..n_segments * n_columns * n_lines];
            embedding_grad
                .par_chunks_mut(segment * d_model)
                .zip(dx.par_chunks_mut(n_columns * n_lines))
                .enumerate()
                .for_each(|(segment_idx, (embedding_grad, dx))| {
                    let first = segment_idx * segment;
                    let embedding = &head.embedding[first * d_model..][..embedding_grad.len()];
                    dx.fill(Line::ZERO);
                    Arch::new().dispatch(Segment { states: &states, embedding, d_model, embedding_grad, dx });
                    if let Some(mean_grad) = &mean_grad {
                        for row in embedding_grad.chunks_exact_mut(d_model) {
                            row.iter_mut().zip(mean_grad).for_each(|(grad, mean)| *grad -= mean);
                        }
                    }
                    let tokens = first..first + embedding.len() / d_model;
                    for (line_idx, (row, weights)) in rows.iter().zip(weights).enumerate() {
                        let target = row.target as usize;
                        if tokens.contains(&target) {
                            let grad = &mut embedding_grad[(target - first) * d_model..][..d_model];
                            for (column, grad) in grad.chunks_mut(PANEL).enumerate() {
                                let x = &column_panels[column * n_lines + line_idx];
                                grad.iter_mut().zip(&x.0).for_each(|(grad, x)| *grad -= weights.target * x);
                            }
                        }
                    }
                });
            take(start, rows, Parts { dx, n_segments, n_lines });
        }
    }
}

/// Parts of dx, one a segment.
#[derive(Clone, Copy)]
pub(super) struct Parts<'a> {
    dx: &'a [Line],
    n_segments: usize,
    n_lines: usize,
}

impl Parts<'_> {
    /// The sum of the parts of a row.
    pub(super) fn sum(&self, row: usize, out: &mut [f32]) {
        let n_columns = out.len().div_ceil(PANEL);
        for (column, out) in out.chunks_mut(PANEL).enumerate() {
            let mut sum = [0f32; PANEL];
            for segment in 0..self.n_segments {
                let part = &self.dx[(segment * n_columns + column) * self.n_lines + row];
                sum.iter_mut().zip(&part.0).for_each(|(sum, part)| *sum += part);
            }
            out.copy_from_slice(&sum[..out.len()]);
        }
    }
}

/// Values in the places of their rows, 0 past the last.
fn in_places(values: impl Iterator<Item = f32>) -> Vec<Line> {
    let values: Vec<f32> = values.collect();
    let line = |chunk: &[f32]| Line(std::array::from_fn(|place| chunk.get(place).copied().unwrap_or(0.0)));
    values.chunks(PANEL).map(line).collect()
}

/// (1/V) Σ_r weight_r x_r, which every row of dE loses; none where no weight differs from 0.
fn mean_gradient(states: &States<'_>, weights: &[Weights], n_tokens: usize) -> Option<Vec<f32>> {
    if weights.iter().all(|weights| weights.mean == 0.0) {
        return None;
    }
    let scale = 1.0 / n_tokens as f32;
    let sums = states.column_panels.par_chunks(states.n_lines).map(|panel| {
        let mut sum = [0f32; PANEL];
        for (line, weights) in panel.iter().zip(weights) {
            sum.iter_mut().zip(&line.0).for_each(|(sum, x)| *sum += weights.mean * scale * x);
        }
        sum
    });
    Some(sums.collect::<Vec<_>>().concat())
}

/// One segment of the vocabulary.
struct Segment<'a> {
    states: &'a States<'a>,
    embedding: &'a [f32],
    d_model: usize,
    embedding_grad: &'a mut [f32],
    /// `[D / 32][row]`.
    dx: &'a mut [Line],
}

impl WithSimd for Segment<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { states, embedding, d_model, embedding_grad, dx } = self;
        // E of the tile with 32 columns a line, `[D / 32][token]`, and its probabilities, `[row / 32][token]`.
        let mut columns = lines(d_model.div_ceil(PANEL) * TILE_TOKENS);
        let mut tile = lines(TILE_ROWS / PANEL * TILE_TOKENS);
        let parts = embedding.chunks(TILE_TOKENS * d_model);
        for (embedding, embedding_grad) in parts.zip(embedding_grad.chunks_mut(TILE_TOKENS * d_model)) {
            let n_tokens = embedding.len() / d_model;
            for (token, row) in embedding.chunks_exact(d_model).enumerate() {
                for (column, values) in row.chunks(PANEL).enumerate() {
                    columns[column * TILE_TOKENS + token].0[..values.len()].copy_from_slice(values);
                }
            }
            for first in (0..states.n_rows).step_by(TILE_ROWS) {
                let n_rows = (states.n_lines - first).min(TILE_ROWS);
                Probabilities { states, embedding, d_model, first }.make(simd, &mut tile);
                times_embedding(
                    simd,
                    &tile,
                    [n_rows, n_tokens],
                    &columns,
                    |column, row| column * states.n_lines + first + row,
                    dx,
                );
                let lines = |column: usize| &states.column_panels[column * states.n_lines + first..][..n_rows];
                transposed_times_states(simd, &tile, lines, d_model, embedding_grad);
            }
        }
    }
}

/// The rows of a tile from row `first` on.
struct Probabilities<'a> {
    states: &'a States<'a>,
    embedding: &'a [f32],
    d_model: usize,
    first: usize,
}

impl Probabilities<'_> {
    /// p = exp(x · E_v − log-partition) · scale as `tile[panel · TILE_TOKENS + token][row]`.
    #[inline(always)]
    fn make<S: Simd>(&self, simd: S, tile: &mut [Line]) {
        let Self { states, embedding, d_model, first: first_row } = *self;
        let first_panel = first_row / PANEL;
        let panels = &states.row_panels[first_panel * d_model..];
        let panels = &panels[..panels.len().min(TILE_ROWS / PANEL * d_model)];
        in_groups!((0..embedding.len() / d_model), |first, N| {
            let tokens: [&[f32]; N] = std::array::from_fn(|n| &embedding[(first + n) * d_model..][..d_model]);
            for (panel_idx, panel) in panels.chunks_exact(d_model).enumerate() {
                let panel = &panel[..d_model];
                let logits = product::<S, N, _>(simd, std::iter::once((panel, |k: usize, n: usize| tokens[n][k])));
                let (shift, scale) = (&states.shift[first_panel + panel_idx], &states.scale[first_panel + panel_idx]);
                let out = &mut tile[panel_idx * TILE_TOKENS + first..][..N];
                let [(shift, _), (scale, _)] = [shift, scale].map(|line| S::as_simd_f32s(&line.0));
                for (out, logits) in out.iter_mut().zip(&logits) {
                    let (out, _) = S::as_mut_simd_f32s(&mut out.0);
                    let (logits, _) = S::as_simd_f32s(&logits.0);
                    for (((out, &logit), &shift), &scale) in out.iter_mut().zip(logits).zip(shift).zip(scale) {
                        *out = simd.mul_f32s(exp(simd, simd.sub_f32s(logit, shift)), scale);
                    }
                }
            }
        });
    }
}

/// Adds p E to dx, whose line of (column panel, row of the tile) is `place`.
#[inline(always)]
fn times_embedding<S: Simd>(
    simd: S,
    tile: &[Line],
    [n_rows, n_tokens]: [usize; 2],
    columns: &[Line],
    place: impl Fn(usize, usize) -> usize,
    dx: &mut [Line],
) {
    for (column, embedding) in columns.chunks_exact(TILE_TOKENS).enumerate() {
        let embedding = &embedding[..n_tokens];
        for row in (0..n_rows).step_by(NARROW) {
            let p = &tile[row / PANEL * TILE_TOKENS..][..embedding.len()];
            let group = row % PANEL / NARROW;
            let p = |k: usize, n: usize| p[k].0.as_chunks::<NARROW>().0[group][n];
            let product = product::<S, NARROW, _>(simd, std::iter::once((embedding, p)));
            let out = &mut dx[place(column, row)..][..NARROW];
            for (out, product) in out.iter_mut().zip(&product) {
                out.0.iter_mut().zip(&product.0).for_each(|(out, x)| *out += x);
            }
        }
    }
}

/// Adds pᵀ x to dE; `states` are the lines of a column panel.
#[inline(always)]
fn transposed_times_states<'a, S: Simd>(
    simd: S,
    tile: &[Line],
    states: impl Fn(usize) -> &'a [Line],
    d_model: usize,
    embedding_grad: &mut [f32],
) {
    let n_tokens = embedding_grad.len() / d_model;
    for column in 0..d_model.div_ceil(PANEL) {
        let x = states(column);
        let width = PANEL.min(d_model - column * PANEL);
        in_groups!((0..n_tokens), |first, N| {
            let panels = x.as_chunks::<PANEL>().0.iter().zip(tile.as_chunks::<TILE_TOKENS>().0);
            let product = product::<S, N, _>(
                simd,
                panels.map(|(x, p)| {
                    let p = &p[first..][..N];
                    (x.as_slice(), move |k: usize, n: usize| p[n].0[k % PANEL])
                }),
            );
            for (n, product) in product.iter().enumerate() {
                let out = &mut embedding_grad[(first + n) * d_model + column * PANEL..][..width];
                out.iter_mut().zip(&product.0).for_each(|(out, x)| *out += x);
            }
        });
    }
}
