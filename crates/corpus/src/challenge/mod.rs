//! Challenge sets: utterances that a stranger understands, each with written replies of different intent.
//!
//! Owns the folder format (`items.jsonl`, `manifest.toml`) and what a set must hold to; the texts are in `eval-sets`.
//! A set is small, so it is read and checked whole.

mod check;
mod fault;
mod near_copy;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub use fault::ChallengeFault;

use crate::{CorpusError, Language};

/// Name of the manifest in the folder of a set.
const MANIFEST_FILE: &str = "manifest.toml";

/// Name of the file with one item a line.
const ITEMS_FILE: &str = "items.jsonl";

/// What `manifest.toml` says about a set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeManifest {
    /// Name of the set, such as `challenge-en`.
    pub name: String,
    /// Version of the set, such as `v1`, also the name of its folder.
    pub version: String,
    /// Language of all texts; the ids of the items begin with its name.
    pub language: Language,
    /// Day of the version, `YYYY-MM-DD`.
    pub date: String,
    /// SPDX name of the licence of the texts.
    pub licence: String,
    /// Where the licence text is.
    pub licence_url: String,
    /// What stays true of this version.
    pub invariant: String,
    /// Number of items.
    pub items: usize,
    /// Number of replies of all items.
    pub replies: usize,
    /// Number of distinct topics.
    pub topics: usize,
    /// All modes that a reply may have.
    pub modes: Vec<String>,
    /// BLAKE3 of `items.jsonl`, in hexadecimal.
    pub items_blake3: String,
}

/// An utterance with its replies: a line of `items.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeItem {
    /// Language and number of the line, such as `en-001`.
    pub id: String,
    /// What the utterance is about.
    pub topic: String,
    /// The text to reply to.
    pub utterance: String,
    /// At least [`ChallengeSet::MIN_REPLIES`]; their order means nothing.
    pub replies: Vec<ChallengeReply>,
}

/// One written reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChallengeReply {
    /// What the reply does, such as `advice`; the datasheet defines the modes.
    pub mode: String,
    /// The reply.
    pub text: String,
}

/// A challenge set that passed all checks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeSet {
    manifest: ChallengeManifest,
    items: Vec<ChallengeItem>,
}

impl ChallengeSet {
    /// Fewest replies of an item; as many modes, because no two replies of an item have the same.
    pub const MIN_REPLIES: usize = 5;

    /// Reads the folder of one version of a set, such as `eval-sets/challenge-en/v1`, and checks all of it: the hash,
    /// the counts, the ids, and of every text normalisation, length, script, mode and nearness to any other text.
    ///
    /// # Errors
    /// [`CorpusError::Read`] if a file cannot be read, [`CorpusError::ChallengeManifest`] for a field of the manifest,
    /// [`CorpusError::ChallengeChanged`] if the items are not those of the manifest, and
    /// [`CorpusError::ChallengeItem`] for the first field of a line that breaks a rule.
    pub fn open(dir: &Path) -> Result<Self, CorpusError> {
        let read = |path: &Path| {
            fs_err::read_to_string(path).map_err(|source| CorpusError::Read { path: path.to_path_buf(), source })
        };
        let manifest_path = dir.join(MANIFEST_FILE);
        let manifest = parse_manifest(&manifest_path, &read(&manifest_path)?)?;
        let path = dir.join(ITEMS_FILE);
        let text = read(&path)?;
        let found = blake3::hash(text.as_bytes()).to_hex().to_string();
        if found != manifest.items_blake3 {
            return Err(CorpusError::ChallengeChanged { path, expected: manifest.items_blake3, found });
        }
        let items = parse_items(&path, &text)?;
        check::items(&path, &manifest, &items)?;
        check::counts(&manifest_path, &manifest, &items)?;
        Ok(Self { manifest, items })
    }

    /// What the manifest says.
    #[must_use]
    pub fn manifest(&self) -> &ChallengeManifest {
        &self.manifest
    }

    /// The items in file order.
    #[must_use]
    pub fn items(&self) -> &[ChallengeItem] {
        &self.items
    }
}

/// The manifest, or an error that names the field or the line.
fn parse_manifest(path: &Path, text: &str) -> Result<ChallengeManifest, CorpusError> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        let problem = error.message().replace('\n', " ");
        CorpusError::ChallengeManifest { path: path.to_path_buf(), place: format!("line {line}"), problem }
    })
}

fn parse_items(path: &Path, text: &str) -> Result<Vec<ChallengeItem>, CorpusError> {
    text.lines()
        .enumerate()
        .map(|(line_idx, line)| {
            serde_json::from_str(line).map_err(|error| CorpusError::ChallengeItem {
                path: path.to_path_buf(),
                line: line_idx + 1,
                field: format!("column {}", error.column()),
                fault: ChallengeFault::malformed(&error),
            })
        })
        .collect()
}
