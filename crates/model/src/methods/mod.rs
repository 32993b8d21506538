//! Training methods: how latents are drawn in training and what is minimised. A method is one file and one line in the
//! list below; its struct is its section of the run file.

use burn::tensor::{Int, Tensor};
use serde::{Deserialize, Serialize};

use crate::{
    batch::Batch,
    config::LatentKind,
    losses::{
        bow::{BowConfig, bow_nats},
        kl::{kl_nats_per_dimension, with_free_nats},
        reconstruction::{Reconstruction, reconstruct},
    },
    pass::Pass,
    random::Noise,
    tcvae::{Tcvae, Trunk},
};

/// The loss parts' settings at one update.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossSettings {
    /// β, the weight of the KL term.
    pub kl_weight: f32,
    /// λ of free bits, in nats a dimension of the latent; 0 is none.
    pub free_nats: f32,
    /// ε of label smoothing.
    pub smoothing: f32,
    /// The bag-of-words loss, if there is one.
    pub bow: Option<BowConfig>,
}

/// What a method computes for a batch; all per sentence, in nats.
#[derive(Clone, Debug)]
pub struct LossParts {
    /// What is minimised, `[B]`, differentiable.
    pub objective: Tensor<1>,
    /// Unsmoothed NLL of the target under the latent that was trained on, `[B]`.
    pub nll_nats: Tensor<1>,
    /// KL(q‖p), `[B]`, for methods that have one.
    pub kl_nats: Option<Tensor<1>>,
    /// NLL under each latent, `[B, K]`, for methods that choose.
    pub scores: Option<Tensor<2>>,
    /// Which latent was trained on, `[B]`, for methods that choose.
    pub winner: Option<Tensor<1, Int>>,
    /// Further parts by name, `[B]` each.
    pub extra: Vec<(&'static str, Tensor<1>)>,
}

impl LossParts {
    /// The loss of one latent a sentence: label-smoothed NLL + β KL (Eq. 1 of the paper), + λ BoW if there is one.
    ///
    /// # Shapes
    /// `z`: `[B, Z]`
    fn of_latent(model: &Tcvae, trunk: Trunk, z: Tensor<2>, batch: &Batch, settings: LossSettings) -> Self {
        let reconstruction = reconstruct(model, trunk.projected.clone(), z.clone(), batch);
        Self::of_reconstruction(model, &trunk, &reconstruction, &[z], batch, settings)
    }

    /// The loss of a reconstruction that was made with the latents `z`; the bag-of-words loss is their mean.
    fn of_reconstruction(
        model: &Tcvae,
        trunk: &Trunk,
        reconstruction: &Reconstruction,
        z: &[Tensor<2>],
        batch: &Batch,
        settings: LossSettings,
    ) -> Self {
        let kl_nats = kl_nats_per_dimension(&trunk.posterior, &trunk.prior);
        let kl_term = with_free_nats(kl_nats.clone(), settings.free_nats).mul_scalar(settings.kl_weight);
        let mut objective = reconstruction.smoothed_nats(settings.smoothing) + kl_term;
        let mut extra = Vec::new();
        if let Some(BowConfig { weight, form }) = settings.bow {
            let each = z.iter().map(|z| bow_nats(model, trunk.context.clone(), z.clone(), batch, form));
            let bow = each.reduce(|sum, bow| sum + bow).expect("there is a latent").div_scalar(z.len() as f64);
            objective = objective + bow.clone().mul_scalar(weight);
            extra.push(("bow_nats", bow));
        }
        Self {
            objective,
            nll_nats: reconstruction.nll_nats.clone(),
            kl_nats: Some(with_free_nats(kl_nats, 0.0)),
            scores: None,
            winner: None,
            extra,
        }
    }
}

/// How often a method goes through the parts of the model for one batch, for planning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passes {
    /// Through the decoder, with gradients.
    pub decoder: usize,
    /// Through the output layer, with gradients.
    pub output: usize,
    /// Through the output layer without gradients.
    pub scoring: usize,
}

/// One way to train a T-CVAE.
pub trait Method: std::fmt::Debug + Send + Sync {
    /// Latent draws a sentence, `K`.
    fn n_latents(&self) -> usize;

    /// What prior and posterior give.
    fn latent(&self) -> LatentKind {
        LatentKind::Gaussian
    }

    /// What a batch costs.
    fn passes(&self) -> Passes {
        Passes { decoder: 1, output: 1, scoring: 0 }
    }

    /// Checks what the types cannot.
    ///
    /// # Errors
    /// Which field of `[method]` is out of range, and what it may be.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }

    /// The loss of a batch. `noise.normal` has the shape `[B, K, Z]`.
    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, settings: LossSettings, pass: &mut Pass) -> LossParts;
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
    monte_carlo::MonteCarlo,
    spacefusion::Spacefusion,
    speculative::Speculative,
    vanilla::Vanilla,
}
