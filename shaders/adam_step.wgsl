// adam_step: one update of Adam with decoupled weight decay, in place.
//   g = gradient * gradient_scale;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//   p = p - learning_rate * weight_decay * p;  p = p - step_size * m / (sqrt(v) + epsilon)
// Why here:  one pass over four arrays instead of a dozen tensor operations per parameter.
// Dispatch:  one invocation per element, folded into (65535, rows, 1) workgroups.
// Reads:     gradient [n] f32; info [7] u32 = n, then f32 bits of gradient_scale, b1, b2, decay, step_size, epsilon.
// Writes:    parameter, first_moment, second_moment [n] f32, in place.
// Twin:      crates/kernels/src/reference/adam_step.rs         Tolerance: relative 1e-6.

@group(0) @binding(0) var<storage, read_write> parameter: array<f32>;
@group(0) @binding(1) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> first_moment: array<f32>;
@group(0) @binding(3) var<storage, read_write> second_moment: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let b1 = bitcast<f32>(info[2]);
        let b2 = bitcast<f32>(info[3]);
        let g = gradient[i] * bitcast<f32>(info[1]);
        let m = b1 * first_moment[i] + (1.0 - b1) * g;
        let v = b2 * second_moment[i] + (1.0 - b2) * g * g;
        first_moment[i] = m;
        second_moment[i] = v;
        let decayed = parameter[i] * bitcast<f32>(info[4]);
        parameter[i] = decayed - bitcast<f32>(info[5]) * m / (sqrt(v) + bitcast<f32>(info[6]));
    }
}
