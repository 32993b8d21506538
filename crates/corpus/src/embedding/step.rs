//! How far a round of CBOW goes along its gradient.
//!
//! Owns σ, the gains and what keeps a round stable. The gradients of a round are all taken at its start and added up. For
//! a piece that occurs often in it, the sum can overshoot where one step after the other would have seen the score change
//! and stopped; the next round then overshoots further, until nothing is finite: without a bound, rounds of 256 positions
//! ended so within five passes over 420,000 lines of English. So a vector goes the whole way only as far as the
//! loss would not rise if it alone moved: the curvature of the parabolas on the losses of its scores bounds that. All
//! vectors move at once, so this is a safeguard and no proof. It leaves most steps as they are.
//!
//! Deviation: the word2vec program has no such bound; on one thread it takes one step after the other.

use pulp::Arch;

use super::sampler::{NOISE_GROUP, Round};

/// What a score is multiplied with: (label − σ(score)) · learning rate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Gain {
    /// For the gradient of the context's mean.
    pub(super) mean: f32,
    /// For the step of the output vector, bounded.
    pub(super) output: f32,
}

/// The steps of a round.
#[derive(Debug, Default)]
pub(super) struct Steps {
    /// `[positions, 1 + negatives]`
    pub(super) gains: Vec<Gain>,
    /// Which share of its step the input vector of each position goes, `[positions]`.
    pub(super) shares: Vec<f32>,
}

/// From dot products to steps.
///
/// The products of a round are, position by position, the score of the right piece, those of the noise pieces, |h|² and
/// the right piece's |v'|²; then |v'|² of all noise pieces.
pub(super) struct Stepper {
    n_negatives: usize,
    products: Vec<f32>,
    steps: Steps,
    /// Per piece, for the round: bounds of the curvature along its output and its input vector, without the ¼.
    output_curvature: Vec<f32>,
    input_curvature: Vec<f32>,
    /// Σ_k |v'_k|² of each position.
    squares: Vec<f32>,
    changes: Vec<f32>,
    /// σ of the scores, `[positions, 1 + negatives]`.
    sigmas: Vec<f32>,
    n_positions: usize,
}

impl Stepper {
    pub(super) fn new(n_pieces: usize, n_negatives: usize) -> Self {
        Self {
            n_negatives,
            products: Vec::new(),
            steps: Steps::default(),
            output_curvature: vec![0.0; n_pieces],
            input_curvature: vec![0.0; n_pieces],
            squares: Vec::new(),
            changes: Vec::new(),
            sigmas: Vec::new(),
            n_positions: 0,
        }
    }

    /// Room for the products of a round, all zero.
    pub(super) fn start(&mut self, round: &Round) -> &mut [f32] {
        self.n_positions = round.positions.len();
        let n_products = self.n_positions * self.stride() + self.n_positions.div_ceil(NOISE_GROUP) * self.n_negatives;
        self.products.clear();
        self.products.resize(n_products, 0.0);
        &mut self.products
    }

    /// The scores of each position of the last round, that of the right piece first.
    pub(super) fn scores(&self) -> impl Iterator<Item = &[f32]> {
        let positions = self.products.chunks_exact(self.stride()).take(self.n_positions);
        positions.map(|products| &products[..=self.n_negatives])
    }

    /// The steps, once the products are complete.
    pub(super) fn steps(&mut self, round: &Round, learning_rate: f32) -> &Steps {
        let Self { products, sigmas, n_negatives, n_positions, .. } = self;
        sigmas.clear();
        for products in products.chunks_exact(*n_negatives + 3).take(*n_positions) {
            sigmas.extend_from_slice(&products[..=*n_negatives]);
        }
        sigmoids(sigmas);
        self.bound(round);
        // A step of 1 / curvature is the best for a parabola, one of 2 / curvature is as far from its bottom as before.
        let share = |curvature: f32| 1.0 / (0.5 * learning_rate * curvature).max(1.0);
        let (gains, shares) = (&mut self.steps.gains, &mut self.steps.shares);
        gains.clear();
        shares.clear();
        let sigmas = self.sigmas.chunks_exact(self.n_negatives + 1);
        for ((position, noise), sigmas) in round.positions.iter().zip(round.noise()).zip(sigmas) {
            let mut gain = |mean: f32, piece: u32| {
                gains.push(Gain { mean, output: mean * share(self.output_curvature[piece as usize]) });
            };
            gain((1.0 - sigmas[0]) * learning_rate, position.piece);
            for (&piece, &sigma) in noise.iter().zip(&sigmas[1..]) {
                // Noise that happens to be the right piece is none.
                gain(if piece == position.piece { 0.0 } else { -sigma * learning_rate }, piece);
            }
            shares.push(share(self.input_curvature[position.piece as usize]));
        }
        &self.steps
    }

