//! n-grams as numbers: sorted profiles of one text for matching, and an index over many texts for counting kinds.

use std::iter::Peekable;

use crate::text::Text;

/// The n-grams of one text up to the order `ORDERS`, sorted, so that two texts are matched in one pass.
///
/// One sorted list serves all orders: a key is the longest n-gram that begins at a place, first symbol in the highest
/// bits, and its beginnings are the shorter ones. Where the text ends, symbols are 0; the others are raised by 1.
#[derive(Clone, Debug)]
pub(crate) struct Profile<const ORDERS: usize> {
    keys: Vec<u128>,
}

impl<const ORDERS: usize> Profile<ORDERS> {
    /// Every symbol has the same share of the 128 bits: 32 for each of four tokens, 21 for each of six characters.
    const BITS: usize = 128 / ORDERS;
    const SYMBOL: u128 = (1 << Self::BITS) - 1;

    pub(crate) fn new(symbols: &[u32]) -> Self {
        let mut keys = Vec::with_capacity(symbols.len());
        let mut key = 0;
        for &symbol in symbols.iter().rev() {
            key = key >> Self::BITS | (u128::from(symbol) + 1) << (Self::BITS * (ORDERS - 1));
            keys.push(key);
        }
        keys.sort_unstable();
        Self { keys }
    }

    /// Symbols of the text.
    pub(crate) fn n_symbols(&self) -> usize {
        self.keys.len()
    }

    /// How many n-grams of an order there are.
    pub(crate) fn total(&self, order: usize) -> u64 {
        (self.keys.len() + 1).saturating_sub(order) as u64
    }

    /// The n-grams of an order, sorted.
    fn of_order(&self, order: usize) -> impl Iterator<Item = u128> {
        let shift = Self::BITS * (ORDERS - order);
        // The last symbol is 0 if the text ends before.
        self.keys.iter().map(move |key| key >> shift).filter(|n_gram| n_gram & Self::SYMBOL != 0)
    }

    /// How many n-grams of an order are in the others too, each counted at most as often as in the one that has it
    /// most often.
    pub(crate) fn matched(&self, others: &[&Self], order: usize) -> u64 {
        if let [other] = others {
            return self.intersection(other, order);
        }
        let mut rests: Vec<_> = others.iter().map(|other| other.of_order(order).peekable()).collect();
        let mut mine = self.of_order(order).peekable();
        let mut n_matched = 0;
        while let Some(&n_gram) = mine.peek() {
            let most = rests.iter_mut().map(|rest| take_run(rest, n_gram)).max().unwrap_or(0);
            n_matched += take_run(&mut mine, n_gram).min(most);
        }
        n_matched
    }

    /// The same with one other; both lists advance without branches, which nobody could predict.
    fn intersection(&self, other: &Self, order: usize) -> u64 {
        let shift = Self::BITS * (ORDERS - order);
        let (mine, theirs) = (&self.keys[..], &other.keys[..]);
        let (mut n_shared, mut my_idx, mut their_idx) = (0, 0, 0);
        while my_idx < mine.len() && their_idx < theirs.len() {
            let (my_n_gram, their_n_gram) = (mine[my_idx] >> shift, theirs[their_idx] >> shift);
            let is_whole = my_n_gram & Self::SYMBOL != 0;
            n_shared += u64::from((my_n_gram == their_n_gram) & is_whole);
            my_idx += usize::from(my_n_gram <= their_n_gram);
            their_idx += usize::from(their_n_gram <= my_n_gram);
        }
        n_shared
    }
}

/// Drops what is smaller than `wanted` from a sorted list, then takes it off and says how often it was there.
fn take_run(rest: &mut Peekable<impl Iterator<Item = u128>>, wanted: u128) -> u64 {
    while rest.next_if(|&n_gram| n_gram < wanted).is_some() {}
    let mut n_equal = 0;
    while rest.next_if_eq(&wanted).is_some() {
        n_equal += 1;
    }
    n_equal
}

/// The n-grams of one order in many texts; kinds are numbered from 0.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// The n-grams of all texts, one text after the other.
    kinds: Vec<u32>,
    /// Where each text begins, and the end.
    starts: Vec<usize>,
    pub(crate) n_kinds: usize,
}

impl Index {
    /// The order is at most 4.
    pub(crate) fn new(texts: &[&Text], order: usize) -> Self {
        let mut starts = vec![0];
        let mut n_grams = Vec::new();
        for text in texts {
            n_grams.extend(text.tokens.windows(order).map(pack));
            starts.push(n_grams.len());
        }
        let mut places: Vec<u32> = (0..u32::try_from(n_grams.len()).expect("memory holds fewer n-grams")).collect();
        places.sort_unstable_by_key(|&place| n_grams[place as usize]);
        let mut kinds = vec![0; n_grams.len()];
        let mut n_kinds = 0;
        for same in places.chunk_by(|&one, &next| n_grams[one as usize] == n_grams[next as usize]) {
            for &place in same {
                kinds[place as usize] = n_kinds;
            }
            n_kinds += 1;
        }
        Self { kinds, starts, n_kinds: n_kinds as usize }
    }

    /// The kinds of the n-grams of a text, in order.
    pub(crate) fn of_text(&self, idx: u32) -> &[u32] {
        let idx = idx as usize;
        &self.kinds[self.starts[idx]..self.starts[idx + 1]]
    }

    /// How often each kind occurs in some texts, and how many n-grams they have.
    pub(crate) fn counts(&self, texts: &[u32]) -> (Vec<u64>, u64) {
        let mut counts = vec![0; self.n_kinds];
        let mut total = 0;
        for &idx in texts {
            let kinds = self.of_text(idx);
            total += kinds.len() as u64;
            for &kind in kinds {
                counts[kind as usize] += 1;
            }
        }
        (counts, total)
    }
}

fn pack(tokens: &[u32]) -> u128 {
    tokens.iter().fold(0, |packed, &token| packed << 32 | u128::from(token))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Interner, Segmentation};

    #[test]
    fn matches_are_clipped_by_the_other_that_has_most() {
        let mine = Profile::<4>::new(&[1, 1, 1, 2]);
        let (twice, once) = (Profile::new(&[1, 1]), Profile::new(&[3, 1, 2]));
        for (name, others, expected) in [
            ("one other", vec![&twice], [2, 1, 0, 0]),
            ("the other other", vec![&once], [2, 1, 0, 0]),
            ("both", vec![&twice, &once], [3, 2, 0, 0]),
            ("itself", vec![&mine], [4, 3, 2, 1]),
            ("none", vec![], [0; 4]),
        ] {
            let matched = [1, 2, 3, 4].map(|order| mine.matched(&others, order));
            assert_eq!(matched, expected, "{name}");
        }
    }

    #[test]
    fn an_empty_text_has_nothing() {
        let empty = Profile::<6>::new(&[]);
        assert_eq!((empty.total(1), empty.matched(&[&empty], 1)), (0, 0));
    }

    #[test]
    fn kinds_are_counted_over_chosen_texts() {
        let mut interner = Interner::default();
        let texts: Vec<Text> = ["a b a b", "a b", "", "c"].map(|text| interner.text(text, Segmentation::None)).into();
        let index = Index::new(&texts.iter().collect::<Vec<_>>(), 2);
        assert_eq!(index.n_kinds, 2);
        let (mut counts, total) = index.counts(&[0, 1, 1, 2, 3]);
        counts.sort_unstable();
        assert_eq!((counts, total), (vec![1, 4], 5));
    }
}
