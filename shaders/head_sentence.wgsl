// head_sentence: y[i] = sum of x[i, 0 .. T): a sentence's NLL under a latent from its tokens', in their order.
// Why here:  one invocation owns a sum, so its order and its bits never vary.
// Dispatch:  one invocation per sum, folded into (65535, rows, 1) workgroups.
// Reads:     x f32, from element `skip` on [n, T]; info [3] u32 = n, T, skip.   Writes: every cell of y [n] f32.
// Twin:      crates/kernels/src/reference/head_sentence.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let length = info[1];
        var sum = 0.0;
        for (var t = 0u; t < length; t++) {
            sum += x[info[2] + i * length + t];
        }
        y[i] = sum;
    }
}
