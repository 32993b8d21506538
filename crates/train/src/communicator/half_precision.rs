//! Buckets in half precision: a scale, then f16 values, little-endian. The scale is the power of two that brings the
//! largest value just below f16's limit, so that small gradients do not vanish: relative errors are at most 2⁻¹¹ down to
//! 2⁻²⁹ of the bucket's largest value, below that the error is at most 2⁻⁴⁰ of it.

use half::f16;

const HEADER_BYTES: usize = 4;
/// The largest value lies below 2¹⁵, half of f16's limit, so that rounding cannot reach infinity.
const LARGEST_EXPONENT: i32 = 15;

/// Bytes of a bucket of `n` values.
pub(super) fn packed_bytes(n: usize) -> usize {
    HEADER_BYTES + 2 * n
}

/// Rounds `values` to f16. What is not finite stays so.
pub(super) fn pack(values: &[f32]) -> Vec<u8> {
    let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    let scale = scale(largest);
    let mut bytes = Vec::with_capacity(packed_bytes(values.len()));
    bytes.extend(scale.to_le_bytes());
    bytes.extend(values.iter().flat_map(|value| f16::from_f32(value * scale).to_le_bytes()));
    bytes
}

/// The values of [`pack`].
pub(super) fn unpack(bytes: &[u8], values: &mut [f32]) {
    let (header, halves) = bytes.split_at(HEADER_BYTES);
    let inverse = 1.0 / header.try_into().map_or(f32::NAN, f32::from_le_bytes);
    for (value, half) in values.iter_mut().zip(halves.chunks_exact(2)) {
        *value = f16::from_le_bytes([half[0], half[1]]).to_f32() * inverse;
    }
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
