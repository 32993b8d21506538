//! Twin of `shaders/layer_norm.wgsl`.

/// Sums are made by so many lanes, then over the lanes by halves.
const LANES: usize = 64;

/// (x − mean) / √(variance + ε) · γ + β over one row, into `y`; the variance is the mean square, over D.
pub fn layer_norm(x: &[f32], gamma: &[f32], beta: &[f32], epsilon: f32, y: &mut [f32]) {
    let d_model = x.len() as f32;
    let mean = total(x.iter().copied()) / d_model;
    let deviation = (total(x.iter().map(|x| (x - mean) * (x - mean))) / d_model + epsilon).sqrt();
    for (y, ((x, gamma), beta)) in y.iter_mut().zip(x.iter().zip(gamma).zip(beta)) {
        *y = (x - mean) / deviation * gamma + beta;
    }
}

fn total(values: impl Iterator<Item = f32>) -> f32 {
    let mut sums = [0.0; LANES];
    for (i, value) in values.enumerate() {
        sums[i % LANES] += value;
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}
