//! New studies: designs and files.

use serde::{Deserialize, Serialize};

use crate::rater::Example;

/// The design of a study. Fields that are left out have their defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Design {
    /// Title; raters see it.
    pub name: String,
    /// Language of contexts and replies; `en` by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Raters of each item, 1 to 100.
    pub raters_per_item: u32,
    /// The system that the others are tested against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The system that is people's replies: rated, not tested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Seed of orders, controls and degraded copies; 0 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// An item that its rater has not touched for so long may go to another; 30 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_minutes: Option<u32>,
    /// What raters read first; has a default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidelines: Option<String>,
    /// Examples that belong to the guidelines.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Example>,
    /// Every how many pages one is a control; 0 for none, 10 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_every: Option<u32>,
    /// An item is repeated after at least so many other pages; 5 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat_gap: Option<u32>,
    /// Whether items are repeated as they were; yes by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<bool>,
    /// Whether items are repeated with one reply degraded; yes by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded: Option<bool>,
}

/// A file from the administrator's machine: CSV or JSON lines, UTF-8.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Upload {
    /// Its name; the end tells the format, `.csv` or `.jsonl`.
    pub name: String,
    /// Its text.
    pub text: String,
    /// What is in it.
    pub holds: Holds,
}

/// What an uploaded file holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Holds {
    /// Replies of systems: columns `context`, `reply`, `system` (unless it is given here), and `id` where contexts repeat.
    /// Lines of `repartee generate` are understood, too.
    Replies {
        /// The system of all rows; else each row names it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        system: Option<String>,
        /// Which of several replies to take from a line of `repartee generate`, from 0.
        #[serde(default)]
        nth: u32,
    },
    /// Items to practise on: columns `context`, `reply`, `sensibleness`, `specificity` (as 4 or 4..5), `explanation`.
    Training,
    /// Items with known answers: columns as for practice.
    Gold,
    /// A score sheet in the authors' layout; its replies are taken: columns ID, utterance, response, Sensibleness,
    /// Specificity.
    Sheet {
        /// The system of all rows.
        system: String,
    },
}

/// Body of `POST /api/admin/studies`: a new study. If any file is wrong, nothing is made. The reply is a [`Study`].
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewStudy {
    /// The design.
    pub design: Design,
    /// Files to import at once.
    #[serde(default)]
    pub files: Vec<Upload>,
    /// Whether to freeze it at once, so that rating can begin.
    #[serde(default)]
    pub freeze: bool,
}

/// Body of `POST /api/admin/studies/{study}/import`: all files or none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// The files.
    pub files: Vec<Upload>,
}

/// Reply of an import: what the study has now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Imported {
    /// Names of the systems.
    pub systems: Vec<String>,
    /// Items to be rated.
    pub n_items: u64,
    /// Items to practise on.
    pub n_training: u64,
    /// Items with known answers.
    pub n_gold: u64,
}
