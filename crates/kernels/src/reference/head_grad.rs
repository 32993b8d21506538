//! Twin of `shaders/head_grad.wgsl`.

use super::head_rows::GradRow;

/// The loss's gradient by the logit of token `token` in a row: (g₁ + g₂) p − [y = v] g₁ − g₂ / V.
pub fn gradient(logit: f32, row: GradRow, token: usize, n_tokens: usize) -> f32 {
    let hit = if row.target == token as f32 { row.nll } else { 0.0 };
    (row.nll + row.uniform) * (logit - row.log_partition).exp() - hit - row.uniform * (1.0 / n_tokens as f32)
}

/// Σ_j g_j other_j, added to `out`, of one row or token `mine`; `row_and_token` tells which both are for the j-th other.
pub fn head_grad(
    mine: &[f32],
    others: &[f32],
    row_and_token: impl Fn(usize) -> (GradRow, usize),
    n_tokens: usize,
    out: &mut [f32],
) {
    for (j, other) in others.chunks(mine.len()).enumerate() {
        let logit = mine.iter().zip(other).map(|(a, b)| a * b).sum();
        let (row, token) = row_and_token(j);
        let g = gradient(logit, row, token, n_tokens);
        out.iter_mut().zip(other).for_each(|(out, x)| *out += g * x);
    }
}
