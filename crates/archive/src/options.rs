//! What to build and how.

use std::collections::BTreeMap;
use std::path::PathBuf;

use repartee_corpus::Language;

use crate::ArchiveError;
use crate::filters::{FilterSettings, Preset};

/// Test contexts that the paper draws.
const PAPER_TEST_CONTEXTS: usize = 100_000;

/// Least memory that a build gets along with.
const LEAST_MEMORY_BYTES: usize = 16 << 20;

/// All settings of a build. The default is the paper's setting for English, without held-out pairs.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// Files and folders of posts; folders are searched, files of a folder are read by name.
    pub inputs: Vec<PathBuf>,
    /// The corpus folder to make.
    pub out: PathBuf,
    /// Language to keep, as far as posts say theirs.
    pub language: Language,
    /// The set of filters to begin with.
    pub preset: Preset,
    /// Further filters, by name.
    pub with: Vec<String>,
    /// Filters of the preset to leave out, by name.
    pub without: Vec<String>,
    /// Numbers and lists of the filters.
    pub settings: FilterSettings,
    /// Most messages in a chain from the root to a leaf; longer chains are left out.
    pub max_depth: usize,
    /// Whether each chain has exactly two authors.
    pub two_speakers: bool,
    /// Whether replies further down are taken, too, with all that was said before as their context.
    pub multi_turn: bool,
    /// Turns of such a context at most, the last ones; all if none.
    pub context_turns: Option<usize>,
    /// What stands between the turns of a context.
    pub turn_separator: String,
    /// Years whose conversations are for train and dev; all that are not for test if empty.
    pub train_years: Vec<i32>,
    /// Years whose conversations are for test; if empty, test is drawn like dev.
    pub test_years: Vec<i32>,
    /// Pairs held out for dev, at least; whole conversations.
    pub dev_pairs: usize,
    /// Test contexts at most, drawn by the text of their root; if none is given, as many as the paper has where there
    /// are test years, and none otherwise.
    pub test_contexts: Option<usize>,
    /// Distinct replies that a test context has at least.
    pub min_test_replies: usize,
    /// Whether the ids of both messages are written.
    pub ids: bool,
    /// Similarity from which on a later pair is a near-duplicate and left out.
    pub near_duplicates: Option<f64>,
    /// Whether Japanese is segmented by MeCab's rules.
    pub segmentation: bool,
    /// Folder of MeCab's dictionary sources.
    pub mecab_dictionary: Option<PathBuf>,
    /// Seed of what is drawn.
    pub seed: u64,
    /// Threads; all cores if 0.
    pub threads: usize,
    /// Memory for sorting, about.
    pub memory_bytes: usize,
    /// Folder for what is sorted; beside `out` if none.
    pub work: Option<PathBuf>,
    /// Forget the work of a build that was stopped.
    pub restart: bool,
    /// Stop at the first fault of the input.
    pub strict: bool,
    /// Replace a corpus in `out`.
    pub overwrite: bool,
    /// Longest JSON value.
    pub max_line_bytes: usize,
    /// Pairs in a file of a split at most.
    pub pairs_per_file: u64,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            inputs: Vec::new(),
            out: PathBuf::new(),
            language: Language::English,
            preset: Preset::Paper,
            with: Vec::new(),
            without: Vec::new(),
            settings: FilterSettings::default(),
            max_depth: 5,
            two_speakers: true,
            multi_turn: false,
            context_turns: None,
            turn_separator: " <eot> ".to_owned(),
            train_years: Vec::new(),
            test_years: Vec::new(),
            dev_pairs: 0,
            test_contexts: None,
            min_test_replies: 3,
            ids: false,
            near_duplicates: None,
            segmentation: true,
            mecab_dictionary: None,
            seed: 0,
            threads: 0,
            memory_bytes: 768 << 20,
            work: None,
            restart: false,
            strict: false,
            overwrite: false,
            max_line_bytes: 16 << 20,
            pairs_per_file: 1_000_000,
        }
    }
}

impl BuildOptions {
    /// Whether text is segmented.
    pub(crate) fn segments(&self) -> bool {
        self.segmentation && self.language == Language::Japanese
    }

    /// Test contexts at most.
    pub(crate) fn most_test_contexts(&self) -> usize {
        self.test_contexts.unwrap_or(if self.test_years.is_empty() { 0 } else { PAPER_TEST_CONTEXTS })
    }

    /// Where the work is kept.
    pub(crate) fn work_folder(&self) -> PathBuf {
        self.work.clone().unwrap_or_else(|| {
            let name = self.out.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.out.with_file_name(format!("{name}.work"))
        })
    }

