//! Twin of `shaders/head_score_f16.wgsl`: f16 is f32 rounded to eleven bits after each operation.

use super::head_score::HeadRow;

/// The nearest value of f16, ties to even; of those below 2⁻¹⁴ the nearest multiple of 2⁻²⁴.
pub fn to_f16(x: f32) -> f32 {
    /// Adding and taking away 1.5 · 2²³ rounds to the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let exponent = i32::from(((x.to_bits() >> 23) & 0xff) as u8) - 127;
    let unit = 2f32.powi(exponent.max(-14) - 10);
    (x / unit + ROUND - ROUND) * unit
}

/// [`super::head_score::head_score`] with products in f16 and sums of eight of them in f16.
pub fn head_score_f16(row: HeadRow<'_>, embedding: &[f32]) -> [f32; 2] {
    let sums = row.state.iter().zip(row.latent).map(|(a, b)| a + b);
    let x: Vec<f32> = sums.map(|s| to_f16(if s >= 0.0 { s } else { s * row.slope })).collect();
    let logit = |e: &[f32]| -> f32 {
        let steps = x.chunks(8).zip(e.chunks(8));
        steps.map(|(x, e)| x.iter().zip(e).fold(0.0, |sum, (x, e)| to_f16(sum + to_f16(x * to_f16(*e))))).sum()
    };
    let logits: Vec<f32> = embedding.chunks(x.len()).map(logit).collect();
    let max = logits.iter().copied().fold(-3.0e38, f32::max);
    [max, logits.iter().map(|logit| (logit - max).exp()).sum()]
}
