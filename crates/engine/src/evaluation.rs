//! Automatic evaluation of a run on a split: generated replies against references, and the parts of the ELBO.

use std::{collections::BTreeMap, path::Path};

use repartee_corpus::{Corpus, Language, Split};
use repartee_generate::{Controls, GenerateOptions, Reply, Strategy};
use repartee_metrics::{
    Interner, Metric, Sample, Segmentation, Text,
    metrics::{bleu::BLEU, distinct::DISTINCT_1, distinct::DISTINCT_2, length::LENGTH},
};
use repartee_model::{RandomStreams, batch::Specials};
use repartee_train::{data::PairSet, evaluation::Evaluator};
use serde::Serialize;

use crate::{error::EngineError, run::LoadedRun};

/// Utterances decoded together.
const UTTERANCES_PER_BATCH: usize = 64;

/// What to evaluate.
#[derive(Clone, Debug)]
pub struct EvaluateOptions {
    /// The split.
    pub split: Split,
    /// Seed of latents and draws.
    pub seed: u64,
    /// Replies are cut after this many tokens.
    pub max_length: usize,
    /// Score the first so many utterances only.
    pub limit: Option<usize>,
    /// How tokens are chosen.
    pub strategy: Strategy,
    /// What a reply may repeat.
    pub controls: Controls,
}

/// The scores of a run on a split.
#[derive(Clone, Debug, Serialize)]
pub struct Scores {
    /// The split.
    pub split: String,
    /// Updates that the model has seen.
    pub update: u64,
    /// Distinct utterances replied to, one latent each.
    pub n_utterances: usize,
    /// Corpus BLEU-4 in percent against each utterance's first reference, as in the paper.
    pub bleu: f64,
    /// Corpus BLEU-4 against all references of each utterance.
    pub bleu_all_references: f64,
    /// Distinct unigrams in percent of all.
    pub distinct_1: f64,
    /// Distinct bigrams in percent of all.
    pub distinct_2: f64,
    /// The references' distinct-1, over as many replies.
    pub reference_distinct_1: f64,
    /// The references' distinct-2, over as many replies.
    pub reference_distinct_2: f64,
    /// Average length of replies in tokens of the metrics.
    pub length_tokens_per_reply: f64,
    /// Average length of the first references.
    pub reference_length_tokens_per_reply: f64,
    /// Replies that were cut at the length limit.
    pub n_unfinished: usize,
    /// Pairs behind the figures below.
    pub n_pairs: u64,
    /// KL(q‖p), nats per sentence; none where latents are points.
    pub kl_nats_per_sentence: Option<f64>,
    /// NLL under a posterior latent, nats per sentence.
    pub nll_nats_per_sentence: f64,
    /// The same per token.
    pub nll_nats_per_token: f64,
    /// NLL under a prior latent, nats per sentence.
    pub nll_prior_nats_per_sentence: f64,
    /// How text was cut into tokens for BLEU, dist-n and length.
    pub segmentation: &'static str,
}

