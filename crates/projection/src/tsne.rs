//! t-SNE (van der Maaten & Hinton 2008), exact: a few hundred points need no approximation.
//!
//! p_{j|i} ∝ exp(−‖x_i − x_j‖² / 2σ_i²), σ_i such that the entropy of p_{·|i} is log(perplexity);
//! p_ij = (p_{j|i} + p_{i|j}) / 2n; q_ij ∝ 1 / (1 + ‖y_i − y_j‖²). Minimises KL(P‖Q) by gradient descent with momentum and
//! gains, P exaggerated twelvefold for the first quarter of the steps.

use std::fmt;

use crate::{distance, principal_components};

const N_STEPS: usize = 1000;
const N_EXAGGERATED: usize = 250;
const EXAGGERATION: f64 = 12.0;
/// Of the true gradient, with its factor 4. Larger ones throw single points out of their cloud.
const LEARNING_RATE: f64 = 50.0;
/// Rounds of the search for σ; each halves the error.
const N_BANDWIDTH_STEPS: usize = 60;
/// Spread of the start: so close together that no pair is near by chance.
const START_DEVIATION: f64 = 1e-4;

/// Why points have no t-SNE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TsneError {
    /// As asked for.
    pub perplexity: f64,
    /// How many there are.
    pub n_points: usize,
}

impl fmt::Display for TsneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { perplexity, n_points } = self;
        write!(
            f,
            "perplexity {perplexity} does not fit {n_points} points; it must be at least 1 and less than a third of them"
        )
    }
}

impl std::error::Error for TsneError {}

/// A t-SNE on its way.
#[derive(Clone, Debug)]
pub struct Tsne {
    /// p_ij, row-major; symmetric, Σ = 1.
    p: Vec<f64>,
    places: Vec<[f64; 2]>,
    velocity: Vec<[f64; 2]>,
    gains: Vec<[f64; 2]>,
    n_steps: usize,
}

impl Tsne {
    /// Begins at the principal components, so that it needs no randomness.
    ///
    /// # Errors
    /// A perplexity below 1 or not below a third of the other points.
    pub fn new(points: &[&[f64]], perplexity: f64) -> Result<Self, TsneError> {
        let n = points.len();
        if !(perplexity >= 1.0 && 3.0 * perplexity < n.saturating_sub(1) as f64) {
            return Err(TsneError { perplexity, n_points: n });
        }
        let mut places = principal_components(points);
        let spread = (places.iter().map(|[x, _]| x * x).sum::<f64>() / n as f64).sqrt();
        let scale = if spread > 0.0 { START_DEVIATION / spread } else { 0.0 };
        places.iter_mut().flatten().for_each(|value| *value *= scale);
        let p = affinities(points, perplexity);
        Ok(Self { p, places, velocity: vec![[0.0; 2]; n], gains: vec![[1.0; 2]; n], n_steps: 0 })
    }

    /// Steps of the whole.
    pub const N_STEPS: usize = N_STEPS;

    /// Steps made.
    pub fn n_steps(&self) -> usize {
        self.n_steps
    }

    /// Whether all steps are made.
    pub fn is_done(&self) -> bool {
        self.n_steps >= N_STEPS
    }

    /// Where the points are now, their mean at the origin.
    pub fn places(&self) -> &[[f64; 2]] {
        &self.places
    }

    /// Makes one step; nothing when all are made.
    pub fn step(&mut self) {
        if self.is_done() {
            return;
        }
        let is_exaggerated = self.n_steps < N_EXAGGERATED;
        let exaggeration = if is_exaggerated { EXAGGERATION } else { 1.0 };
        let momentum = if is_exaggerated { 0.5 } else { 0.8 };
        let gradient = self.gradient(exaggeration);
        let parts = self.places.iter_mut().zip(&mut self.velocity).zip(&mut self.gains).zip(&gradient);
        for (((place, velocity), gain), slope) in parts {
            for (((place, velocity), gain), slope) in place.iter_mut().zip(velocity).zip(gain).zip(slope) {
                let is_downhill = (*slope > 0.0) != (*velocity > 0.0);
                *gain = if is_downhill { *gain + 0.2 } else { (*gain * 0.8).max(0.01) };
                *velocity = momentum * *velocity - LEARNING_RATE * *gain * slope;
                *place += *velocity;
            }
        }
        let n = self.places.len() as f64;
        for axis in 0..2 {
            let mean = self.places.iter().map(|place| place[axis]).sum::<f64>() / n;
            self.places.iter_mut().for_each(|place| place[axis] -= mean);
        }
        self.n_steps += 1;
    }

