// affine: y[r, n] = bias[n] + Σ_k x[r, k] W[k, n] over a block of W, for few rows.
// Why here:  a plain product is tiled for many rows; of the few that decoding has it makes single, nearly empty tiles, which
//            leave a GPU idle, and browsers have no autotuning that would find another way.
// Dispatch:  one workgroup per 32 columns and 8 rows, folded into (65535, rows, 1) workgroups.
// Reads:     x [R, K] f32; weight f32, its block's element (k, n) at info[3] + k info[4] + n info[5]; bias f32 from info[6]
//            on, if info[7]; info [8] u32 = R, K, N, first element, strides of k and n, first bias, whether there is one.
// Writes:    every cell of y [R, N].
// Twin:      crates/kernels/src/reference/affine.rs         Tolerance: 1e-5 √K absolute (contracted products).
// #import affine_products

// Parts of a sum, so that more of the weights are on their way at once.
const SLICES: u32 = 4u;
const LANES: u32 = COLUMNS * SLICES;

var<workgroup> sums: array<Products, LANES>;

@compute @workgroup_size(LANES, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n_outputs = info[2];
    let place = row_and_column(group, lane);
    let first_row = place.x;
    let n = place.y;
    let slice = lane / COLUMNS;
    let n_inputs = info[1];
    let length = (n_inputs + SLICES - 1u) / SLICES;
    let start = min(slice * length, n_inputs);
    sums[lane] = products(first_row, min(n, n_outputs - 1u), start, min(start + length, n_inputs));
    workgroupBarrier();

    if (n >= n_outputs) {
        return;
    }
    // Each slice ends two of the rows.
    for (var i = 2u * slice; i < 2u * slice + 2u; i++) {
        if (first_row + i < info[0]) {
            var sum = bias_of(n);
            for (var part = lane % COLUMNS; part < LANES; part += COLUMNS) {
                sum += select(sums[part].low[i % 4u], sums[part].high[i % 4u], i >= 4u);
            }
            y[(first_row + i) * n_outputs + n] = sum;
        }
    }
}
