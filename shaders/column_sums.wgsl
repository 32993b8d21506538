// column_sums: y[p, c] = scale * sum_i x[i, c] over the rows i of part p.
// Why here:  one invocation owns a sum, so its order and its bits never vary: the mean of E in two launches, the gradient of
//            a latent from those of its sentence's states in one.
// Dispatch:  one invocation per sum, folded into (65535, rows, 1) workgroups.
// Reads:     x [R, D] f32; info [5] u32 = parts D, D, rows a part, R, bits of scale.   Writes: every cell of y [parts, D].
// Twin:      crates/kernels/src/reference/column_sums.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let width = info[1];
        let start = i / width * info[2];
        let end = min(start + info[2], info[3]);
        var sum = 0.0;
        for (var row = start; row < end; row++) {
            sum += x[row * width + i % width];
        }
        y[i] = sum * bitcast<f32>(info[4]);
    }
}
