//! What is scored: replies of a system to utterances, and the references. Owns the checks that they belong together.

use crate::text::Text;

/// Replies to utterances, one or more draws of each, with the references of each utterance. An item is an utterance.
#[derive(Clone, Debug)]
pub struct Sample<'a> {
    /// `draws[draw][item]`; every draw has all items.
    pub(crate) draws: Vec<Vec<&'a Text>>,
    /// `references[item]`; all empty if there are no references.
    pub(crate) references: Vec<Vec<&'a Text>>,
    /// `utterances[item]`: equal numbers are one utterance.
    pub(crate) utterances: Vec<u32>,
}

/// Why replies and references do not belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum SampleError {
    #[error("there are no replies; give at least one")]
    Empty,
    #[error(
        "draw {draw_idx} has {found} replies, but the first draw has {expected}; give one reply for each utterance"
    )]
    Draws { draw_idx: usize, found: usize, expected: usize },
    #[error("{replies} replies have {references} lists of references; give one list for each reply")]
    References { replies: usize, references: usize },
    #[error("reply {item} has no reference, but others have; give at least one")]
    NoReference { item: usize },
    #[error("{replies} replies have {utterances} utterances; give one for each reply")]
    Utterances { replies: usize, utterances: usize },
    #[error("the system has {system} and the baseline {baseline}; a paired test needs the same on both sides")]
    Unpaired { system: Size, baseline: Size },
}

/// Replies and draws, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    items: usize,
    draws: usize,
}

impl std::fmt::Display for Size {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} draws of {} replies", self.draws, self.items)
    }
}

impl<'a> Sample<'a> {
    /// `draws[draw][item]` with `references[item]`; no references at all are an empty list.
    ///
    /// # Errors
    /// [`SampleError`] if the lists do not match, nothing is there, or only some items have references.
    pub fn new(draws: &'a [Vec<Text>], references: &'a [Vec<Text>]) -> Result<Self, SampleError> {
        let n_items = draws.first().map_or(0, Vec::len);
        if n_items == 0 {
            return Err(SampleError::Empty);
        }
        if let Some((draw_idx, draw)) = draws.iter().enumerate().find(|(_, draw)| draw.len() != n_items) {
            return Err(SampleError::Draws { draw_idx, found: draw.len(), expected: n_items });
        }
        if !references.is_empty() && references.len() != n_items {
            return Err(SampleError::References { replies: n_items, references: references.len() });
        }
        if let Some(item) = references.iter().position(Vec::is_empty) {
            return Err(SampleError::NoReference { item });
        }
        let mut references: Vec<Vec<&Text>> = references.iter().map(|texts| texts.iter().collect()).collect();
        references.resize(n_items, Vec::new());
        let utterances = (0..u32::try_from(n_items).expect("memory holds fewer replies")).collect();
        Ok(Self { draws: draws.iter().map(|draw| draw.iter().collect()).collect(), references, utterances })
    }

    /// Says which items answer the same utterance; without this, all utterances are taken to differ.
    ///
    /// # Errors
    /// [`SampleError::Utterances`] unless there is one for each item.
    pub fn with_utterances(self, utterances: Vec<u32>) -> Result<Self, SampleError> {
        let (replies, n_utterances) = (self.n_items(), utterances.len());
        if replies != n_utterances {
            return Err(SampleError::Utterances { replies, utterances: n_utterances });
        }
        Ok(Self { utterances, ..self })
    }

    /// Number of items.
    #[must_use]
    pub fn n_items(&self) -> usize {
        self.utterances.len()
    }

    /// Number of draws.
    #[must_use]
    pub fn n_draws(&self) -> usize {
        self.draws.len()
    }

    /// Whether there are references.
    #[must_use]
    pub fn has_references(&self) -> bool {
        self.references.iter().all(|references| !references.is_empty())
    }

    /// One draw of it.
    pub(crate) fn draw(&self, draw_idx: usize) -> Self {
        Self { draws: vec![self.draws[draw_idx].clone()], ..self.clone() }
    }

    /// The first reference of each item as if it were a system's reply.
    pub(crate) fn first_references(&self) -> Option<Self> {
        let first: Option<Vec<&Text>> = self.references.iter().map(|references| references.first().copied()).collect();
        let references = vec![Vec::new(); self.n_items()];
        Some(Self { draws: vec![first?], references, utterances: self.utterances.clone() })
    }

    /// The items of both, this one's first: what a randomisation test draws from.
    pub(crate) fn pooled(&self, baseline: &Self) -> Result<Self, SampleError> {
        let size = |sample: &Self| Size { items: sample.n_items(), draws: sample.n_draws() };
        let (system, baseline_size) = (size(self), size(baseline));
        if system != baseline_size {
            return Err(SampleError::Unpaired { system, baseline: baseline_size });
        }
        let pool = |one: &[&'a Text], other: &[&'a Text]| one.iter().chain(other).copied().collect();
        Ok(Self {
            draws: self.draws.iter().zip(&baseline.draws).map(|(one, other)| pool(one, other)).collect(),
            references: self.references.iter().chain(&baseline.references).cloned().collect(),
            utterances: self.utterances.iter().chain(&baseline.utterances).copied().collect(),
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::{Interner, Segmentation};

    /// Texts by white space: `draws[draw][item]` and `references[item]`.
    pub(crate) struct Owned {
        pub(crate) draws: Vec<Vec<Text>>,
        pub(crate) references: Vec<Vec<Text>>,
    }

    impl Owned {
        pub(crate) fn new<S: AsRef<str>>(draws: &[Vec<S>], references: &[Vec<S>]) -> Self {
            let mut interner = Interner::default();
            let mut lists = |lists: &[Vec<S>]| -> Vec<Vec<Text>> {
                let text = |text: &S| interner.text(text.as_ref(), Segmentation::None);
                let mut text = text;
                lists.iter().map(|texts| texts.iter().map(&mut text).collect()).collect()
            };
            Self { draws: lists(draws), references: lists(references) }
        }

        pub(crate) fn sample(&self) -> Sample<'_> {
            Sample::new(&self.draws, &self.references).unwrap()
        }
    }

    #[test]
    fn lists_that_do_not_match_are_refused() {
        for (name, draws, references, expected) in [
            ("nothing", vec![], vec![], "there are no replies; give at least one"),
            (
                "draws",
                vec![vec!["a"], vec![]],
                vec![],
                "draw 1 has 0 replies, but the first draw has 1; give one reply for each utterance",
            ),
            (
                "references",
                vec![vec!["a"]],
                vec![vec!["a"], vec!["b"]],
                "1 replies have 2 lists of references; give one list for each reply",
            ),
            (
                "one without",
                vec![vec!["a", "b"]],
                vec![vec!["a"], vec![]],
                "reply 1 has no reference, but others have; give at least one",
            ),
        ] {
            let owned = Owned::new(&draws, &references);
            let error = Sample::new(&owned.draws, &owned.references).unwrap_err();
            assert_eq!(error.to_string(), expected, "{name}");
        }
        let (one, two) = (Owned::new(&[vec!["a"]], &[]), Owned::new(&[vec!["a"], vec!["b"]], &[]));
        let message = one.sample().pooled(&two.sample()).unwrap_err().to_string();
        assert!(message.contains("1 draws of 1 replies and the baseline 2 draws of 1 replies"), "{message}");
        assert!(one.sample().with_utterances(vec![]).is_err());
    }
}
