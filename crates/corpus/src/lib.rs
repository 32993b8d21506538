//! Dialogue corpora: importing pairs, splitting them by context, reading them back, and the vocabulary over them.
//!
//! Owns the corpus folder (`train.jsonl`, `dev.jsonl`, `test.jsonl`, `manifest.json`, `tokenizer.json`,
//! `embeddings.bin`), the planted corpora whose right answers are known, the reader of the challenge sets in
//! `eval-sets`, the segmentation of text into words, and every hash that ties a run to its data.
//! It knows nothing of tensors, batches or models.

mod challenge;
mod corpus;
mod embedding;
mod error;
mod holdout;
mod import;
mod japanese;
mod language;
mod lines;
mod manifest;
mod pair;
pub mod planted;
pub mod segmentation;
mod text;
mod vocabulary;
mod write_planted;
mod writer;

pub use challenge::{ChallengeFault, ChallengeItem, ChallengeManifest, ChallengeReply, ChallengeSet};
pub use corpus::Corpus;
pub use embedding::{EmbeddingFormat, EmbeddingOptions, EmbeddingProgress, Embeddings, train_embeddings};
pub use error::{CorpusError, EmbeddingFault, LineFault};
pub use import::{Format, ImportOptions, ImportProgress, ImportReport, import};
pub use japanese::normalise_japanese;
pub use language::Language;
pub use manifest::{InputRecord, MANIFEST_FORMAT, Manifest, Source, SplitEntry};
pub use pair::{Pair, Split};
pub use text::normalise;
pub use vocabulary::{Vocabulary, VocabularyOptions, VocabularyProgress, train_vocabulary};
pub use write_planted::write_planted;
pub use writer::{CorpusWriter, check_output};