    /// Bounds the curvatures. Along the output vector of a piece it is Σ κ |h|² over the scores that the vector is in.
    /// Along an input vector it is Σ Σ_k κ_k |v'_k|² over the positions whose context it is in: each position moves all of
    /// its context by the same step, which moves its mean by that step.
    fn bound(&mut self, round: &Round) {
        let stride = self.stride();
        let (of_positions, of_noise) = self.products.split_at(self.n_positions * stride);
        self.squares.clear();
        self.changes.clear();
        self.changes.resize(self.n_positions + 1, 0.0);
        for position in &round.positions {
            self.input_curvature[position.piece as usize] = 0.0;
            self.output_curvature[position.piece as usize] = 0.0;
        }
        round.noise_groups().flatten().for_each(|&piece| self.output_curvature[piece as usize] = 0.0);
        let sigmas = self.sigmas.chunks_exact(self.n_negatives + 1);
        for (idx, ((position, noise), sigmas)) in round.positions.iter().zip(round.noise()).zip(sigmas).enumerate() {
            let products = &of_positions[idx * stride..][..stride];
            let (mean_square, own_square) = (products[stride - 2], products[stride - 1]);
            let noise_squares = &of_noise[idx / NOISE_GROUP * self.n_negatives..][..self.n_negatives];
            let mut square = 0.0;
            for (idx, &piece) in std::iter::once(&position.piece).chain(noise).enumerate() {
                let curvature = curvature(products[idx], sigmas[idx]);
                square += curvature * if idx == 0 { own_square } else { noise_squares[idx - 1] };
                self.output_curvature[piece as usize] += curvature * mean_square;
            }
            self.squares.push(square);
            self.changes[position.begin as usize] += square;
            self.changes[position.end as usize] -= square;
        }
        let mut running = 0.0;
        for ((position, change), square) in round.positions.iter().zip(&self.changes).zip(&self.squares) {
            running += change;
            self.input_curvature[position.piece as usize] += running - square;
        }
    }

    fn stride(&self) -> usize {
        self.n_negatives + 3
    }
}

/// Curvature of the parabola that lies on −log σ(±x) at x and nowhere below it: (σ(x) − ½) / x, ¼ at most (Jaakkola &
/// Jordan 2000).
fn curvature(x: f32, sigma: f32) -> f32 {
    if x.abs() < 0.01 { 0.25 } else { (sigma - 0.5) / x }
}

/// σ(x) = 1 / (1 + e^−x) in place, in operations that are exact to the last bit on any machine, unlike the `exp` of a
/// system. Relative error below 1e-6 on [−80, 80].
fn sigmoids(values: &mut [f32]) {
    Arch::new().dispatch(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = sigmoid(*value)),
    );
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    // e^−x = 2^n · e^r with n the integer nearest to −x / ln 2; ln 2 in two parts keeps r exact. Adding and taking away
    // 1.5 · 2²³ rounds, and leaves n in the low bits, from where it is shifted to those of an exponent.
    const ROUND: f32 = 12_582_912.0;
    let x = -x.clamp(-80.0, 80.0);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = x - n * (355.0 / 512.0) - n * -2.121_944_4e-4;
    let mut power = 1.0 / 720.0;
    for coefficient in [1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
        power = power * r + coefficient;
    }
    1.0 / (1.0 + power * f32::from_bits((rounded.to_bits() << 23).wrapping_add(127 << 23)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_is_right() {
        for tenths in -400..=400_i16 {
            let x = f32::from(tenths) / 10.0;
            let expected = 1.0 / (1.0 + (-f64::from(x)).exp());
            let relative = (f64::from(sigmoid(x)) - expected).abs() / expected;
            assert!(relative < 1e-6, "{x}: {relative}");
        }
    }
}
