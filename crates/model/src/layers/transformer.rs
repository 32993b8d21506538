//! The encoder and decoder stacks: post-norm, LeakyReLU, decoder layers that share the encoder's weights by default.

use burn::{
    module::Module,
    nn::{LayerNorm, LayerNormConfig},
    tensor::{Bool, Tensor},
};
use repartee_kernels::leaky_relu;

use super::{
    attention::{Attention, AttentionSettings, KeyValue},
    initializer::Initializer,
    linear::{Linear, LinearInit},
};
use crate::{config::ModelConfig, random::Dropout};

/// The slope of LeakyReLU below zero.
pub const LEAKY_SLOPE: f32 = 0.01;

/// The rates and heads that a forward pass needs.
#[derive(Clone, Copy, Debug)]
pub struct LayerSettings {
    /// Heads and attention dropout.
    pub attention: AttentionSettings,
    /// Dropout after attention and feed-forward.
    pub dropout: f32,
    /// Dropout inside feed-forward.
    pub activation_dropout: f32,
}

impl From<&ModelConfig> for LayerSettings {
    fn from(config: &ModelConfig) -> Self {
        Self {
            attention: AttentionSettings { n_heads: config.n_heads, dropout: config.attention_dropout },
            dropout: config.dropout,
            activation_dropout: config.activation_dropout,
        }
    }
}

/// W₂ lrelu(W₁ x + b₁) + b₂.
#[derive(Module, Debug)]
pub struct FeedForward {
    /// `[D, F]`.
    pub inner: Linear,
    /// `[F, D]`.
    pub outer: Linear,
}

impl FeedForward {
    fn new(config: &ModelConfig, init: &Initializer<'_>) -> Self {
        let (d, f) = (config.d_model, config.d_feedforward);
        Self {
            inner: Linear::new([d, f], true, LinearInit::Xavier, &init.scope("inner")),
            outer: Linear::new([f, d], true, LinearInit::Xavier, &init.scope("outer")),
        }
    }

    fn forward(&self, x: Tensor<3>, settings: LayerSettings, dropout: &mut Dropout) -> Tensor<3> {
        let inner = leaky_relu(self.inner.forward(x), LEAKY_SLOPE);
        self.outer.forward(dropout.apply(inner, settings.activation_dropout))
    }

    /// Without dropout.
    ///
    /// # Shapes
    /// `x`: `[N, D]`; returns `[N, D]`
    pub(crate) fn infer(&self, x: Tensor<2>) -> Tensor<2> {
        self.outer.forward(leaky_relu(self.inner.forward(x), LEAKY_SLOPE))
    }
}

/// One encoder layer.
#[derive(Module, Debug)]
pub struct EncoderLayer {
    /// Self-attention.
    pub attention: Attention,
    /// Feed-forward.
    pub feed_forward: FeedForward,
    /// Norm after self-attention.
    pub attention_norm: LayerNorm,
    /// Norm after feed-forward.
    pub feed_forward_norm: LayerNorm,
}

impl EncoderLayer {
    /// A new layer.
    pub fn new(config: &ModelConfig, init: &Initializer<'_>) -> Self {
        Self {
            attention: Attention::new(config.d_model, &init.scope("attention")),
            feed_forward: FeedForward::new(config, &init.scope("feed_forward")),
            attention_norm: layer_norm(config, init),
            feed_forward_norm: layer_norm(config, init),
        }
    }

    /// # Shapes
    /// `x`: `[B, S, D]`; `mask`: `[B, 1, 1, S]`; returns `[B, S, D]`
    pub fn forward(
        &self,
        x: Tensor<3>,
        mask: Tensor<4, Bool>,
        settings: LayerSettings,
        dropout: &mut Dropout,
    ) -> Tensor<3> {
        let memory = self.attention.key_value(x.clone(), settings.attention);
        let attended = self.attention.forward(x.clone(), &memory, Some(mask), settings.attention, dropout);
        let x = normalised(&self.attention_norm, x + dropout.apply(attended, settings.dropout));
        let y = self.feed_forward.forward(x.clone(), settings, dropout);
        normalised(&self.feed_forward_norm, x + dropout.apply(y, settings.dropout))
    }
}

/// The decoder's own attention and feed-forward weights, when they are not the encoder's.
#[derive(Module, Debug)]
pub struct OwnWeights {
    /// Self-attention.
    pub self_attention: Attention,
    /// Attention over the encoder's states.
    pub cross_attention: Attention,
    /// Feed-forward.
    pub feed_forward: FeedForward,
}

