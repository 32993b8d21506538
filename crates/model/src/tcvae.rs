//! The Transformer CVAE (Wang & Wan 2019, as Sato et al. 2021 implement it): trunk, latent heads and output.

use burn::{
    module::Module,
    tensor::{Bool, Device, Tensor, TensorData},
};
use repartee_kernels::{Block, affine};

use crate::{
    batch::{Batch, TokenBatch},
    config::{Architecture, Heads, LatentKind, ModelConfig, ModelConfigError},
    gaussian::Gaussian,
    layers::{
        embedding::Embedding,
        initializer::Initializer,
        latent::{BowHead, Combiner, Pooling, PosteriorHead, PriorHead, gaussian},
        transformer::{DecoderLayer, DecoderMemory, EncoderLayer, LayerSettings},
    },
    pass::{Inputs, Pass},
    random::{Dropout, RandomStreams},
};

/// The parameters of a T-CVAE.
#[derive(Module, Debug)]
pub struct Tcvae {
    /// Source, target and output embedding.
    pub embedding: Embedding,
    /// Encoder layers; the decoder uses their weights too unless it has its own.
    pub encoder: Vec<EncoderLayer>,
    /// Decoder layers.
    pub decoder: Vec<DecoderLayer>,
    /// Sentence pooling for prior and posterior.
    pub pooling: Pooling,
    /// p(z|x).
    pub prior: PriorHead,
    /// q(z|x,y).
    pub posterior: PosteriorHead,
    /// Where z meets the decoder.
    pub combiner: Combiner,
    /// p(word|z), for training with a bag-of-words loss.
    pub bow: Option<BowHead>,
    #[module(skip)]
    config: ModelConfig,
    #[module(skip)]
    heads: Heads,
}

/// States of an encoder pass.
#[derive(Clone, Debug)]
pub struct Encoded {
    /// `[B, L, D]`.
    pub states: Tensor<3>,
    /// `true` = ignore, `[B, L]`.
    pub pad_mask: Tensor<2, Bool>,
}

/// The encoder's half of a batch: utterance and both distributions of its latent.
#[derive(Clone, Debug)]
pub struct Latents {
    /// Enc(x).
    pub source: Encoded,
    /// The pooled utterance, `[B, D]`.
    pub context: Tensor<2>,
    /// p(z|x).
    pub prior: Gaussian,
    /// q(z|x,y).
    pub posterior: Gaussian,
}

/// Everything about a batch that does not depend on the latent that is drawn: computed once for all K.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// The pooled utterance, `[B, D]`.
    pub context: Tensor<2>,
    /// p(z|x).
    pub prior: Gaussian,
    /// q(z|x,y).
    pub posterior: Gaussian,
    /// W_h h_t: the top decoder states through the combiner's half, `[B, T, D]`.
    pub projected: Tensor<3>,
}

impl Tcvae {
    /// A model with fresh parameters.
    ///
    /// # Errors
    /// When the configuration contradicts itself.
    pub fn new(architecture: &Architecture, streams: RandomStreams, device: &Device) -> Result<Self, ModelConfigError> {
        let Architecture { config, heads, vocabulary_size, pad } = architecture;
        config.validate()?;
        let init = Initializer::new(streams, device);
        let layer = |part: &str, idx: usize| init.scope(part).scope(idx);
        Ok(Self {
            embedding: Embedding::new([*vocabulary_size, config.d_model], *pad, &init.scope("embedding")),
            encoder: (0..config.n_layers).map(|idx| EncoderLayer::new(config, &layer("encoder", idx))).collect(),
            decoder: (0..config.n_layers).map(|idx| DecoderLayer::new(config, &layer("decoder", idx))).collect(),
            pooling: Pooling::new(config, &init.scope("pooling")),
            prior: PriorHead::new(config, heads.latent, &init.scope("prior")),
            posterior: PosteriorHead::new(config, heads.latent, &init.scope("posterior")),
            combiner: Combiner::new(config, &init.scope("combiner")),
            bow: heads.bow.map(|kind| BowHead::new(config, kind, *vocabulary_size, &init.scope("bow"))),
            config: config.clone(),
            heads: *heads,
        })
    }

    /// The sizes it was built with.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// What its method decided.
    pub fn heads(&self) -> Heads {
        self.heads
    }

    fn settings(&self) -> LayerSettings {
        LayerSettings::from(&self.config)
    }

    /// Enc(tokens).
    ///
    /// # Shapes
    /// `tokens`: `[B, L]`; returns `[B, L, D]`
    pub fn encode(&self, tokens: &TokenBatch, pass: &mut Pass) -> Encoded {
        let [batch, length] = tokens.dims();
        let mask = tokens.pad_mask.clone().reshape([batch, 1, 1, length]);
        let mut x = self.embed(tokens, pass);
        for idx in 0..self.encoder.len() {
            let inputs = Inputs { states: vec![x], masks: vec![mask.clone()], ids: Vec::new() };
            x = pass.segment(self, inputs, move |model, inputs, dropout| {
                let Inputs { states, masks, .. } = inputs;
                model.encoder[idx].forward(states[0].clone(), masks[0].clone(), model.settings(), dropout)
            });
        }
        Encoded { states: x, pad_mask: tokens.pad_mask.clone() }
    }

