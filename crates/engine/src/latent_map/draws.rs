//! Draws of one pair under one run, with the reply's log-probability under each: one encoder pass and one decoder pass,
//! whatever the number of draws.

use burn::tensor::{Int, Tensor, TensorData};
use repartee_generate::Latent;
use repartee_model::{
    Batch, Pass, RandomStreams, batch::Specials, losses::reconstruction::score, random::standard_normal,
};

use super::{LatentMapOptions, MapPair};
use crate::{EngineError, LoadedRun};

/// Prior draws, then posterior draws, then the posterior's mean.
pub(super) struct Draws {
    pub(super) latents: Vec<Vec<f64>>,
    /// Nats per token.
    pub(super) log_probabilities: Vec<f64>,
    /// The names of the prior draws.
    pub(super) z_seeds: Vec<u64>,
    pub(super) n_tokens: usize,
}

pub(super) fn draw(run: &LoadedRun, pair: &MapPair, options: &LatentMapOptions) -> Result<Draws, EngineError> {
    let encode = |text: &str, side: &str| {
        let tokens = run.vocabulary.encode(text)?;
        let most = run.run.batch.max_length - 1;
        if tokens.is_empty() || tokens.len() > most {
            let message = format!("the {side} `{text}` has {} tokens; give 1 to {most}", tokens.len());
            return Err(EngineError::Map { message });
        }
        Ok(tokens)
    };
    let (context, response) = (encode(&pair.context, "context")?, encode(&pair.response, "response")?);
    let (model, device) = (&run.model, &run.device.device);
    let specials = Specials { pad: run.vocabulary.pad(), eos: run.vocabulary.eos() };
    let batch = Batch::new(&[context], &[response], specials, device);
    let trunk = model.trunk(&batch, &mut Pass::plain());

    let size = model.config().latent_size;
    let z_seeds: Vec<u64> =
        (0..options.n_prior as u64).map(|n| Latent::numbered(options.seed, &pair.context, n).z_seed).collect();
    let prior_noise: Vec<f32> = z_seeds.iter().flat_map(|&seed| Latent::new(seed).noise(size)).collect();
    let mut stream = RandomStreams::new(options.seed).stream(&format!("map {} | {}", pair.context, pair.response), &[]);
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
    let nll: Vec<f32> = scores.nll_nats.into_data().try_into_vec().expect("losses are f32");
    let log_probabilities: Vec<f64> = nll.into_iter().map(|nll| -f64::from(nll) / n_tokens as f64).collect();
    if !log_probabilities.iter().all(|value| value.is_finite()) {
        let message = format!("a latent of `{}` gives no finite probability; the model is broken", pair.context);
        return Err(EngineError::Map { message });
    }
    let latents: Vec<f32> = z.into_data().try_into_vec().expect("latents are f32");
    let latents = latents.chunks(size).map(|z| z.iter().copied().map(f64::from).collect()).collect();
    Ok(Draws { latents, log_probabilities, z_seeds, n_tokens })
}
