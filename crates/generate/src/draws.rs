//! Draws of z for a pair, from prior and posterior, with the reply's log-probability under each: one encoder pass and one
//! decoder pass, whatever the number of draws.

use burn::tensor::{Int, Tensor, TensorData};
use repartee_model::{
    Batch, Pass, RandomStreams, batch::Specials, losses::reconstruction::score, random::standard_normal,
};

use crate::{error::GenerateError, generator::Generator, latent::Latent};

/// How many draws of what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DrawOptions {
    /// From p(z|x).
    pub n_prior: usize,
    /// From q(z|x,y).
    pub n_posterior: usize,
    /// Names the draws.
    pub seed: u64,
    /// Most tokens of a side, `</s>` left out.
    pub max_tokens: usize,
}

/// Prior draws, then posterior draws, then the posterior's mean.
#[derive(Clone, Debug, PartialEq)]
pub struct Draws {
    /// z of each, `[Z]`.
    pub latents: Vec<Vec<f64>>,
    /// Σ_t log p(y_t | y_<t, x, z) / T of each, nats per token.
    pub log_probabilities: Vec<f64>,
    /// The names of the prior draws.
    pub z_seeds: Vec<u64>,
    /// T, `</s>` included.
    pub n_tokens: usize,
}

impl Generator<'_> {
    /// Draws of a pair.
    ///
    /// # Errors
    /// A side without tokens or with too many, a model with broken weights, a lost device.
    pub async fn draws(&self, context: &str, response: &str, options: &DrawOptions) -> Result<Draws, GenerateError> {
        let encode = |text: &str, side: &'static str| {
            let tokens = self.vocabulary.encode(text)?;
            if tokens.is_empty() || tokens.len() > options.max_tokens {
                let (text, n_tokens, most) = (text.to_owned(), tokens.len(), options.max_tokens);
                return Err(GenerateError::Side { side, text, n_tokens, most });
            }
            Ok(tokens)
        };
        let (source, target) = (encode(context, "context")?, encode(response, "response")?);
        let (model, device) = (self.model, self.device);
        let specials = Specials { pad: self.vocabulary.pad(), eos: self.vocabulary.eos() };
        let batch = Batch::new(&[source], &[target], specials, device);
        let trunk = model.trunk(&batch, &mut Pass::plain());

        let size = model.config().latent_size;
        let z_seeds: Vec<u64> =
            (0..options.n_prior as u64).map(|n| Latent::numbered(options.seed, context, n).z_seed).collect();
        let prior_noise: Vec<f32> = z_seeds.iter().flat_map(|&seed| Latent::new(seed).noise(size)).collect();
        let mut stream = RandomStreams::new(options.seed).stream(&format!("map {context} | {response}"), &[]);
        let mut posterior_noise = standard_normal(&mut stream, options.n_posterior * size);
        posterior_noise.extend(std::iter::repeat_n(0.0, size)); // The mean.

        let rows = |n: usize| Tensor::<1, Int>::from_data(TensorData::new(vec![0i32; n], [n]), device);
        let from = |noise: Vec<f32>| {
            let n = noise.len() / size;
            (n, Tensor::<2>::from_data(TensorData::new(noise, [n, size]), device))
        };
        let (n_prior, prior_noise) = from(prior_noise);
        let (n_posterior, posterior_noise) = from(posterior_noise);
        let z = Tensor::cat(
            vec![
                trunk.prior.select(&rows(n_prior)).sample(prior_noise),
                trunk.posterior.select(&rows(n_posterior)).sample(posterior_noise),
            ],
            0,
        );
        let n_tokens = batch.target.dims()[1];
        let scores = score(model, trunk.projected, z.clone().unsqueeze_dim::<3>(0), &batch);
        let nll = scores.nll_nats.into_data_async().await.map_err(GenerateError::device)?;
        let nll: Vec<f32> = nll.try_into_vec().expect("losses are f32");
        let log_probabilities: Vec<f64> = nll.into_iter().map(|nll| -f64::from(nll) / n_tokens as f64).collect();
        if !log_probabilities.iter().all(|value| value.is_finite()) {
            return Err(GenerateError::NotFinite { number: 1 });
        }
        let latents = z.into_data_async().await.map_err(GenerateError::device)?;
        let latents: Vec<f32> = latents.try_into_vec().expect("latents are f32");
        let latents = latents.chunks(size).map(|z| z.iter().copied().map(f64::from).collect()).collect();
        Ok(Draws { latents, log_probabilities, z_seeds, n_tokens })
    }
}
