//! Twin of `shaders/head_combine.wgsl`.

/// The combined state of a row; zeros where it does not count.
pub fn head_combine(state: &[f32], latent: &[f32], counts: bool, slope: f32) -> Vec<f32> {
    let combined = state.iter().zip(latent).map(|(a, b)| a + b).map(|s| if s >= 0.0 { s } else { s * slope });
    combined.map(|x| if counts { x } else { 0.0 }).collect()
}
