// attend: out[r] = softmax(q[r] kᵀ / √d_head) v over the cells of a memory that row r names, for each head.
// Why here:  the tensor ops would copy the keys and values of every row before each step; here none is moved.
// Dispatch:  one workgroup per row and head, folded into (65535, rows, 1) workgroups.
// Reads:     q [R, D] f32; memory [C, 2 D] f32 = key, value; cells [R, L] i32; lengths [R] i32 = cells in use, at least 1;
//            info [4] u32 = R, heads, D, L.   Writes: every cell of out [R, D].
// Twin:      crates/kernels/src/reference/attend.rs         Tolerance: 1e-5 absolute (the sums' order).
// #import numeric

@group(0) @binding(0) var<storage, read_write> query: array<f32>;
@group(0) @binding(1) var<storage, read_write> memory: array<f32>;
@group(0) @binding(2) var<storage, read_write> cells: array<i32>;
@group(0) @binding(3) var<storage, read_write> lengths: array<i32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> info: array<u32>;


var<workgroup> shape: vec4<u32>;
var<workgroup> tile_cell: array<u32, 64>;
var<workgroup> tile_score: array<f32, 64>;

@compute @workgroup_size(64, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let index = group.y * 65535u + group.x;
    let heads = info[1];
    let row = min(index / heads, info[0] - 1u);
    if (lane == 0u) {
        shape = vec4<u32>(u32(lengths[row]), info[2], heads, info[3]);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let uniform_shape = workgroupUniformLoad(&shape);
    let length = uniform_shape.x;
    let d_model = uniform_shape.y;
    let d_head = d_model / uniform_shape.z;
    let first = (index % uniform_shape.z) * d_head;
    let scale = 1.0 / sqrt(f32(d_head));

    var highest = LOWEST;
    var total = 0.0;
    for (var start = 0u; start < length; start += 64u) {
        var score = LOWEST;
        var cell = 0u;
        if (start + lane < length) {
            cell = u32(cells[row * uniform_shape.w + start + lane]);
            var product = 0.0;
            for (var i = 0u; i < d_head; i++) {
                product += query[row * d_model + first + i] * memory[cell * 2u * d_model + first + i];
            }
            score = product * scale;
        }
        tile_cell[lane] = cell;
        tile_score[lane] = score;
        workgroupBarrier();
        let n = min(64u, length - start);
        var tile_highest = highest;
        for (var t = 0u; t < n; t++) {
            tile_highest = max(tile_highest, tile_score[t]);
        }
        let shrink = exp(highest - tile_highest);
        total *= shrink;
        for (var t = 0u; t < n; t++) {
            total += exp(tile_score[t] - tile_highest);
        }
        // A lane owns its columns of `out`, so it may sum there; groups past the last row came from the folding.
        for (var column = lane; column < d_head && index < info[0] * heads; column += 64u) {
            let place = row * d_model + first + column;
            var sum = select(out[place] * shrink, 0.0, start == 0u);
            for (var t = 0u; t < n; t++) {
                let value = tile_cell[t] * 2u * d_model + d_model + first + column;
                sum += exp(tile_score[t] - tile_highest) * memory[value];
            }
            out[place] = sum / select(1.0, total, start + 64u >= length);
        }
        highest = tile_highest;
        workgroupBarrier();
    }
}
