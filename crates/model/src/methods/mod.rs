//! Training methods: how latents are drawn in training and what is minimised. A method is one file and one line in the
//! list below; its struct is its section of the run file.

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{batch::Batch, random::Dropout, tcvae::Tcvae};

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
