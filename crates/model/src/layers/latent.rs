//! The latent half of the model: pooling, prior and posterior heads, the combiner before the output layer, and the
//! bag-of-words head.

use burn::{
    module::{Module, Param},
    tensor::{Bool, Tensor},
};
use repartee_kernels::{Block, affine, leaky_relu};

use super::{
    attention::{Attention, AttentionSettings},
    initializer::Initializer,
    linear::{Linear, LinearInit},
    transformer::LEAKY_SLOPE,
};
use crate::{
    config::{BowHeadKind, LatentKind, ModelConfig},
    gaussian::Gaussian,
    random::Dropout,
};

/// h = MHA(c, M, M) with one learned query c; one module for prior and posterior.
#[derive(Module, Debug)]
pub struct Pooling {
    /// c, `[1, 1, D]`.
    pub query: Param<Tensor<3>>,
    /// The attention.
    pub attention: Attention,
}

impl Pooling {
    /// c starts as Xavier-normal: N(0, 2/(2D)).
    pub fn new(config: &ModelConfig, init: &Initializer<'_>) -> Self {
        let d_model = config.d_model;
        Self {
            query: init.scope("query").normal([1, 1, d_model], (1.0 / d_model as f32).sqrt()),
            attention: Attention::for_pooling(d_model, &init.scope("attention")),
        }
    }

    /// # Shapes
    /// `memory`: `[B, L, D]`; `pad_mask`: `[B, L]`; returns `[B, D]`
    pub fn forward(
        &self,
        memory: Tensor<3>,
        pad_mask: Tensor<2, Bool>,
        settings: AttentionSettings,
        dropout: &mut Dropout,
    ) -> Tensor<2> {
        let [batch, length, d_model] = memory.dims();
        let query = self.query.val().expand([batch, 1, d_model]);
        let memory = self.attention.key_value(memory, settings);
        let mask = pad_mask.reshape([batch, 1, 1, length]);
        self.attention.forward(query, &memory, Some(mask), settings, dropout).reshape([batch, d_model])
    }
}

/// p(z|x): `[μ ; ln σ²] = W₂ tanh(W₁ h + b₁)`; for points `μ` alone.
#[derive(Module, Debug)]
pub struct PriorHead {
    /// `[D, D/2]`, with bias.
    pub inner: Linear,
    /// `[D/2, 2Z]`, for points `[D/2, Z]`.
    pub outer: Linear,
}

impl PriorHead {
    /// A new head.
    pub fn new(config: &ModelConfig, latent: LatentKind, init: &Initializer<'_>) -> Self {
        let (d, half) = (config.d_model, config.d_model / 2);
        let width = head_width(config, latent);
        Self {
            inner: Linear::new([d, half], true, LinearInit::FanIn, &init.scope("inner")),
            outer: Linear::new([half, width], false, LinearInit::FanIn, &init.scope("outer")),
        }
    }

    /// # Shapes
    /// `pooled`: `[B, D]`; returns `[B, 2Z]` or `[B, Z]`, for [`gaussian`]
    pub fn forward(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.outer.forward(self.inner.forward(pooled).tanh())
    }
}

/// q(z|x,y): `[μ ; ln σ²] = W h`; for points `μ` alone.
#[derive(Module, Debug)]
pub struct PosteriorHead {
    /// `[D, 2Z]`, for points `[D, Z]`.
    pub outer: Linear,
}

impl PosteriorHead {
    /// A new head.
    pub fn new(config: &ModelConfig, latent: LatentKind, init: &Initializer<'_>) -> Self {
        let sizes = [config.d_model, head_width(config, latent)];
        Self { outer: Linear::new(sizes, false, LinearInit::FanIn, &init.scope("outer")) }
    }

    /// # Shapes
    /// `pooled`: `[B, D]`; returns `[B, 2Z]` or `[B, Z]`, for [`gaussian`]
    pub fn forward(&self, pooled: Tensor<2>) -> Tensor<2> {
        self.outer.forward(pooled)
    }
}

fn head_width(config: &ModelConfig, latent: LatentKind) -> usize {
    match latent {
        LatentKind::Gaussian => 2 * config.latent_size,
        LatentKind::Point { .. } => config.latent_size,
    }
}

