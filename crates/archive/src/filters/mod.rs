//! What keeps a message out of a corpus. A filter is one file here and one line in the list below.
//!
//! A filter looks at a message alone, at how often its text occurs, or at a reply beside the message that it answers.
//! The presets are the paper's own filters (model.md 1.1) and the rules of Meena that the paper refers to (1.2).

use std::sync::Arc;

use repartee_corpus::segmentation::SegmenterWorker;
use repartee_corpus::{Language, Vocabulary};

use crate::ArchiveError;
use crate::clean::marks::Marks;

/// How often the text of a message occurs in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occurrences {
    /// On the same day (UTC), this one included.
    pub same_day: u64,
    /// On all days.
    pub overall: u64,
}

/// A rule. Each implements the one question that it answers; all others are answered "no".
pub trait Filter: Send + Sync {
    /// Whether a message is dropped for what it is.
    fn drops_message(&self, _message: &mut Message<'_, '_>) -> bool {
        false
    }

    /// Whether all messages with a text are dropped for how often it occurs.
    fn drops_repeated(&self, _occurrences: Occurrences) -> bool {
        false
    }

    /// What remains of a reply beside the message that it answers, if it is not the whole.
    fn rewrites_reply(&self, _parent: &str, _reply: &str) -> Option<String> {
        None
    }

    /// Whether a reply is dropped for what it takes over from the message that it answers.
    fn drops_reply(&self, _parent: &str, _reply: &str) -> bool {
        false
    }
}

/// Whether a filter acts on messages before the reply trees are built, or on pairs cut from them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The message goes, and all that answers it.
    Message,
    /// Pairs with the message go; it still counts as part of its conversation.
    Pair,
}

/// The numbers and lists that filters need.
#[derive(Clone, Debug)]
pub struct FilterSettings {
    /// Largest share that one character may have of a message.
    pub max_character_share: f64,
    /// Fewest words.
    pub min_words: usize,
    /// Most words.
    pub max_words: usize,
    /// Fewest subwords.
    pub min_subwords: usize,
    /// Most subwords.
    pub max_subwords: usize,
    /// Smallest share of letters among the characters.
    pub min_alphabetic_share: f64,
    /// Most messages with one text.
    pub max_repetitions: u64,
    /// Share of a reply's trigrams from which on it repeats its parent.
    pub min_parent_overlap: f64,
    /// Words that make a message unsafe, one an entry; the user's list.
    pub unsafe_words: Vec<String>,
    /// The vocabulary that subwords are of; words are counted without.
    pub vocabulary: Option<Arc<Vocabulary>>,
    /// Language of the corpus.
    pub language: Language,
}

impl Default for FilterSettings {
    fn default() -> Self {
        Self {
            max_character_share: 0.5,
            min_words: 2,
            max_words: 256,
            min_subwords: 2,
            max_subwords: 128,
            min_alphabetic_share: 0.7,
            max_repetitions: 100,
            min_parent_overlap: 0.8,
            unsafe_words: Vec::new(),
            vocabulary: None,
            language: Language::English,
        }
    }
}

impl FilterSettings {
    /// The units that overlap is measured in: subwords, else words, else (Japanese without blanks) characters.
    pub(crate) fn units(&self, text: &str) -> Vec<u64> {
        if let Some(ids) = self.vocabulary.as_ref().and_then(|vocabulary| vocabulary.encode(text).ok()) {
            return ids.into_iter().map(u64::from).collect();
        }
        if self.language == Language::Japanese && !text.contains(' ') {
            return text.chars().map(u64::from).collect();
        }
        text.split(' ').map(|word| crate::hash::hash(word.as_bytes())).collect()
    }
}

/// What a filter may know of a message.
pub struct Message<'m, 's> {
    /// Cleaned, not yet masked.
    pub text: &'m str,
    /// Name of the author on the platform.
    pub author_name: Option<&'m str>,
    /// What the author says about themselves.
    pub profile: Option<&'m str>,
    /// Whether the platform says that the author is a bot.
    pub is_bot: bool,
    /// Kinds of characters that the text may have.
    pub(crate) marks: Marks,
    pub(crate) words: Words<'m, 's>,
}

/// Counts words when they are asked for.
pub(crate) struct Words<'m, 's> {
    pub(crate) segmenter: Option<&'m mut SegmenterWorker<'s>>,
    pub(crate) language: Language,
    /// The text with a blank between words, once it was segmented.
    pub(crate) segmented: Option<String>,
}

