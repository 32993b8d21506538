//! Twin of `shaders/head_states.wgsl`.

/// The gradient of a row's state from the parts of that of its combined state, `[splits][D]`.
pub fn head_states(parts: &[Vec<f32>], state: &[f32], latent: &[f32], slope: f32) -> Vec<f32> {
    let column = |c: usize| {
        let sum = parts.iter().fold(0.0, |sum, part| sum + part[c]);
        if state[c] + latent[c] >= 0.0 { sum } else { sum * slope }
    };
    (0..state.len()).map(column).collect()
}