/// What a head's output means; ln σ² is clamped to ± `log_variance_limit`, or fixed for points.
pub fn gaussian(output: Tensor<2>, latent: LatentKind, log_variance_limit: f32) -> Gaussian {
    match latent {
        LatentKind::Gaussian => {
            let mut halves = output.chunk(2, 1).into_iter();
            let mut next = || halves.next().expect("chunk(2) gives two");
            Gaussian { mean: next(), log_variance: next().clamp(-log_variance_limit, log_variance_limit) }
        }
        LatentKind::Point { deviation } => {
            let log_variance = Tensor::full(output.dims(), 2.0 * deviation.ln(), &output.device());
            Gaussian { mean: output, log_variance }
        }
    }
}

/// Predicts the words of a reply from its latent, for the bag-of-words loss.
#[derive(Module, Debug)]
pub struct BowHead {
    /// `[D + Z, H]` with tanh, for the form with a hidden layer.
    pub inner: Option<Linear>,
    /// `[Z, V]` or `[H, V]`, with bias.
    pub outer: Linear,
}

impl BowHead {
    /// A new head over `n_tokens` pieces.
    pub fn new(config: &ModelConfig, kind: BowHeadKind, n_tokens: usize, init: &Initializer<'_>) -> Self {
        let linear = |name: &str, sizes| Linear::new(sizes, true, LinearInit::FanIn, &init.scope(name));
        match kind {
            BowHeadKind::Linear => Self { inner: None, outer: linear("outer", [config.latent_size, n_tokens]) },
            BowHeadKind::Hidden(width) => Self {
                inner: Some(linear("inner", [config.d_model + config.latent_size, width])),
                outer: linear("outer", [width, n_tokens]),
            },
        }
    }

    /// Logits of every piece.
    ///
    /// # Shapes
    /// `context`: `[B, D]`; `z`: `[B, Z]`; returns `[B, V]`
    pub fn forward(&self, context: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        match &self.inner {
            Some(inner) => self.outer.forward(inner.forward(Tensor::cat(vec![context, z], 1)).tanh()),
            None => self.outer.forward(z),
        }
    }
}

/// C_t = lrelu(W_c [h_t ; z]): the only place where z meets the decoder.
///
/// W_c splits into W_h and W_z, so that one product with the hidden states serves every latent.
#[derive(Module, Debug)]
pub struct Combiner {
    /// W_c, `[D + Z, D]`: first W_h, then W_z.
    pub weight: Param<Tensor<2>>,
}

impl Combiner {
    /// A new combiner.
    pub fn new(config: &ModelConfig, init: &Initializer<'_>) -> Self {
        let fan_in = config.d_model + config.latent_size;
        let weight = init.scope("weight").uniform([fan_in, config.d_model], (1.0 / fan_in as f32).sqrt());
        Self { weight }
    }

    /// W_h h, for use with many latents.
    ///
    /// # Shapes
    /// `hidden`: `[B, T, D]`; returns `[B, T, D]`
    pub fn project_hidden(&self, hidden: Tensor<3>) -> Tensor<3> {
        let [batch, length, d_model] = hidden.dims();
        let hidden = hidden.reshape([batch * length, d_model]);
        affine(hidden, self.weight.val(), None, Block::new(0, 0, d_model)).reshape([batch, length, d_model])
    }

    /// W_z z, for use with many positions.
    ///
    /// # Shapes
    /// `z`: `[B, Z]`; returns `[B, D]`
    pub fn project_latent(&self, z: Tensor<2>) -> Tensor<2> {
        let [_, d_model] = self.weight.dims();
        affine(z, self.weight.val(), None, Block::new(d_model, 0, d_model))
    }

    /// lrelu(W_h h + W_z z).
    ///
    /// # Shapes
    /// `projected`: `[B, T, D]` from [`Combiner::project_hidden`]; `z`: `[B, Z]`; returns `[B, T, D]`
    pub fn combine(&self, projected: Tensor<3>, z: Tensor<2>) -> Tensor<3> {
        let latent = self.project_latent(z).unsqueeze_dim::<3>(1); // [B, 1, D]
        self.combine_projected(projected, latent)
    }

    /// lrelu of the sum of both halves, which broadcast.
    ///
    /// # Shapes
    /// `hidden`: from [`Combiner::project_hidden`]; `latent`: from [`Combiner::project_latent`]
    pub fn combine_projected<const D: usize>(&self, hidden: Tensor<D>, latent: Tensor<D>) -> Tensor<D> {
        leaky_relu(hidden + latent, LEAKY_SLOPE)
    }
}