impl Message<'_, '_> {
    /// Number of words: by blanks in English, as MeCab has them in Japanese; characters where MeCab is left out.
    pub fn n_words(&mut self) -> usize {
        if let Some(worker) = &mut self.words.segmenter {
            let segmented = self.words.segmented.get_or_insert_with(|| worker.segment(self.text));
            return segmented.split(' ').count();
        }
        match self.words.language {
            // Blanks are single and none are at the ends.
            Language::English => n_blanks(self.text) + 1,
            Language::Japanese => self.text.chars().filter(|character| !character.is_whitespace()).count(),
        }
    }
}

/// Blanks of a text, counted in bytes over parts that are short enough for that.
fn n_blanks(text: &str) -> usize {
    let in_part = |part: &[u8]| part.iter().map(|byte| u8::from(*byte == b' ')).sum::<u8>();
    text.as_bytes().chunks(255).map(|part| usize::from(in_part(part))).sum()
}

/// A filter in use.
pub(crate) struct Active {
    pub(crate) name: &'static str,
    pub(crate) scope: Scope,
    pub(crate) filter: Box<dyn Filter>,
}

macro_rules! filters {
    ($($module:ident),* $(,)?) => {
        $(mod $module;)*

        /// Names of all filters with what each does.
        pub const FILTERS: &[(&str, &str)] = &[$(($module::NAME, $module::ABOUT)),*];

        fn create(name: &str, settings: &Arc<FilterSettings>) -> Option<(&'static str, Box<dyn Filter>)> {
            match name {
                $($module::NAME => Some(($module::NAME, Box::new($module::create(settings)) as Box<dyn Filter>)),)*
                _ => None,
            }
        }
    };
}

filters! {
    special_characters,
    character_share,
    word_count,
    bot_profile,
    same_day_duplicates,
    subword_count,
    alphabetic_share,
    url,
    bot_name,
    repeated,
    parent_quote,
    parent_overlap,
    unsafe_words,
}

/// A named set of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// The filters of the paper's code.
    Paper,
    /// The rules of Meena.
    Meena,
    /// No filters but those that are named.
    None,
}

impl Preset {
    /// The filters in the order in which they are asked.
    #[must_use]
    pub fn filters(self) -> &'static [(&'static str, Scope)] {
        match self {
            // The authors drop by words and authors after conversations are cut to pairs (filter_dialogs.py).
            Self::Paper => &[
                (special_characters::NAME, Scope::Message),
                (character_share::NAME, Scope::Message),
                (same_day_duplicates::NAME, Scope::Message),
                (bot_profile::NAME, Scope::Pair),
                (word_count::NAME, Scope::Pair),
            ],
            Self::Meena => &[
                (subword_count::NAME, Scope::Message),
                (alphabetic_share::NAME, Scope::Message),
                (url::NAME, Scope::Message),
                (bot_name::NAME, Scope::Message),
                (repeated::NAME, Scope::Message),
                (parent_quote::NAME, Scope::Message),
                (parent_overlap::NAME, Scope::Message),
                (unsafe_words::NAME, Scope::Message),
            ],
            Self::None => &[],
        }
    }

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Meena => "meena",
            Self::None => "none",
        }
    }
}

impl std::str::FromStr for Preset {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let all = [Self::Paper, Self::Meena, Self::None];
        all.into_iter().find(|preset| preset.name() == name).ok_or_else(|| "use `paper`, `meena` or `none`".to_owned())
    }
}

/// The filters of a build: those of the preset without `without`, then `with`.
///
/// # Errors
/// [`ArchiveError::Option`] for a name that is in no list.
pub(crate) fn active(
    preset: Preset,
    with: &[String],
    without: &[String],
    settings: &Arc<FilterSettings>,
) -> Result<Vec<Active>, ArchiveError> {
    for (option, names) in [("--with", with), ("--without", without)] {
        if let Some(unknown) = names.iter().find(|name| !FILTERS.iter().any(|(known, _)| known == name)) {
            let known: Vec<_> = FILTERS.iter().map(|(name, _)| *name).collect();
            let problem = format!("names no filter `{unknown}`; these exist: {}", known.join(", "));
            return Err(ArchiveError::Option { option, problem });
        }
    }
    let mut chosen: Vec<(String, Scope)> =
        preset.filters().iter().map(|(name, scope)| ((*name).to_owned(), *scope)).collect();
    chosen.retain(|(name, _)| !without.contains(name));
    for name in with {
        if !chosen.iter().any(|(chosen, _)| chosen == name) {
            chosen.push((name.clone(), Scope::Message));
        }
    }
    let create =
        |(name, scope): (String, Scope)| create(&name, settings).map(|(name, filter)| Active { name, scope, filter });
    Ok(chosen.into_iter().filter_map(create).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn blanks_are_counted_in_long_texts() {
        for n_blanks in [0, 1, 254, 255, 256, 1000] {
            assert_eq!(super::n_blanks(&format!("a{}b", " ".repeat(n_blanks))), n_blanks);
        }
    }
}