    /// KL(P‖Q) of where the points are now, in nats.
    pub fn kl_nats(&self) -> f64 {
        let n = self.places.len();
        let total: f64 = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| self.weight(i, j)).sum();
        let term = |i: usize, j: usize| {
            let p = self.p[i * n + j];
            if p > 0.0 { p * (p / (self.weight(i, j) / total)).ln() } else { 0.0 }
        };
        (0..n).flat_map(|i| (0..n).filter(move |&j| j != i).map(move |j| (i, j))).map(|(i, j)| term(i, j)).sum()
    }

    /// 1 / (1 + ‖y_i − y_j‖²); 0 for i = j.
    fn weight(&self, i: usize, j: usize) -> f64 {
        if i == j {
            return 0.0;
        }
        let ([a, b], [c, d]) = (self.places[i], self.places[j]);
        1.0 / (1.0 + (a - c).powi(2) + (b - d).powi(2))
    }

    /// ∂KL/∂y_i = 4 Σ_j (p_ij − q_ij) w_ij (y_i − y_j).
    fn gradient(&self, exaggeration: f64) -> Vec<[f64; 2]> {
        let n = self.places.len();
        let mut total = 0.0;
        for i in 0..n {
            for j in 0..i {
                total += 2.0 * self.weight(i, j);
            }
        }
        let mut gradient = vec![[0.0; 2]; n];
        for i in 0..n {
            for j in 0..i {
                let weight = self.weight(i, j);
                let pull = 4.0 * (exaggeration * self.p[i * n + j] - weight / total) * weight;
                let ([a, b], [c, d]) = (self.places[i], self.places[j]);
                let force = [pull * (a - c), pull * (b - d)];
                gradient[i] = [gradient[i][0] + force[0], gradient[i][1] + force[1]];
                gradient[j] = [gradient[j][0] - force[0], gradient[j][1] - force[1]];
            }
        }
        gradient
    }
}

fn affinities(points: &[&[f64]], perplexity: f64) -> Vec<f64> {
    let n = points.len();
    let mut conditional = vec![0.0; n * n];
    for i in 0..n {
        let squares: Vec<f64> = points.iter().map(|point| distance(points[i], point).powi(2)).collect();
        let row = &mut conditional[i * n..(i + 1) * n];
        fill_row(row, &squares, i, perplexity.ln());
    }
    let mut p = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            p[i * n + j] = (conditional[i * n + j] + conditional[j * n + i]) / (2.0 * n as f64);
        }
    }
    p
}

/// p_{·|i}, with the precision whose entropy is the wanted one, by bisection.
fn fill_row(row: &mut [f64], squares: &[f64], i: usize, entropy: f64) {
    let others = || squares.iter().enumerate().filter(move |&(j, _)| j != i).map(|(_, &square)| square);
    let nearest = others().fold(f64::INFINITY, f64::min);
    let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0);
    for _ in 0..N_BANDWIDTH_STEPS {
        let (mut total, mut mean) = (0.0, 0.0);
        for square in others() {
            let weight = (-precision * (square - nearest)).exp();
            total += weight;
            mean += weight * (square - nearest);
        }
        if total.ln() + precision * mean / total > entropy {
            low = precision;
            precision = if f64::is_infinite(high) { precision * 2.0 } else { f64::midpoint(precision, high) };
        } else {
            high = precision;
            precision = f64::midpoint(low, precision);
        }
    }
    let weight = |square: f64| (-precision * (square - nearest)).exp();
    let total: f64 = others().map(weight).sum();
    for (j, (value, &square)) in row.iter_mut().zip(squares).enumerate() {
        *value = if j == i { 0.0 } else { weight(square) / total };
    }
}
