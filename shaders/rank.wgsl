// rank: sorts numbers, keeping the order of equal ones: order[p] = i and sorted[p] = ids[i], p = the numbers before i, which
//   are lower, or equal and to the left.
// Why here:  the order of a segment's rows decides the bits of its sum, so no atomics; n is a batch's tokens, and n^2
//            comparisons of integers are cheap beside one product with the vocabulary.
// Dispatch:  one invocation per number, folded into (65535, rows, 1) workgroups.
// Reads:     ids [n] i32; info [1] u32 = n.   Writes: every cell of order, sorted [n] i32.
// Twin:      crates/kernels/src/reference/rank.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> order: array<i32>;
@group(0) @binding(1) var<storage, read_write> sorted: array<i32>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> info: array<u32>;

const LANES: u32 = 256u;

var<workgroup> n_ids: u32;
var<workgroup> tile: array<i32, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        n_ids = info[0];
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let n = workgroupUniformLoad(&n_ids);
    let i = (group.y * 65535u + group.x) * LANES + lane;
    let id = ids[min(i, n - 1u)];
    var before = 0u;
    for (var start = 0u; start < n; start += LANES) {
        tile[lane] = ids[min(start + lane, n - 1u)];
        workgroupBarrier();
        let end = min(LANES, n - start);
        for (var j = 0u; j < end; j++) {
            let is_left = tile[j] == id && start + j < i;
            before += select(0u, 1u, tile[j] < id || is_left);
        }
        workgroupBarrier();
    }
    if (i < n) {
        order[before] = i32(i);
        sorted[before] = id;
    }
}
