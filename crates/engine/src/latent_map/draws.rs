//! Draws of one pair under one run.

use repartee_generate::{DrawOptions, Draws, block_on};

use super::{LatentMapOptions, MapPair};
use crate::{EngineError, LoadedRun};

pub(super) fn draw(run: &LoadedRun, pair: &MapPair, options: &LatentMapOptions) -> Result<Draws, EngineError> {
    let &LatentMapOptions { n_prior, n_posterior, seed, .. } = options;
    let options = DrawOptions { n_prior, n_posterior, seed, max_tokens: run.run.batch.max_length - 1 };
    Ok(block_on(run.generator().draws(&pair.context, &pair.response, &options))?)
}
