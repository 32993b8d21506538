//! `manifest.json`: what a corpus folder holds, where it came from and what was left out.
//!
//! Owns the file format and its version. Nothing in it depends on the time or the place of the import, so the same
//! input gives the same bytes.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::{CorpusError, Language, Split};

/// Version of the corpus folder format.
pub const MANIFEST_FORMAT: u32 = 1;

/// Name of the manifest in a corpus folder.
pub(crate) const MANIFEST_FILE: &str = "manifest.json";

/// Describes a corpus folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the folder format, [`MANIFEST_FORMAT`].
    pub format: u32,
    /// Language of all splits.
    pub language: Language,
    /// Split name to its file.
    pub splits: BTreeMap<String, SplitEntry>,
    /// How the corpus was made.
    pub source: Source,
    /// Reason to number of lines or pairs left out.
    pub dropped: BTreeMap<String, u64>,
    /// Reason to one example of what was left out, with its file and line.
    pub dropped_examples: BTreeMap<String, String>,
}

/// One split: a file, or several that are read one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SplitEntry {
    /// File name in the corpus folder.
    pub file: String,
    /// The files after the first, where a split is in shards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub more_files: Vec<String>,
    /// Number of pairs, one a line.
    pub pairs: u64,
    /// Number of distinct contexts.
    pub contexts: u64,
    /// BLAKE3 of the file, or of all its shards one after the other, in hexadecimal.
    pub blake3: String,
}

impl SplitEntry {
    /// The names of all files, in the order in which they are read.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.file).chain(&self.more_files).map(String::as_str)
    }
}

/// How a corpus was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Source {
    /// Imported from files.
    Import {
        /// Seed of the choice of held-out contexts.
        seed: u64,
        /// Number of dev pairs asked for.
        dev: usize,
        /// Number of test pairs asked for.
        test: usize,
        /// Longest side kept, in characters.
        max_characters: usize,
        /// Whether the language was guessed from the text.
        language_guessed: bool,
        /// The files, in the order in which they were read.
        inputs: Vec<InputRecord>,
    },
    /// Built from an archive of posts.
    Archive {
        /// The options that shape the result, by name.
        options: BTreeMap<String, String>,
        /// Number of input files.
        files: u64,
        /// Their bytes as they are on disk.
        bytes: u64,
        /// Posts read.
        posts: u64,
    },
    /// Generated with known topics and modes.
    Planted {
        /// Seed of the generator and of the choice of held-out contexts.
        seed: u64,
        /// Number of pairs asked for.
        pairs: usize,
    },
}

/// One imported file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputRecord {
    /// File name, without its folder.
    pub file: String,
    /// Which split it was given for; a `train` file also feeds the held-out splits if they are drawn from it.
    pub split: Split,
    /// Size in bytes.
    pub bytes: u64,
    /// Number of lines.
    pub lines: u64,
    /// BLAKE3 of the file, in hexadecimal.
    pub blake3: String,
}

impl Manifest {
    /// Reads and checks the manifest of a corpus folder.
    ///
    /// # Errors
    /// [`CorpusError::NotACorpus`] if there is none, [`CorpusError::Manifest`], [`CorpusError::ManifestFormat`] or
    /// [`CorpusError::ManifestSplit`] if this version cannot use it.
    pub(crate) fn read(dir: &Path) -> Result<Self, CorpusError> {
        let path = dir.join(MANIFEST_FILE);
        let bytes =
            fs_err::read(&path).map_err(|source| CorpusError::NotACorpus { path: dir.to_path_buf(), source })?;
        // The version is looked at first: a later format need not parse as this one.
        let version: Version =
            serde_json::from_slice(&bytes).map_err(|source| CorpusError::Manifest { path: path.clone(), source })?;
        if version.format != MANIFEST_FORMAT {
            return Err(CorpusError::ManifestFormat { path, found: version.format, expected: MANIFEST_FORMAT });
        }
        let manifest: Self =
            serde_json::from_slice(&bytes).map_err(|source| CorpusError::Manifest { path: path.clone(), source })?;
        for split in Split::ALL {
            // A name with a folder in it could point out of the corpus.
            let is_plain = |file: &str| Path::new(file).file_name() == Some(file.as_ref());
            if !manifest.splits.get(split.name()).is_some_and(|entry| entry.files().all(is_plain)) {
                return Err(CorpusError::ManifestSplit { path, split });
            }
        }
        Ok(manifest)
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}
