//! Buckets in half precision: a scale in two halves, then f16 values. The scale is the power of two that brings the
//! largest value just below f16's limit, so that small gradients do not vanish: relative errors are at most 2⁻¹¹ down to
//! 2⁻²⁹ of the bucket's largest value, below that the error is at most 2⁻⁴⁰ of it.

use half::{f16, slice::HalfFloatSliceExt as _};

const N_HEADER: usize = 2;
/// The largest value lies below 2¹⁵, half of f16's limit, so that rounding cannot reach infinity.
const LARGEST_EXPONENT: i32 = 15;

/// Halves of a bucket of `n` values.
pub(super) fn packed_len(n: usize) -> usize {
    N_HEADER + n
}

/// Rounds `values` to f16. What is not finite stays so.
pub(super) fn pack(values: &[f32]) -> Vec<u16> {
    let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = scale(largest);
    let scaled: Vec<f32> = values.iter().map(|value| value * scale).collect();
    let mut packed = vec![f16::ZERO; packed_len(values.len())];
    packed[N_HEADER..].convert_from_f32_slice(&scaled);
    let bits = scale.to_bits();
    packed[0] = f16::from_bits((bits >> 16) as u16);
    packed[1] = f16::from_bits(bits as u16);
    packed.into_iter().map(f16::to_bits).collect()
}

/// The values of [`pack`].
pub(super) fn unpack(packed: &[u16], values: &mut [f32]) {
    let (header, halves) = packed.split_at(N_HEADER);
    let inverse = 1.0 / f32::from_bits(u32::from(header[0]) << 16 | u32::from(header[1]));
    let halves: Vec<f16> = halves.iter().map(|&bits| f16::from_bits(bits)).collect();
    halves.convert_to_f32_slice(values);
    values.iter_mut().for_each(|value| *value *= inverse);
}

/// The power of two that brings `largest` below 2¹⁵; 1 where nothing can be scaled.
fn scale(largest: f32) -> f32 {
    if !largest.is_normal() {
        return 1.0;
    }
    let exponent = (largest.to_bits() >> 23) as i32 - 126; // largest < 2^exponent
    // Both it and its inverse are normal numbers.
    2f32.powi((LARGEST_EXPONENT - exponent).clamp(-126, 126))
}
