//! Owns the planted one-to-many corpus: pairs generated from our own grammar, each labelled with its topic and
//! its reply mode. It is the corpus of the demo and the ground truth of mode coverage.
//!
//! The sentences are in `english.toml` and `japanese.toml`, the template language in `template`, the parsed
//! files in `grammar`. Splitting, tokenising and writing files belong to other modules: nothing here does I/O.

mod grammar;
mod template;
#[cfg(test)]
mod tests;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::Language;
use grammar::{Grammar, Topic, grammar};
use template::Template;

/// One planted pair with the labels it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedPair {
    /// The utterance that is replied to.
    pub context: String,
    /// One sensible reply to it.
    pub response: String,
    /// The topic of the context, one of [`topics`].
    pub topic: String,
    /// The mode of the reply, one of [`modes`].
    pub mode: String,
}

/// Why no planted pairs were made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlantedError {
    /// More distinct pairs were asked for than the grammar has.
    #[error("{asked} planted pairs were asked for, but the grammar makes only {available} distinct ones")]
    TooManyAsked {
        /// The number of pairs asked for.
        asked: usize,
        /// The number of distinct pairs that can be made.
        available: usize,
    },
}

/// Reply modes in a fixed order, as kebab-case labels. Every context has replies of every mode.
pub fn modes() -> &'static [&'static str] {
    &["advice", "empathy", "question", "joke", "disagreement", "own-experience"]
}

/// All topics of a language, as kebab-case labels in the order of the data file.
pub fn topics(language: Language) -> Vec<String> {
    grammar(language).topics.iter().map(|topic| topic.name.clone()).collect()
}

/// A reply that the grammar has for a context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownReply {
    /// Its text.
    pub text: String,
    /// The number of its mode in [`modes`].
    pub mode: usize,
    /// The template that it is made from, numbered within the mode.
    pub template: usize,
}

/// Every reply that the grammar has for a context, mode after mode; `None` if the context is not the grammar's.
pub fn known_replies(language: Language, context: &str) -> Option<Vec<KnownReply>> {
    let topics = grammar(language).topics.iter();
    let mut contexts = topics.flat_map(|topic| (0..topic.context_count()).map(move |idx| (topic, topic.context(idx))));
    let (topic, (row, _)) = contexts.find(|(_, (_, text))| text == context)?;
    let of_mode = |(mode, templates): (usize, &Vec<Template>)| {
        let of_template = |(number, template): (usize, &Template)| {
            let texts = (0..template.count()).map(|idx| template.fill(idx, row));
            texts.map(|text| KnownReply { text, mode, template: number }).collect::<Vec<_>>()
        };
        templates.iter().enumerate().flat_map(of_template).collect::<Vec<_>>()
    };
    Some(topic.replies.iter().enumerate().flat_map(of_mode).collect())
}

/// Draws `n_pairs` distinct pairs: a function of the language, the seed and the number only.
///
/// Contexts are drawn topic by topic in turn, and each one brings the same number of replies of every mode,
/// one or two while there are contexts enough. The replies of a context are adjacent, and its first ones cover
/// every mode once; only the last context may be cut short.
///
/// # Errors
///
/// [`PlantedError::TooManyAsked`] if the grammar cannot make so many distinct pairs.
pub fn generate(language: Language, seed: u64, n_pairs: usize) -> Result<Vec<PlantedPair>, PlantedError> {
    let grammar = grammar(language);
    let wordings = fewest_wordings(grammar, n_pairs)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut pairs = Vec::with_capacity(n_pairs);
    for (topic, context_index) in context_order(grammar, &mut random) {
        if pairs.len() >= n_pairs {
            break;
        }
        // One wording each would reach far enough, so a second one is drawn freely; else none may be left out.
        let rounds = if wordings == 1 { random.random_range(1..=2) } else { wordings };
        push_context(topic, context_index, rounds, &mut random, &mut pairs);
    }
    pairs.truncate(n_pairs);
    Ok(pairs)
}

/// The least number of wordings a mode with which all contexts together have `n_pairs` pairs.
fn fewest_wordings(grammar: &Grammar, n_pairs: usize) -> Result<usize, PlantedError> {
    let most = grammar.topics.iter().flat_map(pool_sizes).max().unwrap_or(0);
    let enough = (1..=most).find(|&wordings| reach(grammar, wordings) >= n_pairs);
    enough.ok_or_else(|| PlantedError::TooManyAsked { asked: n_pairs, available: reach(grammar, most) })
}

/// How many pairs there are when a context takes at most `wordings` replies of each mode.
fn reach(grammar: &Grammar, wordings: usize) -> usize {
    let replies = |topic: &Topic| pool_sizes(topic).map(|size| size.min(wordings)).sum::<usize>();
    grammar.topics.iter().map(|topic| topic.context_count() * replies(topic)).sum()
}

/// How many distinct replies each mode has for a context of the topic.
fn pool_sizes(topic: &Topic) -> impl Iterator<Item = usize> + '_ {
    topic.replies.iter().map(|templates| templates.iter().map(Template::count).sum())
}

/// All contexts in a random order that takes the topics evenly until the smaller ones run out.
fn context_order<'a>(grammar: &'a Grammar, random: &mut ChaCha8Rng) -> Vec<(&'a Topic, usize)> {
    let counts: Vec<usize> = grammar.topics.iter().map(Topic::context_count).collect();
    let order = interleaved(&counts, random);
    order.into_iter().map(|(topic, context)| (&grammar.topics[topic], context)).collect()
}

/// Appends up to `rounds` replies of every mode to one context, mode after mode in each round.
fn push_context(
    topic: &Topic,
    context_index: usize,
    rounds: usize,
    random: &mut ChaCha8Rng,
    pairs: &mut Vec<PlantedPair>,
) {
    let (row, context) = topic.context(context_index);
    let mut orders = Vec::with_capacity(topic.replies.len());
    for templates in &topic.replies {
        let counts: Vec<usize> = templates.iter().map(Template::count).collect();
        orders.push(interleaved(&counts, random));
    }
    for round in 0..rounds {
        for (mode, (templates, order)) in topic.replies.iter().zip(&orders).enumerate() {
            let Some(&(template, choice)) = order.get(round) else { continue };
            pairs.push(PlantedPair {
                context: context.clone(),
                response: templates[template].fill(choice, row),
                topic: topic.name.clone(),
                mode: modes()[mode].to_owned(),
            });
        }
    }
}

/// All (group, member) numbers in a random order that takes one member of every group before a second of any,
/// so that a group with many members does not crowd out the others.
fn interleaved(counts: &[usize], random: &mut ChaCha8Rng) -> Vec<(usize, usize)> {
    let mut queues: Vec<(usize, Vec<usize>)> = Vec::with_capacity(counts.len());
    for (group, &count) in counts.iter().enumerate() {
        let mut members: Vec<usize> = (0..count).collect();
        members.shuffle(random);
        queues.push((group, members));
    }
    let mut order = Vec::with_capacity(counts.iter().sum());
    while !queues.is_empty() {
        queues.shuffle(random);
        order.extend(queues.iter_mut().filter_map(|(group, members)| Some((*group, members.pop()?))));
        queues.retain(|(_, members)| !members.is_empty());
    }
    order
}
