//! The rows of the output layer, one a target token that counts and latent, and their combined states as panels.

use rayon::prelude::*;

use super::product::{Line, PANEL};

/// Where a row's parts lie.
#[derive(Clone, Copy)]
pub(super) struct Row {
    /// Its row of the states, `b T + t`.
    pub(super) state: u32,
    /// Its row of the latents, `b K + k`.
    pub(super) latent: u32,
    /// Its target token.
    pub(super) target: u32,
}

/// The inputs of an output layer with latents.
#[derive(Clone, Copy)]
pub(super) struct Head<'a> {
    /// a, `[B T, D]`.
    pub(super) states: &'a [f32],
    /// b, `[B K, D]`.
    pub(super) latents: &'a [f32],
    /// E, `[V, D]`.
    pub(super) embedding: &'a [f32],
    /// D.
    pub(super) d_model: usize,
    /// Of LeakyReLU.
    pub(super) slope: f32,
}

impl Head<'_> {
    /// V.
    pub(super) fn n_tokens(&self) -> usize {
        self.embedding.len() / self.d_model
    }

    /// The rows of all sentences in the order (b, k, t); pads, whose target is below 0, are left out.
    ///
    /// # Panics
    /// When a target is not below V.
    pub(super) fn rows(&self, targets: &[i32], length: usize) -> Vec<Row> {
        let n_sentences = targets.len() / length;
        let n_latents = self.latents.len() / self.d_model / n_sentences;
        let mut rows = Vec::new();
        for (b, targets) in targets.chunks(length).enumerate() {
            for latent in b * n_latents..(b + 1) * n_latents {
                for (t, &target) in targets.iter().enumerate() {
                    let Ok(target) = u32::try_from(target) else { continue };
                    let n_tokens = self.n_tokens();
                    assert!((target as usize) < n_tokens, "target {target} is not one of {n_tokens} tokens");
                    rows.push(Row { state: (b * length + t) as u32, latent: latent as u32, target });
                }
            }
        }
        rows
    }

    /// a + b and its activation in column `i`.
    #[inline(always)]
    fn value(&self, row: Row, i: usize) -> f32 {
        let sum =
            self.states[row.state as usize * self.d_model + i] + self.latents[row.latent as usize * self.d_model + i];
        if sum >= 0.0 { sum } else { sum * self.slope }
    }

    /// The slope of the activation in each column of a row, times `grad`, in its place.
    pub(super) fn gate(&self, row: Row, grad: &mut [f32]) {
        let state = &self.states[row.state as usize * self.d_model..][..self.d_model];
        let latent = &self.latents[row.latent as usize * self.d_model..][..self.d_model];
        for ((grad, a), b) in grad.iter_mut().zip(state).zip(latent) {
            *grad = if a + b >= 0.0 { *grad } else { *grad * self.slope };
        }
    }

    /// x · v of a row, in sixteen independent lanes.
    pub(super) fn dot(&self, row: Row, v: &[f32]) -> f32 {
        let state = &self.states[row.state as usize * self.d_model..][..self.d_model];
        let latent = &self.latents[row.latent as usize * self.d_model..][..self.d_model];
        let mut lanes = [0f32; 16];
        for ((a, b), v) in state.chunks(16).zip(latent.chunks(16)).zip(v.chunks(16)) {
            for (lane, ((a, b), v)) in lanes.iter_mut().zip(a.iter().zip(b).zip(v)) {
                let sum = a + b;
                *lane += if sum >= 0.0 { sum } else { sum * self.slope } * v;
            }
        }
        lanes.into_iter().sum()
    }

    /// Logit of each row's target, x · E_y.
    pub(super) fn target_logits(&self, rows: &[Row]) -> Vec<f32> {
        let embedding = |row: Row| &self.embedding[row.target as usize * self.d_model..][..self.d_model];
        rows.par_iter().with_min_len(64).map(|&row| self.dot(row, embedding(row))).collect()
    }

    /// The combined states x of `rows` with a row in each place of a line and a line for each column: `[R / 32][D]`.
    /// Places past the last row hold 0.
    pub(super) fn row_panels(&self, rows: &[Row], panels: &mut [Line]) {
        /// Columns at a time, so that the lines that are written stay in the first cache.
        const STRIP: usize = 16;
        panels.par_chunks_mut(self.d_model).zip(rows.par_chunks(PANEL)).for_each(|(panel, rows)| {
            for (strip_idx, strip) in panel.chunks_mut(STRIP).enumerate() {
                for (place, &row) in rows.iter().enumerate() {
                    for (i, line) in strip.iter_mut().enumerate() {
                        line.0[place] = self.value(row, strip_idx * STRIP + i);
                    }
                }
                for line in strip {
                    line.0[rows.len()..].fill(0.0);
                }
            }
        });
    }

    /// The combined states x of `rows` with 32 columns a line: `[D / 32][n_lines]`, of which a row is a line. Lines past
    /// the last row and places past the last column hold 0.
    pub(super) fn column_panels(&self, rows: &[Row], n_lines: usize, panels: &mut [Line]) {
        panels.par_chunks_mut(n_lines).enumerate().for_each(|(panel_idx, panel)| {
            let first = panel_idx * PANEL;
            let width = PANEL.min(self.d_model - first);
            for (line, &row) in panel.iter_mut().zip(rows) {
                for (i, value) in line.0[..width].iter_mut().enumerate() {
                    *value = self.value(row, first + i);
                }
                line.0[width..].fill(0.0);
            }
            panel[rows.len()..].fill(Line::ZERO);
        });
    }
}
