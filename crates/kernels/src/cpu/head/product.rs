//! Products of tiles whose sums stay in registers: the shape of every matrix product of the output layer.
//!
//! The left factor lies in panels, lines of [`PANEL`] values side by side; the right one is read a few scalars a step,
//! each spread over a vector. A sum goes over k in order whatever the vector's width, so with fused multiply-add its bits
//! are the same on every SIMD level that has it.

use pulp::Simd;

/// Values in a line of a panel: two AVX-512 vectors, and a multiple of every shorter pair.
pub(super) const PANEL: usize = 32;

/// One step of a panel. A vector that lies across two cache lines takes twice as long to load.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Line(pub(super) [f32; PANEL]);

impl Line {
    pub(super) const ZERO: Self = Self([0.0; PANEL]);
}

/// Columns that fill the registers of AVX-512 with sums: 2 · 12 of 32.
pub(super) const WIDE: usize = 12;

/// Lines of zeros.
pub(super) fn lines(n: usize) -> Vec<Line> {
    vec![Line::ZERO; n]
}

/// Σ a[k][i] · b(k, n) over the k of all `parts`, which are pairs (a, b), as `tile[n][i]`.
///
/// `b` is asked for one scalar at a time: an array of them would be spread over vectors at once, more than there are.
#[inline(always)]
pub(super) fn product<'a, S: Simd, const N: usize, B: Fn(usize, usize) -> f32>(
    simd: S,
    parts: impl Iterator<Item = (&'a [Line], B)> + Clone,
) -> [Line; N] {
    let mut tile = [Line::ZERO; N];
    // Twelve sums, a vector and a scalar are what sixteen registers hold.
    if S::REGISTER_COUNT >= 32 {
        columns::<S, N, 2, B>(simd, parts, &mut tile);
    } else {
        columns::<S, N, 1, B>(simd, parts, &mut tile);
    }
    tile
}

/// Runs `$body` for each column below `$N`, its number a constant `$n`. A loop that the compiler leaves rolled would
/// keep the sums in memory, at a tenth of the speed, and whether it does depends on the profile.
macro_rules! each_column {
    ($N:ident, |$n:ident| $body:block) => {
        each_column!(@ $N, $n, $body, 0 1 2 3 4 5 6 7 8 9 10 11)
    };
    (@ $N:ident, $n:ident, $body:block, $($i:literal)*) => {
        $(if $i < $N {
            const $n: usize = $i;
            $body
        })*
    };
}

/// [`product`], `M` vectors of a line at a time, 1 or 2.
#[inline(always)]
fn columns<'a, S: Simd, const N: usize, const M: usize, B: Fn(usize, usize) -> f32>(
    simd: S,
    parts: impl Iterator<Item = (&'a [Line], B)> + Clone,
    tile: &mut [Line; N],
) {
    let width = M * S::F32_LANES;
    for first in (0..PANEL).step_by(width) {
        let zero = simd.splat_f32s(0.0);
        let (mut sums, mut second_sums) = ([zero; WIDE], [zero; WIDE]);
        for (a, b) in parts.clone() {
            for (k, line) in a.iter().enumerate() {
                let (vectors, _) = S::as_simd_f32s(&line.0[first..first + width]);
                let (vector, second) = (vectors[0], vectors[M - 1]);
                each_column!(N, |COLUMN| {
                    let scalar = simd.splat_f32s(b(k, COLUMN));
                    sums[COLUMN] = simd.mul_add_e_f32s(vector, scalar, sums[COLUMN]);
                    if M > 1 {
                        second_sums[COLUMN] = simd.mul_add_e_f32s(second, scalar, second_sums[COLUMN]);
                    }
                });
            }
        }
        each_column!(N, |COLUMN| {
            let (vectors, _) = S::as_mut_simd_f32s(&mut tile[COLUMN].0[first..first + width]);
            vectors[0] = sums[COLUMN];
            if M > 1 {
                vectors[1] = second_sums[COLUMN];
            }
        });
    }
}

/// e^x for x up to 88, within 3e-7 of it; e^−87 below −87. Half the instructions of [`crate::reference::exp`].
#[inline(always)]
pub(super) fn exp<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // As there, e^x = 2^n · e^r; with fused multiply-add one constant for ln 2 is exact enough.
    let round = simd.splat_f32s(12_582_912.0);
    let x = simd.max_f32s(simd.splat_f32s(-87.0), x);
    let rounded = simd.mul_add_e_f32s(x, simd.splat_f32s(std::f32::consts::LOG2_E), round);
    let n = simd.sub_f32s(rounded, round);
    let r = simd.mul_add_e_f32s(n, simd.splat_f32s(-std::f32::consts::LN_2), x);
    let mut p = simd.splat_f32s(1.0 / 720.0);
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        p = simd.mul_add_e_f32s(p, r, simd.splat_f32s(coefficient));
    }
    let bits = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(rounded), simd.splat_u32s(23));
    // Adding n to the exponent of p, which lies between 0.7 and 1.5; NaN keeps its payload and stays NaN.
    let scaled = simd.add_u32s(simd.transmute_u32s_f32s(simd.splat_f32s(1.0)), bits);
    simd.mul_f32s(p, simd.transmute_f32s_u32s(scaled))
}

/// Calls `$use` with an array of the next 12, 4 or 1 numbers of `$range` until it is used up: `($first, $N)` are bound.
macro_rules! in_groups {
    ($range:expr, |$first:ident, $N:ident| $use:block) => {{
        let (mut $first, end) = ($range.start, $range.end);
        while $first < end {
            if end - $first >= WIDE {
                const $N: usize = WIDE;
                $use
                $first += $N;
            } else if end - $first >= 4 {
                const $N: usize = 4;
                $use
                $first += $N;
            } else {
                const $N: usize = 1;
                $use
                $first += $N;
            }
        }
    }};
}
pub(super) use in_groups;
