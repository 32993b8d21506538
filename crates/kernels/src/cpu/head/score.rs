//! log Σ_v exp(x · E_v) of each row without its logits: a tile of them leaves the registers for a kilobyte of the first
//! cache and is folded into a maximum and a sum.
//!
//! A task is a block of rows, whose panels stay in the second cache, and a segment of the vocabulary. Tasks write what
//! is theirs, and a row's parts are merged in the order of the segments, so the threads' number changes no bit.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::{
    product::{Line, PANEL, WIDE, exp, in_groups, lines, product},
    rows::{Head, Row},
};

/// Rows whose combined states exist at once.
const ROWS: usize = 2048;
/// Panels a task: 256 rows, 512 KiB where D is 512.
const BLOCK: usize = 8;
/// Tokens a task; a multiple of [`WIDE`].
const SEGMENT: usize = 384;

/// The running maximum m of each row and its Σ exp(logit − m).
#[derive(Clone, Copy)]
struct Partial {
    max: Line,
    sum: Line,
}

impl Partial {
    const EMPTY: Self = Self { max: Line([f32::MIN; PANEL]), sum: Line::ZERO };

    /// Takes in the logits `tile[n][row]`. The maximum ignores NaN, the sum does not.
    #[inline(always)]
    fn fold<S: Simd, const N: usize>(&mut self, simd: S, tile: &[Line; N]) {
        let tile: [&[S::f32s]; N] = std::array::from_fn(|n| S::as_simd_f32s(&tile[n].0).0);
        let (maxima, _) = S::as_mut_simd_f32s(&mut self.max.0);
        let (sums, _) = S::as_mut_simd_f32s(&mut self.sum.0);
        for (i, (max, sum)) in maxima.iter_mut().zip(sums).enumerate() {
            let old = *max;
            for line in tile {
                *max = simd.max_f32s(line[i], *max);
            }
            *sum = simd.mul_f32s(*sum, exp(simd, simd.sub_f32s(old, *max)));
            for line in tile {
                *sum = simd.add_f32s(*sum, exp(simd, simd.sub_f32s(line[i], *max)));
            }
        }
    }
}

/// Folds the logits of a block of panels over a segment into `partials`, one a panel.
struct Fold<'a> {
    panels: &'a [Line],
    embedding: &'a [f32],
    d_model: usize,
    partials: &'a mut [Partial],
}

impl WithSimd for Fold<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panels, embedding, d_model, partials } = self;
        in_groups!((0..embedding.len() / d_model), |first, N| {
            let tokens: [&[f32]; N] = std::array::from_fn(|n| &embedding[(first + n) * d_model..][..d_model]);
            for (panel, partial) in panels.chunks_exact(d_model).zip(partials.iter_mut()) {
                let panel = &panel[..d_model];
                let logits = product::<S, N, _>(simd, std::iter::once((panel, |k: usize, n: usize| tokens[n][k])));
                partial.fold(simd, &logits);
            }
        });
    }
}

/// log Σ_v exp(x · E_v) of each row.
pub(super) fn log_partitions(head: &Head<'_>, rows: &[Row]) -> Vec<f32> {
    let d_model = head.d_model;
    let n_segments = head.n_tokens().div_ceil(SEGMENT);
    let most = rows.len().min(ROWS).div_ceil(PANEL);
    let mut panels = lines(most * d_model);
    let mut partials = vec![Partial::EMPTY; most.next_multiple_of(BLOCK) * n_segments];
    let mut result = Vec::with_capacity(rows.len());
    for rows in rows.chunks(ROWS) {
        let n_panels = rows.len().div_ceil(PANEL);
        let panels = &mut panels[..n_panels * d_model];
        head.row_panels(rows, panels);
        // [block][segment][panel of the block].
        let partials = &mut partials[..n_panels.next_multiple_of(BLOCK) * n_segments];
        partials.par_chunks_mut(BLOCK).enumerate().for_each(|(task, partials)| {
            let (block, segment) = (task / n_segments, task % n_segments);
            partials.fill(Partial::EMPTY);
            let panels = &panels[block * BLOCK * d_model..];
            let embedding = &head.embedding[segment * SEGMENT * d_model..];
            Arch::new().dispatch(Fold {
                panels: &panels[..panels.len().min(BLOCK * d_model)],
                embedding: &embedding[..embedding.len().min(SEGMENT * d_model)],
                d_model,
                partials,
            });
        });
        result.extend((0..rows.len()).map(|row| {
            let (panel, place) = (row / PANEL, row % PANEL);
            let first = panel / BLOCK * BLOCK * n_segments + panel % BLOCK;
            let parts = || (0..n_segments).map(|segment| &partials[first + segment * BLOCK]);
            let max = parts().fold(f32::MIN, |max, part| max.max(part.max.0[place]));
            let sum: f32 = parts().map(|part| part.sum.0[place] * (part.max.0[place] - max).exp()).sum();
            max + sum.ln()
        }));
    }
    result
}
