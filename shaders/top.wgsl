// top: of each row the log-partition, one value asked for, and its n highest values with their columns.
// Why here:  rows of logits stay on the device; a search needs a dozen of them.
// Dispatch:  one workgroup per row, folded into (65535, rows, 1) workgroups.
// Reads:     x [R, V] f32; info [4] u32 = R, V, n, the column asked for.
// Writes:    every cell of out [R, 2 + 2 n]: log Σ exp x, the value asked for, the n highest values from the highest on,
//            ties to the lower column, and their columns as numbers; -3e38 and column 0 where there are fewer than n.
// Twin:      crates/kernels/src/reference/top.rs         Tolerance: exact; 1e-5 absolute for the log-partition.
// #import numeric

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> info: array<u32>;

const LANES: u32 = 256u;

var<workgroup> shape: vec4<u32>;
var<workgroup> lane_value: array<f32, 256>;
var<workgroup> lane_column: array<u32, 256>;

// Whether (value, column) comes before the other.
fn is_before(value: f32, column: u32, other_value: f32, other_column: u32) -> bool {
    return value > other_value || (value == other_value && column < other_column);
}

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        shape = vec4<u32>(info[0], info[1], info[2], info[3]);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let sizes = workgroupUniformLoad(&shape);
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they repeat the last one and write nothing.
    let row = min(index, sizes.x - 1u);
    let writes = lane == 0u && index < sizes.x;
    let start = row * sizes.y;
    let place = row * (2u + 2u * sizes.z);

    var highest = LOWEST;
    var last_value = 3.0e38;
    var last_column = 0u;
    for (var rank = 0u; rank < sizes.z; rank++) {
        // The first of those that come after the last one found.
        var value = LOWEST;
        var column = 0u;
        for (var i = lane; i < sizes.y; i += LANES) {
            let candidate = x[start + i];
            if ((rank == 0u || is_before(last_value, last_column, candidate, i)) && candidate > value) {
                value = candidate;
                column = i;
            }
        }
        lane_value[lane] = value;
        lane_column[lane] = column;
        workgroupBarrier();
        for (var half = LANES / 2u; half > 0u; half /= 2u) {
            if (lane < half) {
                let other = lane + half;
                if (is_before(lane_value[other], lane_column[other], lane_value[lane], lane_column[lane])) {
                    lane_value[lane] = lane_value[other];
                    lane_column[lane] = lane_column[other];
                }
            }
            workgroupBarrier();
        }
        last_value = lane_value[0];
        last_column = select(0u, lane_column[0], last_value > LOWEST);
        highest = max(highest, last_value);
        if (writes) {
            out[place + 2u + rank] = last_value;
            out[place + 2u + sizes.z + rank] = f32(last_column);
        }
        workgroupBarrier();
    }

    var sum = 0.0;
    for (var i = lane; i < sizes.y; i += LANES) {
        sum += exp(x[start + i] - highest);
    }
    lane_value[lane] = sum;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if (lane < half) {
            lane_value[lane] += lane_value[lane + half];
        }
        workgroupBarrier();
    }
    if (writes) {
        out[place] = highest + log(lane_value[0]);
        out[place + 1u] = x[start + sizes.w];
    }
}
