//! Twin of `shaders/head_loss.wgsl`.

/// A token's NLL and uniform loss from its combined state, its target's row of E and the mean of E; 0 without a target.
pub fn head_loss(x: &[f32], target: Option<&[f32]>, mean: &[f32], log_partition: f32) -> [f32; 2] {
    let dot = |e: &[f32]| x.iter().zip(e).map(|(x, e)| x * e).sum::<f32>();
    target.map_or([0.0; 2], |target| [log_partition - dot(target), log_partition - dot(mean)])
}