impl LoadedRun {
    /// Scores the run on a split of the corpus in `corpus_dir`; `on_utterances` hears how many are done of how many.
    ///
    /// # Errors
    /// An unreadable corpus, or one whose split the run was not made with.
    pub fn evaluate(
        &self,
        corpus_dir: &Path,
        options: &EvaluateOptions,
        on_utterances: &mut dyn FnMut(usize, usize),
    ) -> Result<Scores, EngineError> {
        let corpus = Corpus::open(corpus_dir)?;
        let split = options.split;
        if corpus.manifest().splits[split.name()].blake3 != self.manifest.corpus_blake3[split.name()] {
            return Err(EngineError::OtherCorpus { path: corpus_dir.to_owned(), split: split.to_string() });
        }
        let (utterances, references) = utterances_of(&corpus, split, options.limit)?;
        let generate = GenerateOptions {
            strategy: options.strategy,
            controls: options.controls,
            n_samples: 1,
            max_length: options.max_length,
            seed: options.seed,
        };
        let mut replies = Vec::with_capacity(utterances.len());
        for batch in utterances.chunks(UTTERANCES_PER_BATCH) {
            let best = |replies: Vec<Reply>| replies.into_iter().next().expect("every latent gives a reply");
            replies.extend(self.replies(batch, &generate)?.into_iter().map(best));
            on_utterances(replies.len(), utterances.len());
        }
        let pairs = PairSet::load(&corpus, split, &self.vocabulary, self.run.batch.max_length, |_| ())?;
        let specials = Specials { pad: self.vocabulary.pad(), eos: self.vocabulary.eos() };
        let evaluator =
            Evaluator { pairs: &pairs, specials, run: &self.run, streams: RandomStreams::new(options.seed) };
        let elbo = evaluator.evaluate(&self.model)?;
        let segmentation = default_segmentation(corpus.manifest().language);
        let mut interner = Interner::default();
        let mut text = |text: &str| interner.text(text, segmentation);
        let draws: Vec<Vec<Text>> = vec![replies.iter().map(|reply| text(&reply.text)).collect()];
        let all: Vec<Vec<Text>> =
            references.iter().map(|texts| texts.iter().map(|reference| text(reference)).collect()).collect();
        let first: Vec<Vec<Text>> = all.iter().map(|references| references[..1].to_vec()).collect();
        let first_as_replies = [first.concat()];
        let sample = |draws, references| Sample::new(draws, references);
        let against_first = sample(&draws, &first)?;
        let against_all = sample(&draws, &all)?;
        let of_references = sample(&first_as_replies, &first)?;
        let value = |metric: &dyn Metric, sample: &Sample<'_>| {
            metric.value(sample).expect("these metrics are defined wherever there are replies and references")
        };
        Ok(Scores {
            split: split.to_string(),
            update: self.update,
            n_utterances: utterances.len(),
            bleu: value(&BLEU, &against_first),
            bleu_all_references: value(&BLEU, &against_all),
            distinct_1: value(&DISTINCT_1, &against_first),
            distinct_2: value(&DISTINCT_2, &against_first),
            reference_distinct_1: value(&DISTINCT_1, &of_references),
            reference_distinct_2: value(&DISTINCT_2, &of_references),
            length_tokens_per_reply: value(&LENGTH, &against_first),
            reference_length_tokens_per_reply: value(&LENGTH, &of_references),
            n_unfinished: replies.iter().filter(|reply| !reply.finished).count(),
            n_pairs: elbo.n_sentences,
            kl_nats_per_sentence: elbo.kl_nats_per_sentence,
            nll_nats_per_sentence: elbo.nll_nats_per_sentence,
            nll_nats_per_token: elbo.nll_nats_per_token,
            nll_prior_nats_per_sentence: elbo.nll_prior_nats_per_sentence,
            segmentation: segmentation.name(),
        })
    }
}

/// How replies in a language are cut for scoring: English as the authors do; Japanese by character, which needs no
/// dictionary.
#[must_use]
pub fn default_segmentation(language: Language) -> Segmentation {
    match language {
        Language::English => Segmentation::Moses,
        Language::Japanese => Segmentation::Characters,
    }
}

/// The distinct utterances of a split in the order of their first occurrence, with all their references.
pub(crate) fn utterances_of(
    corpus: &Corpus,
    split: Split,
    limit: Option<usize>,
) -> Result<(Vec<String>, Vec<Vec<String>>), EngineError> {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let (mut utterances, mut references) = (Vec::new(), Vec::<Vec<String>>::new());
    for pair in corpus.pairs(split)? {
        let pair = pair?;
        let idx = *index.entry(pair.context.clone()).or_insert_with(|| {
            utterances.push(pair.context);
            references.push(Vec::new());
            utterances.len() - 1
        });
        references[idx].push(pair.response);
    }
    let n = limit.unwrap_or(usize::MAX).min(utterances.len());
    utterances.truncate(n);
    references.truncate(n);
    Ok((utterances, references))
}
