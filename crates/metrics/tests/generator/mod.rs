//! Random corpora for the comparison with sacrebleu. They depend on nothing but their number, so that the scores alone
//! need to be kept.

/// A hypothesis and its references.
pub(crate) type Item = (String, Vec<String>);

/// How many corpora there are.
pub(crate) const N_CORPORA: u64 = 200;

const WORDS: [&str; 40] = [
    "I",
    "you",
    "the",
    "dog",
    "dogs'",
    "don't",
    "it's",
    "well",
    "Well",
    "no",
    "No.",
    "Mr.",
    "U.S.",
    "3.5",
    "1,000",
    "2-3",
    "a",
    "is",
    "was",
    "here",
    "&amp;",
    "&quot;hi&quot;",
    "<s>",
    "e-mail",
    "(so)",
    "ok...",
    "what?!",
    "café",
    "猫",
    "...",
    "-",
    "'",
    "A/B",
    "x:y",
    "50%",
    "$5",
    "1.",
    ".5",
    "tea,",
    "tea",
];

/// Corpus number `number`: 1 to 12 hypotheses with 1 to 4 references, which share most of their words.
pub(crate) fn corpus(number: u64) -> Vec<Item> {
    let mut random = SplitMix64(number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let n_items = 1 + random.below(12);
    let n_references = 1 + random.below(4);
    let vocabulary = 2 + random.below(WORDS.len() - 1);
    let item = |_| {
        let length = random.below(16);
        let hypothesis: Vec<&str> = (0..length).map(|_| WORDS[random.below(vocabulary)]).collect();
        let references = (0..n_references).map(|_| changed(&hypothesis, vocabulary, &mut random)).collect();
        (hypothesis.join(if random.below(9) == 0 { "  " } else { " " }), references)
    };
    (0..n_items).map(item).collect()
}

/// Words are dropped, replaced or doubled, each with probability 1/8; the result is never empty.
fn changed(words: &[&str], vocabulary: usize, random: &mut SplitMix64) -> String {
    let mut changed = Vec::new();
    for &word in words {
        match random.below(8) {
            0 => {}
            1 => changed.push(WORDS[random.below(vocabulary)]),
            2 => changed.extend([word, word]),
            _ => changed.push(word),
        }
    }
    if changed.is_empty() { WORDS[random.below(vocabulary)].to_owned() } else { changed.join(" ") }
}

/// Steele, Lea & Flood 2014: small and the same everywhere, which no library promises from version to version.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}
