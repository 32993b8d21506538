//! Twin of `shaders/affine_whole.wgsl`.

use super::affine::affine;

/// [`affine`] with its sum in one slice.
pub fn affine_whole(x: &[f32], weight: impl Fn(usize) -> f32, bias: f32) -> f32 {
    affine(x, weight, bias, 1)
}
