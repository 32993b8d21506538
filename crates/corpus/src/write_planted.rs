//! Writes a planted corpus as a corpus folder. The texts come from [`crate::planted`]; this file owns the split.

use std::collections::HashMap;
use std::path::Path;

use crate::holdout::{Holdout, KeyedHash};
use crate::writer::{CorpusWriter, check_output};
use crate::{Corpus, CorpusError, Language, MANIFEST_FORMAT, Manifest, Pair, Source, planted};

/// Generates `n_pairs` pairs with their topic and mode and writes them to the new folder `out`.
///
/// `n_dev_contexts` and `n_test_contexts` distinct contexts, chosen by a hash under the seed, are held out with all of
/// their pairs, so that no context is in two splits.
///
/// # Errors
/// [`CorpusError::Planted`] if the generator refuses, [`CorpusError::PlantedHoldout`] if no context would be left for
/// training, [`CorpusError::OutputExists`], [`CorpusError::OutputForeign`] or [`CorpusError::Write`] for the folder.
pub fn write_planted(
    language: Language,
    seed: u64,
    n_pairs: usize,
    n_dev_contexts: usize,
    n_test_contexts: usize,
    out: &Path,
) -> Result<Corpus, CorpusError> {
    check_output(out, false)?;
    let pairs =
        planted::generate(language, seed, n_pairs).map_err(|source| CorpusError::Planted { language, source })?;
    let hash = KeyedHash::new(seed);
    let contexts: HashMap<u64, u32> = pairs.iter().map(|pair| (hash.context(&pair.context), 1)).collect();
    let asked = n_dev_contexts.saturating_add(n_test_contexts);
    if asked >= contexts.len() {
        return Err(CorpusError::PlantedHoldout { asked, contexts: contexts.len() });
    }
    let holdout = Holdout::choose(&contexts, n_dev_contexts, n_test_contexts);
    let mut writer = CorpusWriter::create(out, false)?;
    for planted::PlantedPair { context, response, topic, mode } in pairs {
        let context_hash = hash.context(&context);
        let pair = Pair { context, response, topic: Some(topic), mode: Some(mode) };
        writer.write(holdout.split(context_hash), &pair, context_hash)?;
    }
    writer.finish(|splits| Manifest {
        format: MANIFEST_FORMAT,
        language,
        splits,
        source: Source::Planted { seed, pairs: n_pairs },
        dropped: Default::default(),
        dropped_examples: Default::default(),
    })?;
    Corpus::open(out)
}
