//! Twin of `shaders/head_states.wgsl`.

/// The gradient of a row's state from that of its combined state.
pub fn head_states(dx: &[f32], state: &[f32], latent: &[f32], slope: f32) -> Vec<f32> {
    let columns = dx.iter().zip(state.iter().zip(latent));
    columns.map(|(&dx, (state, latent))| if state + latent >= 0.0 { dx } else { dx * slope }).collect()
}