/// One decoder layer: its norms, and weights of its own unless they are shared.
#[derive(Module, Debug)]
pub struct DecoderLayer {
    /// `None`: self-attention, cross-attention and feed-forward all are the encoder layer's.
    pub own: Option<OwnWeights>,
    /// Norm after self-attention.
    pub self_attention_norm: LayerNorm,
    /// Norm after cross-attention.
    pub cross_attention_norm: LayerNorm,
    /// Norm after feed-forward.
    pub feed_forward_norm: LayerNorm,
}

/// The three blocks that a decoder layer computes with.
pub(crate) struct Blocks<'a> {
    pub(crate) self_attention: &'a Attention,
    pub(crate) cross_attention: &'a Attention,
    pub(crate) feed_forward: &'a FeedForward,
}

/// What a decoder layer reads beside its input.
#[derive(Clone, Debug)]
pub struct DecoderMemory<'a> {
    /// `true` = ignore, `[1, 1, T, T]`.
    pub causal_mask: Tensor<4, Bool>,
    /// Keys and values of the encoder's states.
    pub source: &'a KeyValue,
    /// `true` = ignore, `[B, 1, 1, S]`.
    pub source_mask: Tensor<4, Bool>,
}

impl DecoderLayer {
    /// A new layer.
    pub fn new(config: &ModelConfig, init: &Initializer<'_>) -> Self {
        let own = (!config.share_decoder).then(|| OwnWeights {
            self_attention: Attention::new(config.d_model, &init.scope("self_attention")),
            cross_attention: Attention::new(config.d_model, &init.scope("cross_attention")),
            feed_forward: FeedForward::new(config, &init.scope("feed_forward")),
        });
        Self {
            own,
            self_attention_norm: layer_norm(config, init),
            cross_attention_norm: layer_norm(config, init),
            feed_forward_norm: layer_norm(config, init),
        }
    }

    pub(crate) fn blocks<'a>(&'a self, encoder: &'a EncoderLayer) -> Blocks<'a> {
        match &self.own {
            Some(OwnWeights { self_attention, cross_attention, feed_forward }) => {
                Blocks { self_attention, cross_attention, feed_forward }
            }
            None => Blocks {
                self_attention: &encoder.attention,
                cross_attention: &encoder.attention,
                feed_forward: &encoder.feed_forward,
            },
        }
    }

    /// Keys and values of the encoder's states for this layer, computed once per source.
    pub fn source_key_value(&self, encoder: &EncoderLayer, states: Tensor<3>, settings: LayerSettings) -> KeyValue {
        self.blocks(encoder).cross_attention.key_value(states, settings.attention)
    }

    /// # Shapes
    /// `x`: `[B, T, D]`; returns `[B, T, D]`
    pub fn forward(
        &self,
        encoder: &EncoderLayer,
        x: Tensor<3>,
        memory: DecoderMemory<'_>,
        settings: LayerSettings,
        dropout: &mut Dropout,
    ) -> Tensor<3> {
        let blocks = self.blocks(encoder);
        let itself = blocks.self_attention.key_value(x.clone(), settings.attention);
        let mask = Some(memory.causal_mask);
        let attended = blocks.self_attention.forward(x.clone(), &itself, mask, settings.attention, dropout);
        let x = normalised(&self.self_attention_norm, x + dropout.apply(attended, settings.dropout));
        let crossed = blocks.cross_attention.forward(
            x.clone(),
            memory.source,
            Some(memory.source_mask),
            settings.attention,
            dropout,
        );
        let x = normalised(&self.cross_attention_norm, x + dropout.apply(crossed, settings.dropout));
        let y = blocks.feed_forward.forward(x.clone(), settings, dropout);
        normalised(&self.feed_forward_norm, x + dropout.apply(y, settings.dropout))
    }
}

/// ε of every norm.
const NORM_EPSILON: f64 = 1e-5;

fn layer_norm(config: &ModelConfig, init: &Initializer<'_>) -> LayerNorm {
    LayerNormConfig::new(config.d_model).with_epsilon(NORM_EPSILON).init(init.device())
}

/// # Shapes
/// `x`: `[…, D]`; returns the same
pub(crate) fn normalised<const N: usize>(norm: &LayerNorm, x: Tensor<N>) -> Tensor<N> {
    match &norm.beta {
        Some(beta) => repartee_kernels::layer_norm(x, norm.gamma.val(), beta.val(), NORM_EPSILON),
        None => norm.forward(x),
    }
}
