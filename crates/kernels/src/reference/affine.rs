//! Twin of `shaders/affine.wgsl`.

/// `bias + Σ_k x_k w_k`, the sum in slices as the shader makes it.
pub fn affine(x: &[f32], weight: impl Fn(usize) -> f32, bias: f32, n_slices: usize) -> f32 {
    let length = x.len().div_ceil(n_slices);
    let mut sums = vec![0.0; n_slices];
    for (k, x) in x.iter().enumerate() {
        sums[k / length] += x * weight(k);
    }
    sums.iter().fold(bias, |sum, part| sum + part)
}
