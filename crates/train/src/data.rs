//! Pairs as token ids, and how they are put into batches.

use rand::seq::SliceRandom;
use repartee_corpus::{Corpus, Split, Vocabulary};
use repartee_model::{Batch, RandomStreams, batch::Specials};

use crate::{config::BatchConfig, error::TrainError};

/// fairseq's `required_batch_size_multiple`.
const SENTENCE_MULTIPLE: usize = 8;

/// A split as token ids, in one block of memory.
#[derive(Clone, Debug, Default)]
pub struct PairSet {
    tokens: Vec<u32>,
    spans: Vec<Span>,
    /// Pairs left out because a side was empty or longer than `max_length`.
    pub n_dropped: u64,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    context: u32,
    response: u32,
}

impl PairSet {
    /// Encodes a split; `on_pairs` hears the number of pairs read now and then.
    ///
    /// # Errors
    /// When the split cannot be read, or no pair of it fits.
    pub fn load(
        corpus: &Corpus,
        split: Split,
        vocabulary: &Vocabulary,
        max_length: usize,
        mut on_pairs: impl FnMut(u64),
    ) -> Result<Self, TrainError> {
        let mut set = Self::default();
        for (idx, pair) in (1..).zip(corpus.pairs(split)?) {
            let pair = pair?;
            set.push(&vocabulary.encode(&pair.context)?, &vocabulary.encode(&pair.response)?, max_length);
            if idx % 1024 == 0 {
                on_pairs(idx);
            }
        }
        if set.spans.is_empty() {
            return Err(TrainError::NoPairs { split: split.to_string(), max_length });
        }
        Ok(set)
    }

    /// Appends a pair unless a side is empty or, with `</s>`, longer than `max_length`.
    pub fn push(&mut self, context: &[u32], response: &[u32], max_length: usize) {
        if context.is_empty() || response.is_empty() || context.len().max(response.len()) + 1 > max_length {
            self.n_dropped += 1;
            return;
        }
        let length = |side: &[u32]| u32::try_from(side.len()).expect("a side is at most `max_length` long");
        self.spans.push(Span { start: self.tokens.len(), context: length(context), response: length(response) });
        self.tokens.extend_from_slice(context);
        self.tokens.extend_from_slice(response);
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Token ids of one pair, without specials.
    pub fn pair(&self, idx: usize) -> (&[u32], &[u32]) {
        let Span { start, context, response } = self.spans[idx];
        self.tokens[start..start + (context + response) as usize].split_at(context as usize)
    }

    /// The longer side of a pair with its `</s>`.
    fn width(&self, idx: usize) -> usize {
        let Span { context, response, .. } = self.spans[idx];
        context.max(response) as usize + 1
    }

    /// The pairs `indices` as tensors.
    pub fn batch(&self, indices: &[usize], specials: Specials, device: &burn::tensor::Device) -> Batch {
        let (contexts, responses): (Vec<_>, Vec<_>) =
            indices.iter().map(|&idx| self.pair(idx)).map(|(x, y)| (x.to_vec(), y.to_vec())).unzip();
        Batch::new(&contexts, &responses, specials, device)
    }

    /// The batches of one epoch, in a random order of their own; each holds pairs of like length.
    ///
    /// # Errors
    /// When one pair alone exceeds the token budget.
    pub fn epoch(
        &self,
        config: &BatchConfig,
        streams: RandomStreams,
        epoch: u64,
    ) -> Result<Vec<Vec<usize>>, TrainError> {
        let mut rng = streams.stream("shuffle", &[epoch]);
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut rng);
        let mut batches = self.cut(order, config.tokens)?;
        batches.shuffle(&mut rng);
        Ok(batches)
    }

    /// Batches in a fixed order, for evaluation.
    ///
    /// # Errors
    /// When one pair alone exceeds the token budget.
    pub fn in_order(&self, config: &BatchConfig) -> Result<Vec<Vec<usize>>, TrainError> {
        self.cut((0..self.len()).collect(), config.tokens)
    }

    /// Sorts by length, keeping the order of equals, and cuts at the token budget, at a multiple of eight sentences.
    fn cut(&self, mut order: Vec<usize>, tokens: usize) -> Result<Vec<Vec<usize>>, TrainError> {
        order.sort_by_key(|&idx| (self.spans[idx].response, self.spans[idx].context));
        let mut batches = Vec::new();
        let mut batch: Vec<usize> = Vec::new();
        let mut width = 0;
        for idx in order {
            let length = self.width(idx);
            if length > tokens {
                return Err(TrainError::PairTooLong { length, tokens });
            }
            if width.max(length) * (batch.len() + 1) > tokens {
                let n_whole = batch.len() / SENTENCE_MULTIPLE * SENTENCE_MULTIPLE;
                let rest = batch.split_off(if n_whole == 0 { batch.len() } else { n_whole });
                batches.push(std::mem::replace(&mut batch, rest));
                width = batch.iter().map(|&idx| self.width(idx)).max().unwrap_or(0);
                // The remainder may still be too wide together with a longer pair; then it is a batch of its own.
                if width.max(length) * (batch.len() + 1) > tokens {
                    batches.push(std::mem::take(&mut batch));
                    width = 0;
                }
            }
            width = width.max(length);
            batch.push(idx);
        }
        batches.push(batch);
        batches.retain(|batch| !batch.is_empty());
        Ok(batches)
    }
}
