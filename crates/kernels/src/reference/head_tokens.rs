//! Twin of `shaders/head_tokens.wgsl`.

use super::head_score::HeadRow;

/// The log-partition of a row, merged from its splits' maxima and sums, and the NLL of its target, whose row of E is
/// `target`; both 0 where there is none.
pub fn head_tokens(row: HeadRow<'_>, target: Option<&[f32]>, partials: &[[f32; 2]]) -> [f32; 2] {
    let Some(target) = target else { return [0.0; 2] };
    let max = partials.iter().fold(-3.0e38, |max: f32, [m, _]| max.max(*m));
    let total: f32 = partials.iter().map(|[m, sum]| sum * (m - max).exp()).sum();
    let partition = max + total.ln();
    [partition, partition - row.dot(target)]
}
