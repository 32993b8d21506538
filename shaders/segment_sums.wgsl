// segment_sums: y[v] = sum_i x[i] over the rows i whose number is v, in their order; 0 where there is none.
// Why here:  the gradient of an embedding: rows of equal tokens add up, without atomics and in one order.
// Dispatch:  one workgroup per eight numbers, folded into (65535, rows, 1) workgroups.
// Reads:     x [n, D] f32 in vectors of four; starts, pairs from radix_sort; info [3] u32 = numbers, D / 4, first of the
//            pairs to read.
// Writes:    every cell of y [numbers, D].
// Twin:      crates/kernels/src/reference/segment_sums.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> x: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> starts: array<u32>;
@group(0) @binding(3) var<storage, read_write> pairs: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const LANES: u32 = 64u;
const NUMBERS: u32 = 8u;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let d4 = info[1];
    let first = info[2];
    // Groups past the last number came from the folding.
    let number = min((group.y * 65535u + group.x) * NUMBERS, info[0]);
    let end_number = min(number + NUMBERS, info[0]);
    var start = starts[number];
    for (var v = number; v < end_number; v++) {
        let end = starts[v + 1u];
        for (var column = lane; column < d4; column += LANES) {
            var sum = vec4<f32>(0.0);
            for (var p = start; p < end; p++) {
                sum += x[pairs[first + p].y * d4 + column];
            }
            y[v * d4 + column] = sum;
        }
        start = end;
    }
}