    /// Checks all that can be checked before anything is read.
    pub(crate) fn check(&self) -> Result<(), ArchiveError> {
        let problem = |option, problem: &str| Err(ArchiveError::Option { option, problem: problem.to_owned() });
        let year_twice = self.train_years.iter().find(|year| self.test_years.contains(year));
        if let Some(year) = year_twice {
            return problem("--train", &format!("and --test both have {year}; give each year to one"));
        }
        if !(2..=1000).contains(&self.max_depth) {
            return problem("--max-depth", "is not from 2 to 1000; a reply and its message are two");
        }
        if self.context_turns == Some(0) || (self.context_turns.is_some() && !self.multi_turn) {
            return problem("--context-turns", "is at least 1 and goes with --multi-turn");
        }
        if self.min_test_replies == 0 || self.pairs_per_file == 0 || self.max_line_bytes == 0 {
            return problem("--min-test-replies, --shard-pairs and --max-line-bytes", "are at least 1");
        }
        if self.memory_bytes < LEAST_MEMORY_BYTES {
            return problem("--memory", "is too little; give at least 16M");
        }
        if self.near_duplicates.is_some_and(|threshold| !(0.1..=1.0).contains(&threshold)) {
            return problem("--near-duplicates", "is no similarity; give a number from 0.1 to 1");
        }
        for (option, share) in [
            ("--max-character-share", self.settings.max_character_share),
            ("--min-alphabetic-share", self.settings.min_alphabetic_share),
            ("--min-parent-overlap", self.settings.min_parent_overlap),
        ] {
            if !(0.0..=1.0).contains(&share) {
                return problem(option, "is no share; give a number from 0 to 1");
            }
        }
        Ok(())
    }

    /// What shapes the result, by name: for the manifest and to recognise a build that is resumed.
    pub(crate) fn shaping(&self, filters: &[&'static str]) -> BTreeMap<String, String> {
        let settings = &self.settings;
        let years = |years: &[i32]| years.iter().map(i32::to_string).collect::<Vec<_>>().join(",");
        let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex()[..16].to_owned();
        let vocabulary = settings.vocabulary.as_ref().map_or_else(String::new, |vocabulary| vocabulary.hash());
        let near_duplicates = self.near_duplicates.map_or_else(String::new, |threshold| threshold.to_string());
        [
            ("preset", self.preset.name().to_owned()),
            ("filters", filters.join(",")),
            ("max-character-share", settings.max_character_share.to_string()),
            ("words", format!("{}..{}", settings.min_words, settings.max_words)),
            ("subwords", format!("{}..{}", settings.min_subwords, settings.max_subwords)),
            ("min-alphabetic-share", settings.min_alphabetic_share.to_string()),
            ("max-repetitions", settings.max_repetitions.to_string()),
            ("min-parent-overlap", settings.min_parent_overlap.to_string()),
            ("unsafe-words-blake3", hash(&settings.unsafe_words.join("\n"))),
            ("vocabulary-blake3", vocabulary),
            ("max-depth", self.max_depth.to_string()),
            ("two-speakers", self.two_speakers.to_string()),
            ("multi-turn", self.multi_turn.to_string()),
            ("context-turns", self.context_turns.map_or_else(String::new, |turns| turns.to_string())),
            ("turn-separator", self.turn_separator.clone()),
            ("train-years", years(&self.train_years)),
            ("test-years", years(&self.test_years)),
            ("dev-pairs", self.dev_pairs.to_string()),
            ("test-contexts", self.most_test_contexts().to_string()),
            ("min-test-replies", self.min_test_replies.to_string()),
            ("ids", self.ids.to_string()),
            ("near-duplicates", near_duplicates),
            ("segmented", self.segments().to_string()),
            ("seed", self.seed.to_string()),
            ("max-line-bytes", self.max_line_bytes.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_make_no_sense_are_refused() {
        type Change = fn(&mut BuildOptions);
        let cases: [(Change, &str); 6] = [
            (
                |options| (options.train_years, options.test_years) = (vec![2017, 2018], vec![2018]),
                "--train and --test both have 2018",
            ),
            (|options| options.max_depth = 1, "--max-depth is not from 2"),
            (|options| options.context_turns = Some(2), "--context-turns is at least 1 and goes with"),
            (|options| options.memory_bytes = 1, "--memory is too little"),
            (|options| options.near_duplicates = Some(f64::NAN), "--near-duplicates is no similarity"),
            (|options| options.settings.min_parent_overlap = 80.0, "--min-parent-overlap is no share"),
        ];
        for (change, expected) in cases {
            let mut options = BuildOptions::default();
            options.check().unwrap();
            change(&mut options);
            let message = options.check().unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }
}
