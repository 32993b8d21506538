//! Training methods: how latents are drawn in training and what is minimised. A method is one file and one line in the
//! list below; its struct is its section of the run file.

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    batch::Batch,
    losses::{kl::kl_nats, reconstruction::reconstruct},
    random::Dropout,
    tcvae::{Tcvae, Trunk},
};

/// Weights of the loss parts at one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    /// β, the weight of the KL term.
    pub kl: f32,
    /// ε of label smoothing.
    pub smoothing: f32,
}

/// What a method computes for a batch; all per sentence, in nats.
#[derive(Clone, Debug)]
pub struct LossParts {
    /// What is minimised, `[B]`, differentiable.
    pub objective: Tensor<1>,
    /// Unsmoothed NLL of the target under the latent that was trained on, `[B]`.
    pub nll_nats: Tensor<1>,
    /// KL(q‖p), `[B]`.
    pub kl_nats: Tensor<1>,
    /// Which latent was trained on, `[B]`, for methods that choose.
    pub winner: Option<Tensor<1, Int>>,
}

impl LossParts {
    /// The loss of one latent a sentence: label-smoothed NLL + β KL (Eq. 1 of the paper).
    ///
    /// # Shapes
    /// `z`: `[B, Z]`
    fn of_latent(model: &Tcvae, trunk: Trunk, z: Tensor<2>, batch: &Batch, weights: LossWeights) -> Self {
        let kl_nats = kl_nats(&trunk.posterior, &trunk.prior);
        let reconstruction = reconstruct(model, trunk.projected, z, batch);
        Self {
            objective: reconstruction.smoothed_nats(weights.smoothing) + kl_nats.clone().mul_scalar(weights.kl),
            nll_nats: reconstruction.nll_nats,
            kl_nats,
            winner: None,
        }
    }
}

/// One way to train a T-CVAE.
pub trait Method: std::fmt::Debug + Send + Sync {
    /// Latent draws a sentence, `K`.
    fn n_latents(&self) -> usize;

    /// The loss of a batch. `noise` is ε ~ N(0, I) of shape `[B, K, Z]`.
    fn loss(
        &self,
        model: &Tcvae,
        batch: &Batch,
        noise: Tensor<3>,
        weights: LossWeights,
        dropout: &mut Dropout,
    ) -> LossParts;
}

/// Declares the module of each method and the run file's `[method]` section with its `kind`.
macro_rules! methods {
    ($($module:ident :: $Method:ident),* $(,)?) => {
        $(pub mod $module;)*

        /// The run file's `[method]` section: `kind` and the method's own fields.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "each variant is documented by its struct")]
        pub enum MethodConfig {
            $($Method($module::$Method)),*
        }

        impl MethodConfig {
            /// The method itself.
            pub fn method(&self) -> &dyn Method {
                match self {
                    $(Self::$Method(method) => method),*
                }
            }
        }
    };
}

methods! {
    speculative::Speculative,
    vanilla::Vanilla,
}
