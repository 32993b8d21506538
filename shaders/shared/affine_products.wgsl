// What the stages of affine maps share: the tensors, and the products of a column with eight rows.

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const ROWS: u32 = 8u;
const COLUMNS: u32 = 32u;

// The first row and the column of a lane. Groups past the last row came from the folding.
fn row_and_column(group: vec3<u32>, lane: u32) -> vec2<u32> {
    let n_groups = (info[2] + COLUMNS - 1u) / COLUMNS;
    let index = group.y * 65535u + group.x;
    return vec2<u32>(index / n_groups * ROWS, index % n_groups * COLUMNS + lane % COLUMNS);
}

// Of four rows each.
struct Products {
    low: vec4<f32>,
    high: vec4<f32>,
}

// Σ_k x[r, k] W[k, n] over k from start up to end, for the rows r from first_row on. Rows beyond the last one repeat it.
fn products(first_row: u32, n: u32, start: u32, end: u32) -> Products {
    let n_inputs = info[1];
    let stride = info[4];
    let last = info[0] - 1u;
    let low = min(vec4<u32>(first_row) + vec4<u32>(0u, 1u, 2u, 3u), vec4<u32>(last)) * n_inputs;
    let high = min(vec4<u32>(first_row) + vec4<u32>(4u, 5u, 6u, 7u), vec4<u32>(last)) * n_inputs;
    var place = info[3] + start * stride + n * info[5];
    var sums = Products();
    if (first_row + 4u > last) {
        // Half of the rows are not there.
        for (var k = start; k < end; k++) {
            sums.low += weight[place] * vec4<f32>(x[low.x + k], x[low.y + k], x[low.z + k], x[low.w + k]);
            place += stride;
        }
        return sums;
    }
    for (var k = start; k < end; k++) {
        let w = weight[place];
        sums.low += w * vec4<f32>(x[low.x + k], x[low.y + k], x[low.z + k], x[low.w + k]);
        sums.high += w * vec4<f32>(x[high.x + k], x[high.y + k], x[high.z + k], x[high.w + k]);
        place += stride;
    }
    return sums;
}

// What a column's sums start from.
fn bias_of(n: u32) -> f32 {
    if (info[7] == 0u) {
        return 0.0;
    }
    return bias[info[6] + n];
}
