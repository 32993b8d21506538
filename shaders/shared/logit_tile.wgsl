// Tiles of logits in the registers of a workgroup's lanes: what the stages that make logits share. A stage declares
//   ROW_GROUPS and TOKEN_GROUPS, the lanes along each side of a tile, and LANES, their product;
//   TOKEN_RUNS, the runs of four tokens of a lane, which has two runs of four rows;
//   STEP, the columns of x and E at a time, and Part, the type of their values;
//   embedding, E [V, D] in vectors of four, and x_at, four columns of x of the i-th row that a lane loads;
//   add_products, which adds those of a tile to logits [token of a lane][run of rows].

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

var<workgroup> x_tile: array<vec4<Part>, STEP * X_STRIDE>; // [column][row / 4]
var<workgroup> e_tile: array<vec4<Part>, STEP * E_STRIDE>; // [column][token / 4]

// The row, of those of the tile, that lane `lane` loads as its i-th; it loads the columns of vector lane % PARTS.
fn loaded_row(lane: u32, i: u32) -> u32 {
    return lane / PARTS + i * LOADED;
}

// The first of a lane's rows in run `run`, and its i-th token, of those of the tile.
fn first_row_of(lane: u32, run: u32) -> u32 {
    return run * (ROWS / 2u) + lane / TOKEN_GROUPS * 4u;
}

fn token_of(lane: u32, i: u32) -> u32 {
    return (i / 4u * TOKEN_GROUPS + lane % TOKEN_GROUPS) * 4u + i % 4u;
}

// Makes the logits of the tile's rows and of the tokens from `first` on, before `end`. All lanes call it together; their
// tiles are free when it returns.
fn make_logits(logits: ptr<function, array<vec4<f32>, LOGITS>>, lane: u32, d4: u32, first: u32, end: u32) {
    let part = lane % PARTS;
    for (var i = 0u; i < LOGITS; i++) {
        (*logits)[i] = vec4<f32>(0.0);
    }
    for (var column = 0u; column < d4; column += PARTS) {
        let is_column = column + part < d4;
        for (var i = 0u; i < ROWS / LOADED; i++) {
            var x = vec4<f32>(0.0);
            if (is_column) {
                x = x_at(i, column);
            }
            let parts = vec4<Part>(x);
            let row = loaded_row(lane, i);
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
        add_products(logits, lane / TOKEN_GROUPS, lane % TOKEN_GROUPS);
        workgroupBarrier();
    }
}
