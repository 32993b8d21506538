// segment_sums: y[v] = sum_i x[i] over the rows i whose number is v, in their order; 0 where there is none.
// Why here:  the gradient of an embedding: rows of equal tokens add up, without atomics and in one order.
// Dispatch:  one workgroup per number v, folded into (65535, rows, 1) workgroups.
// Reads:     x [n, D] f32; order, sorted [n] i32 from rank; info [3] u32 = numbers, D, n.
// Writes:    every cell of y [numbers, D].
// Twin:      crates/kernels/src/reference/segment_sums.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> order: array<i32>;
@group(0) @binding(3) var<storage, read_write> sorted: array<i32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let number = group.y * 65535u + group.x;
    // Groups past the last number came from the folding.
    if (number < info[0]) {
        let width = info[1];
        let n = info[2];
        var start = 0u;
        var end = n;
        while (start < end) {
            let middle = (start + end) / 2u;
            if (sorted[middle] < i32(number)) {
                start = middle + 1u;
            } else {
                end = middle;
            }
        }
        for (var column = lane; column < width; column += 64u) {
            var sum = 0.0;
            for (var p = start; p < n && sorted[p] == i32(number); p++) {
                sum += x[u32(order[p]) * width + column];
            }
            y[number * width + column] = sum;
        }
    }
}
