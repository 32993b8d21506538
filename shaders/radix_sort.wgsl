// radix_sort: sorts rows by number, equal ones in their order: the p-th is row order[p], and those of number v are the
//   starts[v]-th to the one before the starts[v + 1]-th. Numbers below 0 or past the last count as one more number.
// Why here:  the order of a segment's rows decides the bits of its sum, so it may not depend on atomics. Passes over three bits
//            a time touch each row a few times, where comparing all pairs of rows was n^2; within one workgroup they need
//            one launch, and n is a batch's tokens.
// Dispatch:  one workgroup.
// Reads:     ids [n] i32; info [2] u32 = n, numbers.
// Writes:    every cell of starts [numbers + 1] u32, and of pairs [2, n, 2] u32 = number and row, twice as large as the
//            result, since each pass reads one half and writes the other. The result is in the half 1 after an odd number of
//            passes, ceil(bits of numbers / 3), else in the half 0.
// Twin:      crates/kernels/src/reference/radix_sort.rs           Tolerance: exact.

@group(0) @binding(0) var<storage, read_write> starts: array<u32>;
@group(0) @binding(1) var<storage, read_write> pairs: array<vec2<u32>>;
@group(0) @binding(2) var<storage, read_write> ids: array<i32>;
@group(0) @binding(3) var<storage, read_write> info: array<u32>;

const LANES: u32 = 256u;
const BITS: u32 = 3u;
const DIGITS: u32 = 8u;

var<workgroup> sizes: vec2<u32>;
var<workgroup> places: array<u32, 2048>; // [digit][lane]
var<workgroup> lane_sums: array<u32, 256>;

@compute @workgroup_size(256, 1, 1)
fn main(@builtin(local_invocation_index) lane: u32) {
    if (lane == 0u) {
        sizes = vec2<u32>(info[0], info[1]);
    }
    // Equal in all lanes, so that the barriers below stand in uniform control flow.
    let n = workgroupUniformLoad(&sizes).x;
    let numbers = workgroupUniformLoad(&sizes).y;
    // The rows of this lane, in each pass.
    let share = (n + LANES - 1u) / LANES;
    let first = min(lane * share, n);
    let end = min(first + share, n);
    for (var p = first; p < end; p++) {
        // Below 0 is far above as u32.
        pairs[p] = vec2<u32>(min(bitcast<u32>(ids[p]), numbers), p);
    }
    var source = 0u;
    for (var shift = 0u; shift < 32u && (numbers >> shift) > 0u; shift += BITS) {
        for (var digit = 0u; digit < DIGITS; digit++) {
            places[digit * LANES + lane] = 0u;
        }
        for (var p = first; p < end; p++) {
            places[(pairs[source + p].x >> shift) % DIGITS * LANES + lane]++;
        }
        workgroupBarrier();
        // Counts become places: a lane adds up eight neighbours, and the lanes their sums.
        var sum = 0u;
        for (var i = 0u; i < DIGITS; i++) {
            sum += places[lane * DIGITS + i];
        }
        lane_sums[lane] = sum;
        workgroupBarrier();
        for (var distance = 1u; distance < LANES; distance *= 2u) {
            var left = 0u;
            if (lane >= distance) {
                left = lane_sums[lane - distance];
            }
            workgroupBarrier();
            lane_sums[lane] += left;
            workgroupBarrier();
        }
        var place = lane_sums[lane] - sum;
        for (var i = 0u; i < DIGITS; i++) {
            let count = places[lane * DIGITS + i];
            places[lane * DIGITS + i] = place;
            place += count;
        }
        workgroupBarrier();
        for (var p = first; p < end; p++) {
            let pair = pairs[source + p];
            let cell = (pair.x >> shift) % DIGITS * LANES + lane;
            pairs[n - source + places[cell]] = pair;
            places[cell]++;
        }
        storageBarrier();
        source = n - source;
    }
    // Whoever has the first row of a number writes its start, and that of the numbers without rows before it.
    for (var p = first; p < end; p++) {
        var number = 0u;
        if (p > 0u) {
            number = pairs[source + p - 1u].x + 1u;
        }
        for (; number <= pairs[source + p].x; number++) {
            starts[number] = p;
        }
    }
    if (lane == 0u) {
        for (var number = pairs[source + n - 1u].x + 1u; number <= numbers; number++) {
            starts[number] = n;
        }
    }
}
