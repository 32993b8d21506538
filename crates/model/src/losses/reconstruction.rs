//! How badly a target is predicted given a latent: token cross-entropy summed over each sentence.

use burn::tensor::Tensor;
use repartee_kernels::log_partition;

use crate::{batch::Batch, tcvae::Tcvae};

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
    reconstruct_combined(model, model.combiner.combine(projected, z), batch)
}

/// Reconstruction of the batch's targets from combined states.
///
/// Neither sum needs the logits beyond their log-partition: the target's logit is C_t · E_y, the mean logit C_t · Ē.
///
/// # Shapes
/// `combined`: C, `[B, T, D]`; returns `[B]` each
pub fn reconstruct_combined(model: &Tcvae, combined: Tensor<3>, batch: &Batch) -> Reconstruction {
    let (combined, log_partition, target_logit) = token_parts(model, combined, batch);
    let mean_embedding = model.embedding.weight.val().mean_dim(0).transpose(); // [D, 1]
    let mean_logit = combined.matmul(mean_embedding); // [B·T, 1]
    Reconstruction {
        nll_nats: per_sentence(log_partition.clone() - target_logit, batch),
        uniform_nats: per_sentence(log_partition - mean_logit, batch),
    }
}

/// The NLL part of [`reconstruct`] alone, for scoring latents.
pub fn nll_nats(model: &Tcvae, projected: Tensor<3>, z: Tensor<2>, batch: &Batch) -> Tensor<1> {
    let (_, log_partition, target_logit) = token_parts(model, model.combiner.combine(projected, z), batch);
    per_sentence(log_partition - target_logit, batch)
}

/// C `[B·T, D]`, log Σ_v exp(C · E_v) `[B·T, 1]` and C · E_y `[B·T, 1]`.
fn token_parts(model: &Tcvae, combined: Tensor<3>, batch: &Batch) -> (Tensor<2>, Tensor<2>, Tensor<2>) {
    let [n_sentences, length, d_model] = combined.dims();
    let n_rows = n_sentences * length;
    let combined = combined.reshape([n_rows, d_model]);
    let embedding = model.embedding.weight.val();
    let target_embedding = embedding.clone().select(0, batch.target.clone().reshape([n_rows])); // [B·T, D]
    let target_logit = (combined.clone() * target_embedding).sum_dim(1);
    let log_partition = log_partition(combined.clone(), embedding);
    (combined, log_partition, target_logit)
}

/// Sums tokens of each sentence, pads left out: `[B·T, 1]` to `[B]`.
fn per_sentence(per_token: Tensor<2>, batch: &Batch) -> Tensor<1> {
    let [n_sentences, length] = batch.target.dims();
    (per_token.reshape([n_sentences, length]) * batch.target_weight.clone()).sum_dim(1).reshape([n_sentences])
}
