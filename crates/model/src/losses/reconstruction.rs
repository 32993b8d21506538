//! How badly a target is predicted given a latent: token cross-entropy summed over each sentence.

use burn::tensor::Tensor;
use repartee_kernels::log_partition;

use crate::{batch::Batch, tcvae::Tcvae};

/// Numbers of combined states `[N, T, D]` that [`nll_of_latents`] holds at once.
const COMBINED_AT_ONCE: usize = 1 << 20;

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

/// NLL of the reply of a batch of one under each of many latents, without another pass of the decoder.
///
/// # Shapes
/// `projected`: `[1, T, D]` from the trunk; `z`: `[N, Z]`; returns `[N]`
///
/// # Panics
/// When the batch holds more than one pair.
pub fn nll_of_latents(model: &Tcvae, projected: Tensor<3>, z: Tensor<2>, batch: &Batch) -> Tensor<1> {
    let ([n_sentences, length, d_model], [n_latents, latent_size]) = (projected.dims(), z.dims());
    assert_eq!(n_sentences, 1, "latents of one pair are scored at once");
    let embedding = model.embedding.weight.val();
    let targets = embedding.clone().select(0, batch.target.clone().reshape([length])).unsqueeze_dim::<3>(0); // [1, T, D]
    let at_once = (COMBINED_AT_ONCE / (length * d_model)).max(1);
    let nll = (0..n_latents).step_by(at_once).map(|start| {
        let end = (start + at_once).min(n_latents);
        let shape = [end - start, length];
        let z = z.clone().slice([start..end, 0..latent_size]);
        let latents = model.combiner.project_latent(z).unsqueeze_dim::<3>(1); // [n, 1, D]
        let combined = model.combiner.combine_projected(projected.clone(), latents); // [n, T, D]
        let partition = log_partition(combined.clone().reshape([shape[0] * length, d_model]), embedding.clone());
        let target_logit = (combined * targets.clone()).sum_dim(2).reshape(shape);
        ((partition.reshape(shape) - target_logit) * batch.target_weight.clone()).sum_dim(1).reshape([shape[0]])
    });
    Tensor::cat(nll.collect(), 0)
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
