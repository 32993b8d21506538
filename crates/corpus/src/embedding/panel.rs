//! The arithmetic of CBOW on some columns of all vectors.
//!
//! Owns both matrices, cut into panels of columns, and the two steps that a round is made of. A panel is the property of
//! one task at a time, so there is nothing to lock and no data race. Every sum is made block by block of [`WIDTH`] columns
//! in a fixed order, so the numbers do not depend on how many panels there are. The loops are compiled for every SIMD
//! level and dispatched to the best that the machine has; no level contracts or reorders them.

use pulp::{Arch, NullaryFnOnce, Simd, WithSimd};

use super::sampler::Round;
use super::step::{Gain, Steps};

/// Columns of a block: four registers of AVX-512.
pub(super) const WIDTH: usize = 64;

/// Sums of a dot product that are kept apart: one register of the widest level.
const LANES: usize = 16;

/// Columns of one vector that lie together.
pub(super) type Block = [f32; WIDTH];

/// Some columns of the input vectors (the embeddings) and of the output vectors, and room for one round.
pub(super) struct Panel {
    /// Blocks per vector.
    n_blocks: usize,
    /// `[pieces, n_blocks]`, as all of the following but for their first dimension.
    input: Vec<Block>,
    output: Vec<Block>,
    /// Mean of the context of each position, then the gradient of that mean.
    means: Vec<Block>,
    /// In `score` the sum of the input vectors before each position, in `update` how the sum of the gradients that are
    /// for a position changes from one position to the next. One room for both, so that more stays in the cache.
    sums: Vec<Block>,
    /// What `products` gives out, `[products, n_blocks]`.
    products: Vec<f32>,
}

impl Panel {
    /// A panel with these input vectors, `[pieces, n_blocks]`, and output vectors of zero.
    pub(super) fn new(input: Vec<Block>, n_blocks: usize) -> Self {
        let output = vec![[0.0; WIDTH]; input.len()];
        Self { n_blocks, input, output, means: Vec::new(), sums: Vec::new(), products: Vec::new() }
    }

    /// The input vector of a piece.
    pub(super) fn input(&self, piece: usize) -> &[Block] {
        &self.input[piece * self.n_blocks..][..self.n_blocks]
    }

    /// What each block adds to the dot products of the last round, as many numbers as there are blocks for each product.
    /// The order is that of [`Stepper`](super::step::Stepper).
    pub(super) fn products(&self) -> impl Iterator<Item = &[f32]> {
        self.products.chunks_exact(self.n_blocks)
    }

    /// Scores the right piece and the noise pieces of every position: h · v'(piece), h the mean of the context's input
    /// vectors; and squares h and v'.
    pub(super) fn score(&mut self, round: &Round) {
        Arch::new().dispatch(Score { panel: self, round });
    }

    /// Goes one step along the gradient.
    pub(super) fn update(&mut self, round: &Round, steps: &Steps) {
        Arch::new().dispatch(Update { panel: self, round, steps });
    }
}

struct Score<'a> {
    panel: &'a mut Panel,
    round: &'a Round,
}

impl WithSimd for Score<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel: Panel { n_blocks, input, output, means, sums, products }, round } = self;
        let n_blocks = *n_blocks;
        sums.clear();
        sums.resize(n_blocks, [0.0; WIDTH]);
        for (idx, position) in round.positions.iter().enumerate() {
            let row = &input[position.piece as usize * n_blocks..][..n_blocks];
            for (block, own) in row.iter().enumerate() {
                let mut sum = sums[idx * n_blocks + block];
                add(&mut sum, own);
                sums.push(sum);
            }
        }
        means.clear();
        products.clear();
        for (position, noise) in round.positions.iter().zip(round.noise()) {
            let own = &input[position.piece as usize * n_blocks..][..n_blocks];
            let before = &sums[position.begin as usize * n_blocks..][..n_blocks];
            let after = &sums[position.end as usize * n_blocks..][..n_blocks];
            let first = means.len();
            for ((own, before), after) in own.iter().zip(before).zip(after) {
                let mut mean = [0.0; WIDTH];
                for column in 0..WIDTH {
                    mean[column] = (after[column] - before[column] - own[column]) * position.share;
                }
                means.push(mean);
            }
            for &piece in std::iter::once(&position.piece).chain(noise) {
                let row = &output[piece as usize * n_blocks..][..n_blocks];
                for (mean, block) in means[first..].iter().zip(row) {
                    products.push(dot(simd, mean, block));
                }
            }
            let row = &output[position.piece as usize * n_blocks..][..n_blocks];
            for block in means[first..].iter().chain(row) {
                products.push(dot(simd, block, block));
            }
        }
        // Loops and no closures: these are not inlined into the SIMD level's function, and then run without SIMD.
        for &piece in round.noise_groups().flatten() {
            for block in &output[piece as usize * n_blocks..][..n_blocks] {
                products.push(dot(simd, block, block));
            }
        }
    }
}

