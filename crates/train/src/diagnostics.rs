//! How a model uses its latent: collapsed posteriors show here before they show in replies.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};
use repartee_model::{Gaussian, Tcvae, tcvae::Trunk};
use serde::{Deserialize, Serialize};

use crate::metrics_log::number;

/// A dimension whose posterior mean varies more than this over the split is active (Burda et al. 2016).
const ACTIVE_VARIANCE: f64 = 0.01;

/// Averages over the sentences of a split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Diagnostics {
    /// Dimensions d of the latent with Var_(x,y)[μq_d] > 0.01 (Burda et al. 2016).
    pub n_active_units: u64,
    /// I(z; x,y) under q, nats: the average of ln q(z|x,y) − ln (1/B) Σ_j q(z|x_j,y_j) over batches of B sentences
    /// (Hoffman & Johnson 2016). A batch cannot show more than ln B; the estimate can fall below 0 by chance.
    #[serde(deserialize_with = "number")]
    pub mutual_information_nats: f64,
    /// The average of ln B, the most that `mutual_information_nats` can be.
    #[serde(deserialize_with = "number")]
    pub mutual_information_limit_nats: f64,
    /// ‖μq‖.
    #[serde(deserialize_with = "number")]
    pub posterior_mean_norm: f64,
    /// ‖μp‖.
    #[serde(deserialize_with = "number")]
    pub prior_mean_norm: f64,
    /// σq, averaged over dimensions.
    #[serde(deserialize_with = "number")]
    pub posterior_deviation: f64,
    /// σp, averaged over dimensions.
    #[serde(deserialize_with = "number")]
    pub prior_deviation: f64,
    /// Norm of all parameters together.
    #[serde(deserialize_with = "number")]
    pub parameter_norm: f64,
}

const N_SCALARS: usize = 5;

/// Length of what [`of_batch`] returns.
pub(crate) fn width(latent_size: usize) -> usize {
    N_SCALARS + 2 * latent_size
}

/// Sums over a batch, read back by [`Sums::add`]: five scalars, Σ μq `[Z]`, Σ μq² `[Z]`.
///
/// # Shapes
/// `z`: a posterior draw, `[B, Z]`; returns `[5 + 2Z]`
pub(crate) fn of_batch(trunk: &Trunk, z: Tensor<2>) -> Tensor<1> {
    let [_, latent_size] = z.dims();
    let (q, p) = (&trunk.posterior, &trunk.prior);
    let norm = |mean: &Tensor<2>| mean.clone().square().sum_dim(1).sqrt().sum();
    let deviation = |of: &Gaussian| of.log_variance.clone().mul_scalar(0.5).exp().mean_dim(1).sum();
    let over_batch = |x: Tensor<2>| x.sum_dim(0).reshape([latent_size]);
    Tensor::cat(
        vec![
            information(q, z).sum(),
            norm(&q.mean),
            norm(&p.mean),
            deviation(q),
            deviation(p),
            over_batch(q.mean.clone()),
            over_batch(q.mean.clone().square()),
        ],
        0,
    )
}

/// ln q(z_i|i) − ln (1/B) Σ_j q(z_i|j), `[B]`.
fn information(q: &Gaussian, z: Tensor<2>) -> Tensor<1> {
    let [n_sentences, _] = z.dims();
    let precision = q.log_variance.clone().neg().exp(); // [B, Z]
    let weighted_mean = q.mean.clone() * precision.clone();
    // −2 ln q(z_i|j) without its constant: Σ_d z² w − 2 z μ w + μ² w + ln σ².
    let of_j = ((q.mean.clone() * weighted_mean.clone()) + q.log_variance.clone()).sum_dim(1).transpose(); // [1, B]
    let cross = z.clone().square().matmul(precision.transpose()) - z.matmul(weighted_mean.transpose()).mul_scalar(2.0);
    let log_density = (cross + of_j).mul_scalar(-0.5); // [B, B]
    let largest = log_density.clone().max_dim(1); // [B, 1]
    let mixture = (log_density.clone() - largest.clone()).exp().mean_dim(1).log() + largest; // [B, 1]
    let own = log_density * Tensor::eye(n_sentences, &mixture.device());
    (own.sum_dim(1) - mixture).reshape([n_sentences])
}

/// Sums over a split.
pub(crate) struct Sums {
    scalars: [f64; N_SCALARS],
    means: Vec<f64>,
    squares: Vec<f64>,
    n_sentences: f64,
    limit: f64,
}

impl Sums {
    pub(crate) fn new(latent_size: usize) -> Self {
        Self {
            scalars: [0.0; N_SCALARS],
            means: vec![0.0; latent_size],
            squares: vec![0.0; latent_size],
            n_sentences: 0.0,
            limit: 0.0,
        }
    }

    /// Adds what [`of_batch`] gave for a batch.
    pub(crate) fn add(&mut self, read: &[f32], n_sentences: usize) {
        let (scalars, vectors) = read.split_at(N_SCALARS);
        let (means, squares) = vectors.split_at(self.means.len());
        let sums = [(&mut self.scalars[..], scalars), (&mut self.means, means), (&mut self.squares, squares)];
        for (sums, values) in sums {
            sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        self.n_sentences += n_sentences as f64;
        self.limit += n_sentences as f64 * (n_sentences as f64).ln();
    }

    /// The averages; `model` for its parameters.
    pub(crate) fn finish(self, model: &Tcvae) -> Diagnostics {
        let n = self.n_sentences;
        let variances = self.means.iter().zip(&self.squares).map(|(mean, square)| square / n - (mean / n).powi(2));
        let [information, posterior_norm, prior_norm, posterior_deviation, prior_deviation] =
            self.scalars.map(|sum| sum / n);
        Diagnostics {
            n_active_units: variances.filter(|&variance| variance > ACTIVE_VARIANCE).count() as u64,
            mutual_information_nats: information,
            mutual_information_limit_nats: self.limit / n,
            posterior_mean_norm: posterior_norm,
            prior_mean_norm: prior_norm,
            posterior_deviation,
            prior_deviation,
            parameter_norm: parameter_norm(model),
        }
    }
}

fn parameter_norm(model: &Tcvae) -> f64 {
    struct Squares(Vec<Tensor<1>>);
    impl ModuleVisitor for Squares {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.push(param.val().square().sum());
        }
    }
    let mut squares = Squares(Vec::new());
    model.visit(&mut squares);
    let read = Tensor::cat(squares.0, 0).into_data();
    read.iter::<f32>().map(f64::from).sum::<f64>().sqrt()
}
