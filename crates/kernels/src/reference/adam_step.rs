//! Twin of `shaders/adam_step.wgsl`.

/// The scalars of one Adam update, with bias correction already folded into `step_size`.
///
/// Deviation: fairseq adds ε to √v *before* bias correction, the paper of Adam and most frameworks after it. We follow
/// fairseq, as the authors' runs did; the difference is negligible after a few hundred steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Factor on the gradient: global-norm clipping and averaging.
    pub gradient_scale: f32,
    /// β₁, decay of the first moment.
    pub beta_1: f32,
    /// β₂, decay of the second moment.
    pub beta_2: f32,
    /// `1 − learning_rate · weight_decay`.
    pub decay: f32,
    /// `learning_rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ)`.
    pub step_size: f32,
    /// ε, added to √v.
    pub epsilon: f32,
}

/// Updates `parameter`, `first_moment` and `second_moment` in place.
#[inline(always)]
pub fn adam_step(
    parameter: &mut [f32],
    gradient: &[f32],
    first_moment: &mut [f32],
    second_moment: &mut [f32],
    step: AdamStep,
) {
    let AdamStep { gradient_scale, beta_1, beta_2, decay, step_size, epsilon } = step;
    for (((p, g), m), v) in parameter.iter_mut().zip(gradient).zip(first_moment).zip(second_moment) {
        let g = g * gradient_scale;
        *m = beta_1 * *m + (1.0 - beta_1) * g;
        *v = beta_2 * *v + (1.0 - beta_2) * g * g;
        *p = *p * decay - step_size * *m / (v.sqrt() + epsilon);
    }
}
