//! Owns the planted grammar in memory: the embedded data files, parsed and checked once.
//! The template language is in `template`; drawing pairs is in the module above.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::modes;
use super::template::{Row, Scope, Template, TemplateError};
use crate::Language;

/// All that can be said in one language.
pub(super) struct Grammar {
    pub(super) topics: Vec<Topic>,
}

/// One situation: contexts that describe it and, for each mode, replies that fit every one of them.
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) rows: Vec<Row>,
    pub(super) contexts: Vec<Template>,
    /// One pool of templates a mode, in the order of [`modes`].
    pub(super) replies: Vec<Vec<Template>>,
}

/// Why a data file is not a grammar.
#[derive(Debug, thiserror::Error)]
pub(super) enum GrammarError {
    #[error("the data file is not the expected TOML: {source}")]
    Format { source: toml::de::Error },
    #[error("in {place}: {source}")]
    Template { place: String, source: TemplateError },
    #[error("{place} must have exactly the reply modes {expected:?}, but has {found:?}")]
    Modes { place: String, expected: &'static [&'static str], found: Vec<String> },
    #[error("topic {topic} has the mood {mood}, which no generic replies are written for")]
    UnknownMood { topic: String, mood: String },
    #[error("the rows of topic {topic} do not all have the same fields")]
    RowsDiffer { topic: String },
}

/// The grammar of a language, parsed on first use.
pub(super) fn grammar(language: Language) -> &'static Grammar {
    static ENGLISH: OnceLock<Grammar> = OnceLock::new();
    static JAPANESE: OnceLock<Grammar> = OnceLock::new();
    let (cell, source) = match language {
        Language::English => (&ENGLISH, include_str!("english.toml")),
        Language::Japanese => (&JAPANESE, include_str!("japanese.toml")),
    };
    cell.get_or_init(|| Grammar::parse(source).expect("the embedded grammars are parsed by the unit tests"))
}

impl Grammar {
    /// Parses and checks one data file.
    pub(super) fn parse(source: &str) -> Result<Self, GrammarError> {
        let file: GrammarFile = toml::from_str(source).map_err(|source| GrammarError::Format { source })?;
        let lists = parse_lists(&file.lists)?;
        let topics = file.topics.iter().map(|topic| parse_topic(topic, &file.generic, &lists));
        Ok(Self { topics: topics.collect::<Result<_, _>>()? })
    }
}

impl Topic {
    /// How many contexts the topic has.
    pub(super) fn context_count(&self) -> usize {
        self.rows.len() * self.contexts.iter().map(Template::count).sum::<usize>()
    }

    /// The row and the text of context number `index` (below [`Topic::context_count`]).
    pub(super) fn context(&self, index: usize) -> (&Row, String) {
        let row = &self.rows[index % self.rows.len()];
        let mut choice = index / self.rows.len();
        for template in &self.contexts {
            if choice < template.count() {
                return (row, template.fill(choice, row));
            }
            choice -= template.count();
        }
        unreachable!("the caller keeps the index below the number of contexts")
    }
}

type RepliesFile = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GrammarFile {
    /// Alternatives shared by all templates.
    lists: BTreeMap<String, Vec<String>>,
    /// Replies for all topics of a mood.
    generic: BTreeMap<String, RepliesFile>,
    topics: Vec<TopicFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicFile {
    name: String,
    mood: String,
    rows: Vec<Row>,
    contexts: Vec<String>,
    replies: RepliesFile,
}

/// Lists may not use other lists, so that no list can contain itself.
fn parse_lists(lists: &BTreeMap<String, Vec<String>>) -> Result<BTreeMap<String, Vec<Template>>, GrammarError> {
    let no_lists = BTreeMap::new();
    let scope = Scope { fields: Vec::new(), lists: &no_lists };
    let parsed = lists.iter().map(|(name, entries)| {
        let templates = parse_templates(entries, &scope, &format!("list {name}"))?;
        Ok((name.clone(), templates))
    });
    parsed.collect()
}

fn parse_topic(
    file: &TopicFile,
    generic: &BTreeMap<String, RepliesFile>,
    lists: &BTreeMap<String, Vec<Template>>,
) -> Result<Topic, GrammarError> {
    let place = format!("topic {}", file.name);
    let fields: Vec<&str> = file.rows.iter().take(1).flat_map(|row| row.keys().map(String::as_str)).collect();
    if fields.is_empty() || file.rows.iter().any(|row| !row.keys().eq(fields.iter())) {
        return Err(GrammarError::RowsDiffer { topic: file.name.clone() });
    }
    let generic = generic
        .get(&file.mood)
        .ok_or_else(|| GrammarError::UnknownMood { topic: file.name.clone(), mood: file.mood.clone() })?;
    check_modes(&file.replies, &place)?;
    check_modes(generic, &format!("mood {}", file.mood))?;

    let scope = Scope { fields, lists };
    let replies = modes().iter().map(|&mode| {
        let mut templates = parse_templates(&file.replies[mode], &scope, &place)?;
        templates.extend(parse_templates(&generic[mode], &scope, &place)?);
        Ok(templates)
    });
    Ok(Topic {
        name: file.name.clone(),
        rows: file.rows.clone(),
        contexts: parse_templates(&file.contexts, &scope, &place)?,
        replies: replies.collect::<Result<_, _>>()?,
    })
}

fn parse_templates(sources: &[String], scope: &Scope<'_>, place: &str) -> Result<Vec<Template>, GrammarError> {
    let parsed = sources.iter().map(|source| Template::parse(source, scope));
    parsed.collect::<Result<_, _>>().map_err(|source| GrammarError::Template { place: place.to_owned(), source })
}

fn check_modes(replies: &RepliesFile, place: &str) -> Result<(), GrammarError> {
    let expected: BTreeSet<&str> = modes().iter().copied().collect();
    if replies.keys().map(String::as_str).eq(expected) {
        return Ok(());
    }
    let found = replies.keys().cloned().collect();
    Err(GrammarError::Modes { place: place.to_owned(), expected: modes(), found })
}
