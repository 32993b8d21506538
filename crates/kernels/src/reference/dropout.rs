//! Twin of `shaders/dropout.wgsl`.

/// Names one dropout mask: 64 bits drawn from the run's seed, step, micro-batch and place in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DropoutKey(pub u64);

impl DropoutKey {
    /// The low 32 bits.
    pub fn low(self) -> u32 {
        (self.0 & 0xffff_ffff) as u32
    }

    /// The high 32 bits.
    pub fn high(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

/// An element is kept when its hash is at least this: `rate · 2³²`.
#[inline(always)]
pub fn threshold(rate: f32) -> u32 {
    (f64::from(rate) * 4_294_967_296.0) as u32
}

/// Bit mixer with full avalanche; the shader's `mix`.
#[inline(always)]
pub fn mix(seed: u32) -> u32 {
    let mut h = seed;
    h ^= h >> 16;
    h = h.wrapping_mul(0x7feb_352d);
    h ^= h >> 15;
    h = h.wrapping_mul(0x846c_a68b);
    h ^ (h >> 16)
}

/// Applies the mask in place to `x`, whose first element has index `offset` in the whole tensor.
#[inline(always)]
pub fn dropout(x: &mut [f32], offset: u32, key: DropoutKey, rate: f32) {
    let (low, high, threshold, scale) = (key.low(), key.high(), threshold(rate), 1.0 / (1.0 - rate));
    for (i, x) in (offset..).zip(x) {
        let h = mix(mix(i ^ low) ^ high);
        *x = if h >= threshold { *x * scale } else { 0.0 };
    }
}
