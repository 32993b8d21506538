//! The bag-of-words loss: z has to predict which words the reply has, without their order (Zhao et al. 2017).

use burn::tensor::{Tensor, activation::log_softmax};
use serde::{Deserialize, Serialize};

use crate::{batch::Batch, config::BowHeadKind, tcvae::Tcvae};

/// `[loss.bow]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BowConfig {
    /// λ, the weight of the loss. The paper: 1.
    pub weight: f32,
    /// Which words count, and what predicts them.
    pub form: BowForm,
}

/// The two published forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BowForm {
    /// Every distinct token of the reply once, `</s>` left out, from z alone by one linear layer: the authors' code.
    Set,
    /// Every token of the reply as often as it occurs, `</s>` too, from z and the pooled context through a hidden layer
    /// of 400 with tanh: Zhao et al. 2017.
    Sequence,
}

/// Width of the hidden layer in Zhao et al.'s code.
const HIDDEN: usize = 400;

impl BowForm {
    /// The head that the form needs.
    pub fn head(self) -> BowHeadKind {
        match self {
            Self::Set => BowHeadKind::Linear,
            Self::Sequence => BowHeadKind::Hidden(HIDDEN),
        }
    }
}

/// −Σ_{v in the bag} log p(v | z), in nats per sentence.
///
/// # Shapes
/// `context`: the pooled context `[B, D]`; `z`: `[B, Z]`; returns `[B]`
///
/// # Panics
/// When the model has no bag-of-words head.
pub fn bow_nats(model: &Tcvae, context: Tensor<2>, z: Tensor<2>, batch: &Batch, form: BowForm) -> Tensor<1> {
    let head = model.bow.as_ref().expect("a run with a bag-of-words loss has its head");
    let logits = head.forward(context, z); // [B, V]
    let [n_sentences, n_tokens] = logits.dims();
    let bag = batch.bag(n_tokens, form, &logits.device()); // [B, V]
    (log_softmax(logits, 1) * bag).sum_dim(1).reshape([n_sentences]).neg()
}
