//! CBOW with negative sampling (Mikolov et al. 2013a, 2013b) as the word2vec program trains it.
//!
//! Owns the order of things: which pieces are trained, rounds, the learning rate, the loss.
//!
//! Deviation: the word2vec program lets threads write to the same vectors at once, so that no two of its results are
//! equal. Here a round of some 128 positions is scored with the vectors at its start, and threads share out the columns;
//! `step` keeps that stable.
//! Deviation: it ends the exponent at ±6 and reads σ from a table of 1,000 entries. Here σ is computed.
//! Deviation: it draws line ends as noise, since it counts them as a word. Here they are none.

use rand::RngExt;
use rayon::prelude::*;

use super::panel::{Block, Panel, WIDTH};
use super::sampler::{Round, Sampler, stream};
use super::step::Stepper;
use super::{EmbeddingOptions, EmbeddingProgress};
use crate::CorpusError;

/// The vectors of the trained pieces.
pub(super) struct Trained {
    /// Piece numbers by falling frequency.
    pub(super) ids: Vec<u32>,
    /// Row by row, `[ids, size]`.
    pub(super) values: Vec<f32>,
}

/// Trains on sentences of piece numbers below `n_pieces`.
pub(super) fn train(
    pool: &rayon::ThreadPool,
    mut sentences: Vec<Vec<u32>>,
    n_pieces: usize,
    options: &EmbeddingOptions,
    progress: &mut dyn FnMut(EmbeddingProgress),
) -> Result<Trained, CorpusError> {
    let (ids, counts) = frequent(&sentences, n_pieces, options.min_count);
    renumber(&mut sentences, &ids, n_pieces);
    let mut sampler = Sampler::new(&sentences, &counts, options)
        .ok_or(CorpusError::NoEmbeddedPiece { min_count: options.min_count })?;
    let total_words = counts.iter().sum::<u64>() * options.epochs as u64;
    let mut panels = start_panels(ids.len(), options, pool.current_num_threads());
    let mut stepper = Stepper::new(ids.len(), options.negatives);
    let mut reports = Reports { loss_nats: 0.0, n_positions: 0, next_words: 0, total_words };
    reports.tell(0, progress);
    let (mut round, mut next) = (Round::default(), Round::default());
    sampler.fill(&mut round);
    while !round.positions.is_empty() {
        let left = 1.0 - round.words as f64 / (total_words + 1) as f64;
        let learning_rate = options.learning_rate * left.max(1e-4) as f32;
        // The next round is drawn while this one is computed.
        pool.join(|| run_round(&mut panels, &mut stepper, &round, learning_rate), || sampler.fill(&mut next));
        reports.count(&round, stepper.scores(), progress);
        std::mem::swap(&mut round, &mut next);
    }
    reports.end(progress);
    Ok(Trained { values: join_panels(&panels, ids.len(), options.size), ids })
}

/// The pieces that occur at least `min_count` times, the most frequent first, and how often they do.
fn frequent(sentences: &[Vec<u32>], n_pieces: usize, min_count: u64) -> (Vec<u32>, Vec<u64>) {
    let mut counts = vec![0_u64; n_pieces];
    for &id in sentences.iter().flatten() {
        counts[id as usize] += 1;
    }
    let mut ids: Vec<u32> = (0..n_pieces as u32).filter(|&id| counts[id as usize] >= min_count.max(1)).collect();
    ids.sort_by_key(|&id| (std::cmp::Reverse(counts[id as usize]), id));
    let counts = ids.iter().map(|&id| counts[id as usize]).collect();
    (ids, counts)
}

/// Numbers the frequent pieces by rank and drops the others. Contexts reach over what was dropped.
fn renumber(sentences: &mut [Vec<u32>], ids: &[u32], n_pieces: usize) {
    let mut ranks = vec![u32::MAX; n_pieces];
    for (rank, &id) in ids.iter().enumerate() {
        ranks[id as usize] = rank as u32;
    }
    for sentence in sentences {
        sentence.iter_mut().for_each(|id| *id = ranks[*id as usize]);
        sentence.retain(|&rank| rank != u32::MAX);
    }
}

