//! What a round of CBOW is made of: positions, their contexts and their noise.
//!
//! Owns every random draw of the training: which pieces are left out, how wide each context is, which pieces are noise.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;

use super::EmbeddingOptions;

/// Positions of a round; it ends with a sentence.
///
/// The scores of a round are those at its start, see `step`. So it is shorter where that would go wrong: with few pieces
/// it ends when the most frequent one is expected once (18 pieces learnt nothing in rounds of 72 positions and in the end
/// diverged in rounds of 36).
const ROUND_POSITIONS: usize = 128;

/// Positions in a row with the same noise pieces, which then stay in the cache.
///
/// Deviation: the word2vec program draws noise for every position. Shared noise has the same expectation (Ji et al. 2016,
/// "Parallelizing Word2Vec in Shared and Distributed Memory").
pub(super) const NOISE_GROUP: usize = 8;

/// Longest sentence; a longer one is cut, as in the word2vec program.
const MAX_SENTENCE: usize = 1000;

/// A stream of random numbers of its own for each purpose.
pub(super) fn stream(seed: u64, purpose: &str) -> ChaCha8Rng {
    let context = format!("repartee embedding {purpose}");
    ChaCha8Rng::from_seed(blake3::derive_key(&context, &seed.to_le_bytes()))
}

/// A piece of the text with its context.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Position {
    /// Number among the trained pieces.
    pub(super) piece: u32,
    /// First position of the context, in the round.
    pub(super) begin: u32,
    /// Position after the last of the context. The piece itself is in between and is not part of the context.
    pub(super) end: u32,
    /// One by the number of pieces in the context.
    pub(super) share: f32,
}

/// Sentences that are scored with the same vectors.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) positions: Vec<Position>,
    /// Noise pieces, `[groups, n_negatives]`.
    noise: Vec<u32>,
    pub(super) n_negatives: usize,
    /// Words read up to here, over all passes, those left out at random included.
    pub(super) words: u64,
}

impl Round {
    /// The noise of every position, in order.
    #[inline(always)]
    pub(super) fn noise(&self) -> impl Iterator<Item = &[u32]> {
        self.noise_groups().flat_map(|noise| std::iter::repeat_n(noise, NOISE_GROUP))
    }

    /// The noise of every [`NOISE_GROUP`] positions, in order.
    #[inline(always)]
    pub(super) fn noise_groups(&self) -> impl Iterator<Item = &[u32]> {
        self.noise.chunks_exact(self.n_negatives)
    }
}

/// Makes one round after the other.
pub(super) struct Sampler<'a> {
    sentences: &'a [Vec<u32>],
    /// Chance of each piece to stay in, of 2³².
    keep: Vec<u64>,
    noise: WeightedAliasIndex<f64>,
    window: usize,
    n_negatives: usize,
    random: ChaCha8Rng,
    sentence_idx: usize,
    epochs_left: usize,
    words: u64,
    kept: Vec<u32>,
    round_positions: usize,
}

impl<'a> Sampler<'a> {
    /// Over sentences of pieces with these counts, none of which is 0.
    pub(super) fn new(sentences: &'a [Vec<u32>], counts: &[u64], options: &EmbeddingOptions) -> Option<Self> {
        // c^¾ by square roots alone, which are exact to the last bit on any machine; `powf` is not.
        let weights = counts.iter().map(|&count| (count as f64).sqrt() * (count as f64).sqrt().sqrt()).collect();
        let keep = keep_chances(counts, options.sample);
        Some(Self {
            round_positions: round_positions(counts, &keep),
            sentences,
            keep,
            noise: WeightedAliasIndex::new(weights).ok()?,
            window: options.window,
            n_negatives: options.negatives,
            random: stream(options.seed, "draws"),
            sentence_idx: 0,
            epochs_left: options.epochs,
            words: 0,
            kept: Vec::new(),
        })
    }

    /// Makes the next round. It has no positions if the text is at its end.
    pub(super) fn fill(&mut self, round: &mut Round) {
        round.positions.clear();
        round.noise.clear();
        round.n_negatives = self.n_negatives;
        while round.positions.len() < self.round_positions && self.epochs_left > 0 {
            let Some(sentence) = self.sentences.get(self.sentence_idx) else {
                self.sentence_idx = 0;
                self.epochs_left -= 1;
                continue;
            };
            self.sentence_idx += 1;
            self.words += sentence.len() as u64;
            self.kept.clear();
            for &piece in sentence {
                let keep = self.keep[piece as usize];
                if keep > u64::from(u32::MAX) || u64::from(self.random.next_u32()) < keep {
                    self.kept.push(piece);
                }
            }
            for part in self.kept.chunks(MAX_SENTENCE) {
                place(part, self.window, &mut self.random, round);
            }
        }
        round.words = self.words;
        let n_noise = round.positions.len().div_ceil(NOISE_GROUP) * self.n_negatives;
        round.noise.extend((&self.noise).sample_iter(&mut self.random).take(n_noise).map(|piece| piece as u32));
    }
}

/// Appends the positions of a sentence. One piece alone has no context and is no position.
fn place(sentence: &[u32], window: usize, random: &mut impl Rng, round: &mut Round) {
    if sentence.len() < 2 {
        return;
    }
    let start = round.positions.len();
    for (place, &piece) in sentence.iter().enumerate() {
        let width = random.random_range(1..=window as u32) as usize;
        let (begin, end) = (place.saturating_sub(width), (place + width + 1).min(sentence.len()));
        round.positions.push(Position {
            piece,
            begin: (start + begin) as u32,
            end: (start + end) as u32,
            share: 1.0 / (end - begin - 1) as f32,
        });
    }
}

/// In how many positions the most frequent piece is expected once, at most [`ROUND_POSITIONS`].
fn round_positions(counts: &[u64], keep: &[u64]) -> usize {
    let kept = counts.iter().zip(keep).map(|(&count, &keep)| count as f64 * (keep as f64 / 2f64.powi(32)).min(1.0));
    let (total, most) = kept.fold((0.0, 0.0_f64), |(total, most), kept| (total + kept, most.max(kept)));
    ((total / most) as usize).clamp(1, ROUND_POSITIONS)
}

/// Chances to stay in, of 2³²: √(t/f) + t/f for a piece of relative frequency f and a threshold t, as the word2vec
/// program has it; the paper (Mikolov et al. 2013b) has √(t/f).
fn keep_chances(counts: &[u64], sample: f64) -> Vec<u64> {
    let total: u64 = counts.iter().sum();
    let chance = |&count: &u64| {
        let ratio = sample * total as f64 / count as f64;
        // Casts saturate: a chance above 1 is "always".
        if sample == 0.0 { u64::MAX } else { ((ratio.sqrt() + ratio) * 2f64.powi(32)) as u64 }
    };
    counts.iter().map(chance).collect()
}