struct Update<'a> {
    panel: &'a mut Panel,
    round: &'a Round,
    steps: &'a Steps,
}

impl NullaryFnOnce for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { panel: Panel { n_blocks, input, output, means, sums: changes, .. }, round, steps } = self;
        let n_blocks = *n_blocks;
        changes.clear();
        changes.resize((round.positions.len() + 1) * n_blocks, [0.0; WIDTH]);
        let gains = steps.gains.chunks_exact(1 + round.n_negatives);
        let rows = means.chunks_exact_mut(n_blocks);
        for (((position, noise), gains), means) in round.positions.iter().zip(round.noise()).zip(gains).zip(rows) {
            for (block, mean) in means.iter_mut().enumerate() {
                let mut gradient = [0.0; WIDTH];
                for (&piece, gain) in std::iter::once(&position.piece).chain(noise).zip(gains) {
                    step(&mut output[piece as usize * n_blocks + block], mean, &mut gradient, gain);
                }
                add(&mut changes[position.begin as usize * n_blocks + block], &gradient);
                subtract(&mut changes[position.end as usize * n_blocks + block], &gradient);
                *mean = gradient;
            }
        }
        // A position's gradient goes to all of its context: to where it has begun and not yet ended, itself excepted.
        for block in 0..n_blocks {
            let mut running = [0.0; WIDTH];
            for (idx, (position, share)) in round.positions.iter().zip(&steps.shares).enumerate() {
                add(&mut running, &changes[idx * n_blocks + block]);
                let own = &means[idx * n_blocks + block];
                let row = &mut input[position.piece as usize * n_blocks + block];
                for column in 0..WIDTH {
                    row[column] += (running[column] - own[column]) * share;
                }
            }
        }
    }
}

#[inline(always)]
fn add(sum: &mut Block, block: &Block) {
    for column in 0..WIDTH {
        sum[column] += block[column];
    }
}

#[inline(always)]
fn subtract(sum: &mut Block, block: &Block) {
    for column in 0..WIDTH {
        sum[column] -= block[column];
    }
}

/// One output vector's part of a step: its gradient is added to the mean's, its own is taken from the mean.
#[inline(always)]
fn step(output: &mut Block, mean: &Block, gradient: &mut Block, gain: &Gain) {
    for column in 0..WIDTH {
        gradient[column] += gain.mean * output[column];
        output[column] += gain.output * mean[column];
    }
}

/// A dot product in sixteen sums whatever the level's width, so that it has one value on all. Its instructions are chosen
/// by hand: left to the compiler, the end of a short sum is taken apart into scalars.
#[inline(always)]
fn dot<S: Simd>(simd: S, left: &Block, right: &Block) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((left, _), (right, _)) = (S::as_simd_f32s(left), S::as_simd_f32s(right));
    let (sums, _) = S::as_mut_simd_f32s(&mut lanes);
    for (left, right) in left.chunks_exact(sums.len()).zip(right.chunks_exact(sums.len())) {
        for ((sum, &left), &right) in sums.iter_mut().zip(left).zip(right) {
            *sum = simd.add_f32s(*sum, simd.mul_f32s(left, right));
        }
    }
    // Halves are added to halves.
    let eight: [f32; 8] = halve(&lanes);
    let four: [f32; 4] = halve(&eight);
    let [first, second] = halve(&four);
    first + second
}

#[inline(always)]
fn halve<const HALF: usize>(lanes: &[f32]) -> [f32; HALF] {
    let mut sums = [0.0; HALF];
    for lane in 0..HALF {
        sums[lane] = lanes[lane] + lanes[lane + HALF];
    }
    sums
}