/// Input vectors uniform in ±½/size, cut into as many panels as there are threads to work on them, as far as the blocks
/// go; columns beyond the size are zero and stay so.
fn start_panels(n_rows: usize, options: &EmbeddingOptions, n_threads: usize) -> Vec<Panel> {
    let n_blocks = options.size.div_ceil(WIDTH);
    let blocks_per_panel = n_blocks.div_ceil(n_threads);
    let widths = (0..n_blocks).step_by(blocks_per_panel).map(|first| blocks_per_panel.min(n_blocks - first));
    let mut panels: Vec<(Vec<Block>, usize)> =
        widths.map(|width| (Vec::with_capacity(n_rows * width), width)).collect();
    let mut random = stream(options.seed, "start");
    for _ in 0..n_rows {
        let mut row = vec![[0.0; WIDTH]; n_blocks];
        for value in row.as_flattened_mut().iter_mut().take(options.size) {
            *value = (random.random::<f32>() - 0.5) / options.size as f32;
        }
        let mut blocks = row.into_iter();
        for (panel, width) in &mut panels {
            panel.extend(blocks.by_ref().take(*width));
        }
    }
    panels.into_iter().map(|(input, width)| Panel::new(input, width)).collect()
}

fn join_panels(panels: &[Panel], n_rows: usize, size: usize) -> Vec<f32> {
    let row = |row: usize| panels.iter().flat_map(move |panel| panel.input(row)).flatten().copied().take(size);
    (0..n_rows).flat_map(row).collect()
}

/// One round: score, then update.
fn run_round(panels: &mut [Panel], stepper: &mut Stepper, round: &Round, learning_rate: f32) {
    panels.par_iter_mut().for_each(|panel| panel.score(round));
    let products = stepper.start(round);
    for panel in panels.iter() {
        // Block after block, whichever panel a block is in.
        let parts = panel.products();
        products.iter_mut().zip(parts).for_each(|(product, parts)| parts.iter().for_each(|part| *product += part));
    }
    let steps = stepper.steps(round, learning_rate);
    panels.par_iter_mut().for_each(|panel| panel.update(round, steps));
}

/// Tells the progress from time to time.
struct Reports {
    loss_nats: f64,
    n_positions: u64,
    next_words: u64,
    total_words: u64,
}

impl Reports {
    /// Counts a round; the loss is that of its first positions, which is enough to see it fall and costs nothing.
    fn count<'a>(
        &mut self,
        round: &Round,
        scores: impl Iterator<Item = &'a [f32]>,
        progress: &mut dyn FnMut(EmbeddingProgress),
    ) {
        const WORDS_PER_REPORT: u64 = 1 << 17;
        const POSITIONS_PER_ROUND: usize = 8;
        let softplus = |x: f32| f64::from(x).exp().ln_1p();
        for scores in scores.take(POSITIONS_PER_ROUND) {
            self.loss_nats += softplus(-scores[0]) + scores[1..].iter().map(|&score| softplus(score)).sum::<f64>();
            self.n_positions += 1;
        }
        if round.words >= self.next_words {
            self.next_words = round.words + WORDS_PER_REPORT;
            self.tell(round.words, progress);
        }
    }

    fn end(&mut self, progress: &mut dyn FnMut(EmbeddingProgress)) {
        self.tell(self.total_words, progress);
    }

    fn tell(&mut self, words: u64, progress: &mut dyn FnMut(EmbeddingProgress)) {
        let loss_nats_per_position = (self.n_positions > 0).then(|| self.loss_nats / self.n_positions as f64);
        progress(EmbeddingProgress::Training { words, total_words: self.total_words, loss_nats_per_position });
        (self.loss_nats, self.n_positions) = (0.0, 0);
    }
}
