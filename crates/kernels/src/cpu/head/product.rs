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

/// Σ_k a[k][i] · b(k, n) as `tile[n][i]`.
///
/// `b` is asked for one scalar at a time: an array of them would be spread over vectors at once, more than there are.
#[inline(always)]
pub(super) fn product<S: Simd, const N: usize>(simd: S, a: &[Line], b: impl Fn(usize, usize) -> f32) -> [Line; N] {
    let mut tile = [Line::ZERO; N];
    // Twelve sums, a vector and a scalar are what sixteen registers hold.
    if S::REGISTER_COUNT >= 32 {
        columns::<S, N, 2>(simd, a, b, &mut tile);
    } else {
        columns::<S, N, 1>(simd, a, b, &mut tile);
    }
    tile
}

/// [`product`], `M` vectors of a line at a time.
#[inline(always)]
fn columns<S: Simd, const N: usize, const M: usize>(
    simd: S,
    a: &[Line],
    b: impl Fn(usize, usize) -> f32,
    tile: &mut [Line; N],
) {
    let width = M * S::F32_LANES;
    for first in (0..PANEL).step_by(width) {
        let mut sums = [[simd.splat_f32s(0.0); M]; N];
        for (k, line) in a.iter().enumerate() {
            let (vectors, _) = S::as_simd_f32s(&line.0[first..first + width]);
            let vectors: [S::f32s; M] = std::array::from_fn(|m| vectors[m]);
            for (n, sums) in sums.iter_mut().enumerate() {
                let scalar = simd.splat_f32s(b(k, n));
                for (sum, vector) in sums.iter_mut().zip(vectors) {
                    *sum = simd.mul_add_e_f32s(vector, scalar, *sum);
                }
            }
        }
        for (line, sums) in tile.iter_mut().zip(sums) {
            let (vectors, _) = S::as_mut_simd_f32s(&mut line.0[first..first + width]);
            for (vector, sum) in vectors.iter_mut().zip(sums) {
                *vector = sum;
            }
        }
    }
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
