//! log p(y|x,z) of given pairs under many latents: one pass through encoder and decoder, whatever their number.

use burn::tensor::Tensor;

use crate::{batch::Batch, losses::reconstruction::score, pass::Pass, tcvae::Tcvae};

/// log p(y|x,z) in nats of each pair under each of its latents, without gradients.
///
/// # Shapes
/// `z`: `[B, K, Z]`; returns `[B, K]`
pub fn log_probabilities_nats(model: &Tcvae, batch: &Batch, z: Tensor<3>) -> Tensor<2> {
    let mut pass = Pass::plain();
    let source = model.encode(&batch.source, &mut pass);
    let projected = model.projected(batch, &source, &mut pass);
    score(model, projected, z, batch).nll_nats.neg()
}
