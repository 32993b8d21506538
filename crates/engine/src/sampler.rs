//! What a model in training says to some utterances of dev.

use std::collections::BTreeSet;

use repartee_corpus::{Corpus, Split, Vocabulary};
use repartee_generate::{Controls, GenerateOptions, Generator, Greedy, Strategy};
use repartee_model::Tcvae;
use repartee_train::{
    RunFile,
    samples::{Sample, Sampler},
};

use crate::{device::ComputeDevice, error::EngineError};

const N_UTTERANCES: usize = 4;
const N_REPLIES: usize = 3;

/// Utterances are chosen among those of so many pairs.
const N_PAIRS: usize = 2_000;

/// Samples show what a model has learnt, not how it goes on.
const MAX_LENGTH: usize = 40;

/// The same utterances and latents at each evaluation, so that what differs is the model.
#[derive(Debug)]
pub(crate) struct DevSampler<'a> {
    vocabulary: &'a Vocabulary,
    device: &'a ComputeDevice,
    utterances: Vec<String>,
    options: GenerateOptions,
}

impl<'a> DevSampler<'a> {
    /// Chooses the utterances.
    pub(crate) fn new(
        run: &RunFile,
        corpus: &Corpus,
        vocabulary: &'a Vocabulary,
        device: &'a ComputeDevice,
    ) -> Result<Self, EngineError> {
        let mut all = BTreeSet::new();
        for pair in corpus.pairs(Split::Dev)?.take(N_PAIRS) {
            all.insert(pair?.context);
        }
        let step = (all.len() / N_UTTERANCES).max(1);
        Ok(Self {
            vocabulary,
            device,
            utterances: all.into_iter().step_by(step).take(N_UTTERANCES).collect(),
            options: GenerateOptions {
                strategy: Strategy::Greedy(Greedy {}),
                controls: Controls::default(),
                n_samples: N_REPLIES,
                max_length: run.decoding.max_length.min(MAX_LENGTH),
                seed: run.seed,
            },
        })
    }
}

impl Sampler for DevSampler<'_> {
    fn samples(&self, model: &Tcvae) -> Option<Vec<Sample>> {
        let generator = Generator { model, vocabulary: self.vocabulary, device: &self.device.device };
        let replies = generator.replies(&self.utterances, &self.options).ok()?;
        let sample = |(utterance, replies): (&String, Vec<repartee_generate::Reply>)| Sample {
            utterance: utterance.clone(),
            replies: replies.into_iter().map(|reply| reply.text).collect(),
        };
        Some(self.utterances.iter().zip(replies).map(sample).collect())
    }
}