    fn embed(&self, tokens: &TokenBatch, pass: &mut Pass) -> Tensor<3> {
        let inputs = Inputs { ids: vec![tokens.ids.clone()], ..Inputs::default() };
        pass.segment(self, inputs, |model, inputs, dropout| {
            model.embedding.forward(inputs.ids[0].clone(), 0, dropout, model.config.dropout)
        })
    }

    /// The pooled utterance, from which the prior is made.
    ///
    /// # Shapes
    /// returns `[B, D]`
    pub fn context(&self, source: &Encoded, dropout: &mut Dropout) -> Tensor<2> {
        self.pooling.forward(source.states.clone(), source.pad_mask.clone(), self.settings().attention, dropout)
    }

    /// p(z|x).
    ///
    /// # Shapes
    /// `context`: `[B, D]` from [`Tcvae::context`]
    pub fn prior(&self, context: Tensor<2>) -> Gaussian {
        self.gaussian(self.prior.forward(context))
    }

    /// q(z|x,y): pooled over the states of both, concatenated in time; x and y do not attend to each other. Where
    /// latents are points it is made from the response alone, as in SpaceFusion.
    pub fn posterior(&self, source: &Encoded, response: &Encoded, dropout: &mut Dropout) -> Gaussian {
        let memory = match self.heads.latent {
            LatentKind::Gaussian => Encoded {
                states: Tensor::cat(vec![source.states.clone(), response.states.clone()], 1), // [B, S + T, D]
                pad_mask: Tensor::cat(vec![source.pad_mask.clone(), response.pad_mask.clone()], 1),
            },
            LatentKind::Point { .. } => response.clone(),
        };
        self.gaussian(self.posterior.forward(self.context(&memory, dropout)))
    }

    fn gaussian(&self, head_output: Tensor<2>) -> Gaussian {
        gaussian(head_output, self.heads.latent, self.config.log_variance_limit)
    }

    /// Top decoder states of a whole target at once. Independent of z.
    ///
    /// # Shapes
    /// `input`: `[B, T]`; returns `[B, T, D]`
    pub fn decode(&self, input: &TokenBatch, source: &Encoded, pass: &mut Pass) -> Tensor<3> {
        let [_, length] = input.dims();
        let masks = vec![causal_mask(length, &input.ids.device()), source_mask(source)];
        let mut x = self.embed(input, pass);
        for idx in 0..self.decoder.len() {
            let states = vec![x, source.states.clone()];
            let inputs = Inputs { states, masks: masks.clone(), ids: Vec::new() };
            x = pass.segment(self, inputs, move |model, Inputs { states, masks, .. }, dropout| {
                let (layer, encoder, settings) = (&model.decoder[idx], &model.encoder[idx], model.settings());
                let memory = DecoderMemory {
                    causal_mask: masks[0].clone(),
                    source: &layer.source_key_value(encoder, states[1].clone(), settings),
                    source_mask: masks[1].clone(),
                };
                layer.forward(encoder, states[0].clone(), memory, settings, dropout)
            });
        }
        x
    }

    /// Utterance, prior and posterior of a batch.
    pub fn latents(&self, batch: &Batch, pass: &mut Pass) -> Latents {
        let source = self.encode(&batch.source, pass);
        let response = self.encode(&batch.decoder_input, pass);
        let context = self.context(&source, &mut pass.dropout);
        let posterior = self.posterior(&source, &response, &mut pass.dropout);
        Latents { prior: self.prior(context.clone()), source, context, posterior }
    }

    /// The decoder states of a batch, ready for a latent.
    ///
    /// # Shapes
    /// returns `[B, T, D]`
    pub fn projected(&self, batch: &Batch, source: &Encoded, pass: &mut Pass) -> Tensor<3> {
        self.combiner.project_hidden(self.decode(&batch.decoder_input, source, pass))
    }

    /// Prior, posterior and decoder states of a batch: one pass, whatever the number of latents.
    pub fn trunk(&self, batch: &Batch, pass: &mut Pass) -> Trunk {
        let Latents { source, context, prior, posterior } = self.latents(batch, pass);
        Trunk { context, prior, posterior, projected: self.projected(batch, &source, pass) }
    }

    /// Logits of the next token: C Eᵀ with the tied embedding and no bias.
    ///
    /// # Shapes
    /// `combined`: `[N, D]`; returns `[N, V]`
    pub fn logits(&self, combined: Tensor<2>) -> Tensor<2> {
        let embedding = self.embedding.weight.val();
        let block = Block::new(0, 0, embedding.dims()[0]);
        affine(combined, embedding.transpose(), None, block)
    }
}

/// `true` = ignore, `[B, 1, 1, S]`.
fn source_mask(source: &Encoded) -> Tensor<4, Bool> {
    let [batch, length] = source.pad_mask.dims();
    source.pad_mask.clone().reshape([batch, 1, 1, length])
}

/// `true` above the diagonal: a position does not see later ones. `[1, 1, T, T]`.
fn causal_mask(length: usize, device: &Device) -> Tensor<4, Bool> {
    let later: Vec<bool> = (0..length).flat_map(|t| (0..length).map(move |s| s > t)).collect();
    Tensor::from_data(TensorData::new(later, [1, 1, length, length]), device)
}
