//! The folder of a run: what decides it is on disk before the first update.
//!
//! `run.toml` the resolved run file · `manifest.json` versions and hashes · `tokenizer.json` the vocabulary ·
//! `metrics.jsonl` the log · `samples.jsonl` replies at evaluations · `checkpoints/{last,best}.safetensors`; while it is
//! trained also the files of [`crate::control`].

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::{Path, PathBuf},
};

use repartee_corpus::{Corpus, Language, Vocabulary};
use serde::{Deserialize, Serialize};

use crate::{
    config::{InitialEmbedding, RunFile},
    error::TrainError,
    initial,
};

/// A run's folder.
#[derive(Clone, Debug)]
pub struct RunDirectory {
    path: PathBuf,
}

/// What a run was made from and with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunManifest {
    /// Version of the folder format.
    pub format: u32,
    /// Repartee's version.
    pub version: String,
    /// The commit that Repartee was built from.
    pub commit: String,
    /// The device that training started on.
    pub device: String,
    /// The corpus' folder.
    pub corpus: PathBuf,
    /// Its language.
    pub language: Language,
    /// BLAKE3 of each split file, by split name.
    pub corpus_blake3: BTreeMap<String, String>,
    /// BLAKE3 of the vocabulary.
    pub vocabulary_blake3: String,
    /// Its number of pieces.
    pub vocabulary_size: usize,
    /// BLAKE3 of the vectors that the embedding started from, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embeddings_blake3: Option<String>,
}

const FORMAT: u32 = 1;

impl RunManifest {
    /// Describes a run that is about to start.
    ///
    /// # Errors
    /// When the run starts from embeddings and they cannot be read.
    pub fn new(
        run: &RunFile,
        corpus: &Corpus,
        vocabulary: &Vocabulary,
        build: &BuildInfo,
        device: &str,
    ) -> Result<Self, TrainError> {
        let splits = &corpus.manifest().splits;
        let embeddings_blake3 = match run.initial.embedding {
            InitialEmbedding::Random => None,
            InitialEmbedding::Word2vec => Some(initial::read(&corpus.embeddings_path(), run.model.d_model)?.hash()),
        };
        Ok(Self {
            format: FORMAT,
            version: build.version.to_owned(),
            commit: build.commit.to_owned(),
            device: device.to_owned(),
            // Absolute, so that evaluation finds it from anywhere.
            corpus: std::path::absolute(corpus.dir()).unwrap_or_else(|_| corpus.dir().to_owned()),
            language: corpus.manifest().language,
            corpus_blake3: splits.iter().map(|(name, entry)| (name.clone(), entry.blake3.clone())).collect(),
            vocabulary_blake3: vocabulary.hash(),
            vocabulary_size: vocabulary.size(),
            embeddings_blake3,
        })
    }
}

/// Which program makes the run.
#[derive(Clone, Copy, Debug)]
pub struct BuildInfo {
    /// Repartee's version.
    pub version: &'static str,
    /// The commit that it was built from.
    pub commit: &'static str,
}

/// The two checkpoints that a run keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckpointKind {
    /// Everything needed to continue, from the latest save.
    Last,
    /// The model with the lowest dev loss.
    Best,
}

impl RunDirectory {
    /// Starts a new run folder and writes all that decides the run.
    ///
    /// # Errors
    /// When there is a run already, or the folder cannot be written.
    pub fn create(
        path: &Path,
        run: &RunFile,
        manifest: &RunManifest,
        vocabulary: &Vocabulary,
    ) -> Result<Self, TrainError> {
        let directory = Self { path: path.to_owned() };
        if directory.run_file_path().exists() {
            return Err(TrainError::RunExists { path: path.to_owned() });
        }
        let checkpoints = path.join("checkpoints");
        std::fs::create_dir_all(&checkpoints).map_err(|source| TrainError::Write { path: checkpoints, source })?;
        vocabulary.save(&directory.vocabulary_path())?;
        let json = serde_json::to_string_pretty(manifest).expect("a manifest has only plain values") + "\n";
        write_atomically(&path.join("manifest.json"), json.as_bytes())?;
        // Last: a folder with a run file is a run.
        write_atomically(&directory.run_file_path(), run.to_toml().as_bytes())?;
        Ok(directory)
    }

    /// Opens a run folder.
    ///
    /// # Errors
    /// When it is not one.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let directory = Self { path: path.to_owned() };
        for (file, missing) in [(directory.run_file_path(), "run.toml"), (path.join("manifest.json"), "manifest.json")]
        {
            if !file.is_file() {
                return Err(TrainError::NotARun { path: path.to_owned(), missing });
            }
        }
        Ok(directory)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn run_file_path(&self) -> PathBuf {
        self.path.join("run.toml")
    }

    /// The vocabulary's file.
    pub fn vocabulary_path(&self) -> PathBuf {
        self.path.join("tokenizer.json")
    }

    /// The metrics log's file.
    pub fn metrics_path(&self) -> PathBuf {
        self.path.join("metrics.jsonl")
    }

    /// The file of samples.
    pub fn samples_path(&self) -> PathBuf {
        self.path.join("samples.jsonl")
    }

    /// A checkpoint's file.
    pub fn checkpoint_path(&self, kind: CheckpointKind) -> PathBuf {
        self.path.join("checkpoints").join(match kind {
            CheckpointKind::Last => "last.safetensors",
            CheckpointKind::Best => "best.safetensors",
        })
    }

    /// The resolved run file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn run_file(&self) -> Result<RunFile, TrainError> {
        RunFile::read(&self.run_file_path())
    }

    /// Replaces the resolved run file, when a run is continued for longer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn set_run_file(&self, run: &RunFile) -> Result<(), TrainError> {
        write_atomically(&self.run_file_path(), run.to_toml().as_bytes())
    }

    /// What the run was made from.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn manifest(&self) -> Result<RunManifest, TrainError> {
        let path = self.path.join("manifest.json");
        let text = std::fs::read(&path).map_err(|source| TrainError::Read { path: path.clone(), source })?;
        serde_json::from_slice(&text).map_err(|error| TrainError::RunValue { path, message: error.to_string() })
    }

    /// The run's vocabulary.
    ///
    /// # Errors
    /// When it cannot be read, or is not the one that the run was trained with.
    pub fn vocabulary(&self) -> Result<Vocabulary, TrainError> {
        let path = self.vocabulary_path();
        let vocabulary = Vocabulary::load(&path)?;
        let (found, expected) = (self.manifest()?.vocabulary_blake3, vocabulary.hash());
        if found == expected {
            Ok(vocabulary)
        } else {
            Err(TrainError::Changed { path, what: "the vocabulary", found, expected })
        }
    }
}

/// Writes a file under a temporary name beside it, flushes it to the disk and renames it: whole or not at all.
///
/// # Errors
/// When any of that fails; the temporary file is removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let failed = |source| TrainError::Write { path: path.to_owned(), source };
    let folder = path.parent().expect("a run's file lies in a folder");
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}
