//! How badly a target is predicted given a latent: token cross-entropy summed over each sentence.

use burn::tensor::Tensor;
use repartee_kernels::{LatentScores, OutputLayer, Precision, latent_loss, latent_scores, latent_scores_in};

use crate::{batch::Batch, layers::transformer::LEAKY_SLOPE, tcvae::Tcvae};

/// The two sums that make up the label-smoothed loss of each sentence.
#[derive(Clone, Debug)]
pub struct Reconstruction {
    /// Σ_t −log p(y_t), `[B]`.
    pub nll_nats: Tensor<1>,
    /// Σ_t (1/V) Σ_v −log p_v, `[B]`.
    pub uniform_nats: Tensor<1>,
}

impl Reconstruction {
    /// ℓ = (1 − ε) NLL + ε · uniform, as fairseq defines label smoothing. `[B]`
    pub fn smoothed_nats(&self, smoothing: f32) -> Tensor<1> {
        self.nll_nats.clone().mul_scalar(1.0 - smoothing) + self.uniform_nats.clone().mul_scalar(smoothing)
    }
}

/// Reconstruction of the batch's targets given one latent a sentence.
///
/// # Shapes
/// `projected`: `[B, T, D]` from the trunk; `z`: `[B, Z]`; returns `[B]` each
pub fn reconstruct(model: &Tcvae, projected: Tensor<3>, z: Tensor<2>, batch: &Batch) -> Reconstruction {
    let layer = output_layer(model, projected, batch);
    let latent = model.combiner.project_latent(z);
    let partition = partition_of_one(&layer, latent.clone());
    with_partition(layer, latent, partition)
}

/// [`reconstruct`] where [`score`] has found the log-partitions under this latent, `[B, T]`.
pub fn reconstruct_scored(
    model: &Tcvae,
    projected: Tensor<3>,
    z: Tensor<2>,
    log_partition: Tensor<2>,
    batch: &Batch,
) -> Reconstruction {
    let layer = output_layer(model, projected, batch);
    with_partition(layer, model.combiner.project_latent(z), log_partition)
}

/// Reconstruction of the batch's targets from combined states.
///
/// # Shapes
/// `combined`: C, `[B, T, D]`; returns `[B]` each
pub fn reconstruct_combined(model: &Tcvae, combined: Tensor<3>, batch: &Batch) -> Reconstruction {
    let [n_sentences, _, d_model] = combined.dims();
    let latent = Tensor::zeros([n_sentences, d_model], &combined.device());
    let layer = OutputLayer { slope: 1.0, ..output_layer(model, combined, batch) };
    let partition = partition_of_one(&layer, latent.clone());
    with_partition(layer, latent, partition)
}

/// The NLL of each sentence under each of many latents, with its log-partitions, without gradients: log p(y|x,z) = −NLL.
///
/// # Shapes
/// `projected`: `[B, T, D]` from the trunk; `z`: `[B, K, Z]`; returns `[B, K]` and `[B, K, T]`
pub fn score(model: &Tcvae, projected: Tensor<3>, z: Tensor<3>, batch: &Batch) -> LatentScores {
    score_in(model, projected, z, batch, Precision::Single)
}

/// [`score`] in a precision.
pub fn score_in(
    model: &Tcvae,
    projected: Tensor<3>,
    z: Tensor<3>,
    batch: &Batch,
    precision: Precision,
) -> LatentScores {
    let [n_sentences, n_latents, latent_size] = z.dims();
    let latents = model.combiner.project_latent(z.reshape([n_sentences * n_latents, latent_size]));
    let d_model = model.config().d_model;
    let latents = latents.reshape([n_sentences, n_latents, d_model]);
    latent_scores_in(&output_layer(model, projected, batch), latents, precision)
}

/// The NLL part of [`reconstruct`] alone, without gradients. `[B]`
pub fn nll_nats(model: &Tcvae, projected: Tensor<3>, z: Tensor<2>, batch: &Batch) -> Tensor<1> {
    let [n_sentences, _] = z.dims();
    score(model, projected, z.unsqueeze_dim::<3>(1), batch).nll_nats.reshape([n_sentences])
}

fn output_layer(model: &Tcvae, states: Tensor<3>, batch: &Batch) -> OutputLayer {
    let (embedding, targets) = (model.embedding.weight.val(), batch.scored_target.clone());
    OutputLayer { states, embedding, targets, slope: LEAKY_SLOPE }
}

/// `[B, D]` to `[B, T]`.
fn partition_of_one(layer: &OutputLayer, latent: Tensor<2>) -> Tensor<2> {
    let shape = layer.targets.dims();
    latent_scores(layer, latent.unsqueeze_dim::<3>(1)).log_partition.reshape(shape)
}

fn with_partition(layer: OutputLayer, latent: Tensor<2>, log_partition: Tensor<2>) -> Reconstruction {
    let [n_sentences, _] = latent.dims();
    let losses = latent_loss(layer, latent, log_partition);
    let column = |idx| losses.clone().slice([0..n_sentences, idx..idx + 1]).reshape([n_sentences]);
    Reconstruction { nll_nats: column(0), uniform_nats: column(1) }
}
