// What the stages that score share: all but the sizes and the products of a tile (see logit_tile). A stage also declares
//   merge and set_merge, 4 LANES vectors of f32 of the workgroup that may lie where the tiles lie.
// #import numeric
// #import logit_tile

@group(0) @binding(0) var<storage, read_write> states: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> latents: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> embedding: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;
@group(0) @binding(4) var<storage, read_write> info: array<u32>;

var<workgroup> shape: vec4<u32>;
var<workgroup> plan: vec4<u32>;
var<workgroup> slope_bits: u32;
// Where what this lane loads lies.
var<private> state_place: array<u32, ROWS / LOADED>;
var<private> latent_place: array<u32, ROWS / LOADED>;
var<private> slope: f32;

fn x_at(i: u32, column: u32) -> vec4<f32> {
    return leaky(states[state_place[i] + column] + latents[latent_place[i] + column], slope);
}

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
    slope = bitcast<f32>(workgroupUniformLoad(&slope_bits));
    let n_rows = sizes.x;
    let d4 = vocabulary.x;
    let n_splits = vocabulary.w;
    let index = group.y * 65535u + group.x;
    // Groups past the last row came from the folding; they write nothing.
    let first_row = index / n_splits * ROWS;
    let split = index % n_splits;
    let start = split * vocabulary.z;
    let end = min(start + vocabulary.z, vocabulary.y);
    for (var i = 0u; i < ROWS / LOADED; i++) {
        let row = min(first_row + loaded_row(lane, i), n_rows - 1u) + sizes.y;
        let latent = row / sizes.w;
        state_place[i] = (latent / sizes.z * sizes.w + row % sizes.w) * d4 + lane % PARTS;
        latent_place[i] = latent * d4 + lane % PARTS;
    }

    // Of both runs of rows.
    var highest = array<vec4<f32>, 2>(vec4<f32>(LOWEST), vec4<f32>(LOWEST));
    var total = array<vec4<f32>, 2>(vec4<f32>(0.0), vec4<f32>(0.0));
    for (var first = start; first < end; first += TOKENS) {
        var logits: array<vec4<f32>, LOGITS>;
        make_logits(&logits, lane, d4, first, end);
        for (var run = 0u; run < 2u; run++) {
            var m = highest[run];
            for (var i = 0u; i < 4u * TOKEN_RUNS; i++) {
                m = max(m, select(vec4<f32>(LOWEST), logits[2u * i + run], first + token_of(lane, i) < end));
            }
            var sum = total[run] * exp(highest[run] - m);
            for (var i = 0u; i < 4u * TOKEN_RUNS; i++) {
                sum += select(vec4<f32>(0.0), exp(logits[2u * i + run] - m), first + token_of(lane, i) < end);
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
