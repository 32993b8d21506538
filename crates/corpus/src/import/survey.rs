//! What the first pass learns and the second decides by: which pairs are new, which contexts are held out.
//!
//! Owns the reasons for dropping content. Keeps hashes only, never texts.

use std::collections::{HashMap, HashSet};

use super::ImportOptions;
use super::source::{CleanPair, Role};
use crate::holdout::{Holdout, KeyedHash};
use crate::language::ScriptCount;
use crate::{CorpusError, Language, Split};

/// Whether a pair is part of the corpus.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is, in this split.
    Keep { split: Split, context_hash: u64 },
    /// It is not.
    Drop { reason: &'static str },
}

/// State over both passes.
pub(super) struct Survey {
    hash: KeyedHash,
    max_characters: usize,
    /// Contexts of the test and dev files.
    held_out_files: HashMap<u64, Split>,
    /// Pairs to write; each is removed when it is met in the second pass, so that only its first copy is kept.
    pairs: HashSet<u64>,
    /// Number of distinct pairs of each context of the inputs, if some are to be held out.
    weights: Option<HashMap<u64, u32>>,
    n_input_pairs: u64,
    scripts: ScriptCount,
    holdout: Holdout,
}

impl Survey {
    /// Before the first pass.
    pub(super) fn new(options: &ImportOptions) -> Self {
        Self {
            hash: KeyedHash::new(options.seed),
            max_characters: options.max_characters,
            held_out_files: HashMap::new(),
            pairs: HashSet::new(),
            weights: (options.dev > 0 || options.test > 0).then(HashMap::new),
            n_input_pairs: 0,
            scripts: ScriptCount::default(),
            holdout: Holdout::default(),
        }
    }

    /// Takes note of a pair in the first pass.
    pub(super) fn add(&mut self, role: Role, pair: &CleanPair) {
        let context = self.hash.context(&pair.context);
        if self.unusable(role, pair, context).is_some() {
            return;
        }
        if !self.pairs.insert(self.hash.pair(&pair.context, &pair.response)) {
            return;
        }
        self.scripts.add(&pair.context);
        self.scripts.add(&pair.response);
        if role != Role::Input {
            self.held_out_files.insert(context, role.split());
            return;
        }
        self.n_input_pairs += 1;
        if let Some(weights) = &mut self.weights {
            *weights.entry(context).or_default() += 1;
        }
    }

    /// Between the passes: chooses the contexts to hold out.
    ///
    /// # Errors
    /// [`CorpusError::HoldoutTooLarge`] if that would leave nothing for training.
    pub(super) fn choose(mut self, options: &ImportOptions) -> Result<Self, CorpusError> {
        if let Some(weights) = self.weights.take()
            && !weights.is_empty()
        {
            self.holdout = Holdout::choose(&weights, options.dev, options.test);
            if self.holdout.len() == weights.len() {
                let asked = options.dev.saturating_add(options.test);
                return Err(CorpusError::HoldoutTooLarge { asked, pairs: self.n_input_pairs });
            }
        }
        Ok(self)
    }

    /// Decides on a pair in the second pass.
    pub(super) fn judge(&mut self, role: Role, pair: &CleanPair) -> Verdict {
        let context_hash = self.hash.context(&pair.context);
        if let Some(reason) = self.unusable(role, pair, context_hash) {
            return Verdict::Drop { reason };
        }
        if !self.pairs.remove(&self.hash.pair(&pair.context, &pair.response)) {
            return Verdict::Drop { reason: "duplicate-pair" };
        }
        let split = if role == Role::Input { self.holdout.split(context_hash) } else { role.split() };
        Verdict::Keep { split, context_hash }
    }

    /// The language by the letters of all distinct pairs.
    pub(super) fn language(&self) -> Language {
        self.scripts.guess()
    }

    /// Why a pair cannot be used, whether or not it is new.
    fn unusable(&self, role: Role, pair: &CleanPair, context: u64) -> Option<&'static str> {
        let sides = [&pair.context, &pair.response];
        if sides.iter().any(|side| side.is_empty()) {
            return Some("empty-side");
        }
        if sides.iter().any(|side| side.chars().count() > self.max_characters) {
            return Some("over-max-characters");
        }
        let held_out = self.held_out_files.get(&context);
        if held_out.is_some_and(|&split| split != role.split()) {
            return Some("context-in-held-out-file");
        }
        None
    }
}
