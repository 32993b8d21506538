//! Twin of `shaders/head_sentence.wgsl`.

/// Sums each row of `length` values in their order.
pub fn head_sentence(x: &[f32], length: usize) -> Vec<f32> {
    x.chunks(length).map(|row| row.iter().fold(0.0, |sum, x| sum + x)).collect()
}
