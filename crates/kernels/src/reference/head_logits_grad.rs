//! Twin of `shaders/head_logits_grad.wgsl`.

use super::head_rows::GradRow;

/// The loss's gradient by the logit of token `token` in a row: (g₁ + g₂) p − [y = v] g₁ − g₂ / V.
pub fn logit_grad(logit: f32, row: GradRow, token: usize, n_tokens: usize) -> f32 {
    let hit = if row.target == token as f32 { row.nll } else { 0.0 };
    (row.nll + row.uniform) * (logit - row.log_partition).exp() - hit - row.uniform * (1.0 / n_tokens as f32)
}

/// [`logit_grad`] of a row x and all tokens of `embedding`, `[V, D]`.
pub fn head_logits_grad(x: &[f32], embedding: &[f32], row: GradRow) -> Vec<f32> {
    let n_tokens = embedding.len() / x.len();
    let logits = embedding.chunks(x.len()).map(|e| x.iter().zip(e).map(|(x, e)| x * e).sum());
    logits.enumerate().map(|(token, logit)| logit_grad(logit, row, token, n_tokens)).collect()
}
