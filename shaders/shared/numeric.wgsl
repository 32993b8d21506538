// Below every logit, and finite.
const LOWEST: f32 = -3.0e38;

// LeakyReLU.
fn leaky(s: vec4<f32>, slope: f32) -> vec4<f32> {
    return select(s * slope, s, s >= vec4<f32>(0.0));
}
