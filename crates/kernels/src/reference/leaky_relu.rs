//! Twin of `shaders/leaky_relu.wgsl`.

/// Multiplies `g` in place by 1 where `x >= 0`, by `slope` elsewhere; NaN in `x` counts as below.
#[inline(always)]
pub fn leaky_relu(x: &[f32], g: &mut [f32], slope: f32) {
    for (&x, g) in x.iter().zip(g) {
        *g = if x >= 0.0 { *g } else { *g * slope };
    }
}
