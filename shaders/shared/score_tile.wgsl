// What the stages that score share: all but the sizes and the products of a tile. A stage declares
//   ROW_GROUPS and TOKEN_GROUPS, the lanes along each side of a tile, and LANES, their product;
//   TOKEN_RUNS, the runs of four tokens of a lane, which has two runs of four rows;
//   STEP, the columns of x and E at a time, and Part, the type of their values;
//   add_products, which adds those of a tile to logits [token of a lane][run of rows];
//   merge and set_merge, 4 LANES vectors of f32 of the workgroup that may lie where the tiles lie.
// #import numeric

@group(0) @binding(0) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

const ROWS: u32 = 8u * ROW_GROUPS;
const TOKENS: u32 = 4u * TOKEN_RUNS * TOKEN_GROUPS;
// Logits of a lane, in vectors of four rows.
const LOGITS: u32 = 8u * TOKEN_RUNS;
// Vectors of four columns at a time, and rows that the lanes load at a time.
const PARTS: u32 = STEP / 4u;
const LOADED: u32 = LANES / PARTS;
// The distances of two columns in vectors of four, which spread them over the banks.
const X_STRIDE: u32 = ROWS / 4u + 1u;
const E_STRIDE: u32 = TOKENS / 4u + 1u;

var<workgroup> shape: vec4<u32>;
var<workgroup> plan: vec4<u32>;
var<workgroup> slope_bits: u32;
var<workgroup> x_tile: array<vec4<Part>, STEP * X_STRIDE>; // [column][row / 4]
var<workgroup> e_tile: array<vec4<Part>, STEP * E_STRIDE>; // [column][token / 4]

@compute @workgroup_size(LANES, 1, 1)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        shape = vec4<u32>(info[0] - info[1], info[1], info[2], info[3]);
        plan = vec4<u32>(info[4], info[5], info[6], info[7]);
        slope_bits = info[8];
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let sizes = workgroupUniformLoad(&shape);
    let vocabulary = workgroupUniformLoad(&plan);
    let slope = bitcast<f32>(workgroupUniformLoad(&slope_bits));
    let n_rows = sizes.x;
    let d4 = vocabulary.x;
    let n_splits = vocabulary.w;
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they write nothing.
    let first_row = index / n_splits * ROWS;
    let split = index % n_splits;
    let start = split * vocabulary.z;
    let end = min(start + vocabulary.z, vocabulary.y);

    // What this lane loads of x: four columns of some rows.
    let part = lane % PARTS;
    var state_place: array<u32, ROWS / LOADED>;
    var latent_place: array<u32, ROWS / LOADED>;
    for (var i = 0u; i < ROWS / LOADED; i++) {
        let row = min(first_row + lane / PARTS + i * LOADED, n_rows - 1u) + sizes.y;
        let latent = row / sizes.w;
        state_place[i] = (latent / sizes.z * sizes.w + row % sizes.w) * d4 + part;
        latent_place[i] = latent * d4 + part;
    }
    let row_group = lane / TOKEN_GROUPS;
    let token_group = lane % TOKEN_GROUPS;

    // Of the rows 4 row_group .. and ROWS / 2 + 4 row_group ..
    var highest = array<vec4<f32>, 2>(vec4<f32>(LOWEST), vec4<f32>(LOWEST));
    var total = array<vec4<f32>, 2>(vec4<f32>(0.0), vec4<f32>(0.0));
    for (var first = start; first < end; first += TOKENS) {
        var logits: array<vec4<f32>, LOGITS>;
        for (var i = 0u; i < LOGITS; i++) {
            logits[i] = vec4<f32>(0.0);
        }
        for (var column = 0u; column < d4; column += PARTS) {
            let is_column = column + part < d4;
            for (var i = 0u; i < ROWS / LOADED; i++) {
                var x = vec4<f32>(0.0);
                if (is_column) {
                    x = leaky(states[state_place[i] + column] + latents[latent_place[i] + column], slope);
                }
                let parts = vec4<Part>(x);
                let row = lane / PARTS + i * LOADED;
                let place = part * 4u * X_STRIDE + row / 4u;
                x_tile[place][row % 4u] = parts.x;
                x_tile[place + X_STRIDE][row % 4u] = parts.y;
                x_tile[place + 2u * X_STRIDE][row % 4u] = parts.z;
                x_tile[place + 3u * X_STRIDE][row % 4u] = parts.w;
            }
            for (var token = lane / PARTS; token < TOKENS; token += LOADED) {
                var e = vec4<f32>(0.0);
                if (is_column && first + token < end) {
                    e = embedding[(first + token) * d4 + column + part];
                }
                let parts = vec4<Part>(e);
                let place = part * 4u * E_STRIDE + token / 4u;
                e_tile[place][token % 4u] = parts.x;
                e_tile[place + E_STRIDE][token % 4u] = parts.y;
                e_tile[place + 2u * E_STRIDE][token % 4u] = parts.z;
                e_tile[place + 3u * E_STRIDE][token % 4u] = parts.w;
            }
            workgroupBarrier();
            add_products(&logits, row_group, token_group);
            workgroupBarrier();
        }
        for (var run = 0u; run < 2u; run++) {
            var m = highest[run];
            for (var i = 0u; i < 4u * TOKEN_RUNS; i++) {
                let token = first + (i / 4u * TOKEN_GROUPS + token_group) * 4u + i % 4u;
                m = max(m, select(vec4<f32>(LOWEST), logits[2u * i + run], token < end));
            }
            var sum = total[run] * exp(highest[run] - m);
            for (var i = 0u; i < 4u * TOKEN_RUNS; i++) {
                let token = first + (i / 4u * TOKEN_GROUPS + token_group) * 4u + i % 4u;
                sum += select(vec4<f32>(0.0), exp(logits[2u * i + run] - m), token < end);
            }
            highest[run] = m;
            total[run] = sum;
        }
    }

    // The lanes of a row are merged in a fixed order.
    set_merge(lane * 4u, highest[0]);
    set_merge(lane * 4u + 1u, highest[1]);
    set_merge(lane * 4u + 2u, total[0]);
    set_merge(lane * 4u + 3u, total[1]);
    workgroupBarrier();
    if (lane < ROWS && first_row + lane < n_rows) {
        let run = lane / (ROWS / 2u);
        let first_place = lane % (ROWS / 2u) / 4u * TOKEN_GROUPS * 4u + run;
        var m = LOWEST;
        for (var i = 0u; i < TOKEN_GROUPS; i++) {
            m = max(m, merge(first_place + 4u * i)[lane % 4u]);
        }
        var sum = 0.0;
        for (var i = 0u; i < TOKEN_GROUPS; i++) {
            let place = first_place + 4u * i;
            sum += merge(place + 2u)[lane % 4u] * exp(merge(place)[lane % 4u] - m);
        }
        let place = ((first_row + lane) * n_splits + split) * 2u;
        partials[place] = m;
        partials[place + 1u] = sum;
    }
}
