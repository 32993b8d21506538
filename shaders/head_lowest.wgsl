// head_lowest: y[i] = the index of the lowest of x[i, 0 .. K), ties to the lowest index; K - 1 where one is NaN.
// Why here:  the winner of each sentence without a tensor operation a comparison.
// Dispatch:  one invocation per sentence, folded into (65535, rows, 1) workgroups.
// Reads:     x [n, K] f32; info [2] u32 = n, K.   Writes: every cell of y [n] i32.
// Twin:      crates/kernels/src/reference/head_lowest.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> y: array<i32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let i = (group.y * 65535u + group.x) * 256u + lane;
    if (i < info[0]) {
        let n = info[1];
        var lowest = x[i * n];
        var best = 0u;
        var has_nan = false;
        for (var k = 0u; k < n; k++) {
            let value = x[i * n + k];
            // By its bits: compilers may assume that no comparison meets NaN.
            has_nan = has_nan || (bitcast<u32>(value) & 0x7fffffffu) > 0x7f800000u;
            if (value < lowest) {
                lowest = value;
                best = k;
            }
        }
        y[i] = i32(select(best, n - 1u, has_nan));
    }
}
