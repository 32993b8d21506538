//! Training of embeddings: what they learn, that they are reproducible, and what cannot be trained.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use rand::{Rng, RngExt, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use repartee_corpus::{
    CorpusError, EmbeddingFormat, EmbeddingOptions, EmbeddingProgress, Embeddings, Language, Vocabulary,
    VocabularyOptions, train_embeddings, train_vocabulary, write_planted,
};

const TOPICS: [[&str; 6]; 3] = [
    ["cat", "dog", "horse", "mouse", "sheep", "goat"],
    ["bread", "cheese", "apple", "soup", "honey", "rice"],
    ["train", "ship", "bike", "plane", "bus", "tram"],
];

/// Lines of one topic each.
fn planted_lines(n_lines: usize, random: &mut impl Rng) -> Vec<String> {
    let line = |_| {
        let topic = &TOPICS[random.random_range(0..TOPICS.len())];
        (0..6).map(|_| *topic.choose(random).unwrap()).collect::<Vec<_>>().join(" ")
    };
    (0..n_lines).map(line).collect()
}

fn planted() -> (Vec<String>, Vocabulary) {
    let lines = planted_lines(3000, &mut ChaCha8Rng::seed_from_u64(1));
    let vocabulary = Vocabulary::train(&lines, &VocabularyOptions { size: 200, ..Default::default() }).unwrap();
    (lines, vocabulary)
}

/// A small size that is no multiple of a block, and no subsampling, since each of few pieces is frequent.
fn options() -> EmbeddingOptions {
    EmbeddingOptions { size: 70, sample: 0.0, epochs: 2, seed: 7, ..Default::default() }
}

fn train(lines: &[String], vocabulary: &Vocabulary, options: &EmbeddingOptions) -> Embeddings {
    Embeddings::train(lines, vocabulary, options, &mut |_| {}).unwrap()
}

/// A vocabulary of whole words, so that no word is cut into pieces that topics share.
fn whole_words() -> Vocabulary {
    let specials = ["<s>", "<pad>", "</s>", "<unk>"];
    let words = specials.into_iter().chain(TOPICS.into_iter().flatten());
    let ids: Vec<String> = words.enumerate().map(|(id, word)| format!(r#""{word}": {id}"#)).collect();
    let json = format!(
        r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {{"type": "Whitespace"}}, "post_processor": null, "decoder": null,
        "model": {{"type": "WordLevel", "unk_token": "<unk>", "vocab": {{{}}}}}}}"#,
        ids.join(", ")
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    std::fs::write(&path, json).unwrap();
    Vocabulary::load(&path).unwrap()
}

fn cosine(left: &[f32], right: &[f32]) -> f32 {
    let dot = |left: &[f32], right: &[f32]| left.iter().zip(right).map(|(left, right)| left * right).sum::<f32>();
    dot(left, right) / (dot(left, left) * dot(right, right)).sqrt()
}

#[test]
fn words_of_one_topic_are_nearer_to_each_other_than_to_others() {
    let lines = planted_lines(3000, &mut ChaCha8Rng::seed_from_u64(1));
    let embeddings = train(&lines, &whole_words(), &options());
    let words: Vec<(usize, &str)> =
        TOPICS.iter().enumerate().flat_map(|(topic, words)| words.iter().map(move |&word| (topic, word))).collect();
    let vector = |word: &str| {
        let row = embeddings.pieces().iter().position(|piece| piece == word).unwrap();
        &embeddings.values()[row * embeddings.size()..][..embeddings.size()]
    };
    let (mut least_within, mut most_across) = (f32::INFINITY, f32::NEG_INFINITY);
    for (idx, &(topic, word)) in words.iter().enumerate() {
        for &(other_topic, other) in &words[idx + 1..] {
            let cosine = cosine(vector(word), vector(other));
            assert!(cosine.is_finite(), "{word} and {other}");
            if topic == other_topic {
                least_within = least_within.min(cosine);
            } else {
                most_across = most_across.max(cosine);
            }
        }
    }
    assert!(least_within > most_across + 0.3, "within a topic {least_within} or more, across {most_across} or less");
}

#[test]
fn the_loss_falls() {
    let (lines, vocabulary) = planted();
    let mut losses = Vec::new();
    let mut last = (0, 0);
    let options = EmbeddingOptions { epochs: 20, ..options() };
    Embeddings::train(&lines, &vocabulary, &options, &mut |at| {
        if let EmbeddingProgress::Training { words, total_words, loss_nats_per_position } = at {
            losses.extend(loss_nats_per_position);
            last = (words, total_words);
        }
    })
    .unwrap();
    // With output vectors of zero, each of six scores costs ln 2.
    let (start, end) = (losses[0], losses[losses.len() - 1]);
    assert!((start - 6.0 * std::f64::consts::LN_2).abs() < 1e-3, "{start}");
    assert!(end < 0.75 * start, "from {start} to {end}");
    assert_eq!(last.0, last.1);
    assert!(last.1 >= 20 * 3000 * 6);
}

#[test]
fn the_same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let (lines, vocabulary) = planted();
    let hash = |change: &dyn Fn(&mut EmbeddingOptions)| {
        let mut options = EmbeddingOptions { size: 200, epochs: 1, ..options() };
        change(&mut options);
        train(&lines, &vocabulary, &options).hash()
    };
    let one = hash(&|options| options.threads = 1);
    // 200 numbers are four blocks: two threads share them evenly, three do not, five have more threads than blocks.
    for threads in [0, 2, 3, 5] {
        assert_eq!(hash(&|options| options.threads = threads), one, "{threads} threads");
    }
    assert_ne!(hash(&|options| options.seed += 1), one);
    assert_ne!(hash(&|options| options.window = 1), one);
    assert_ne!(hash(&|options| options.negatives = 1), one);
    assert_ne!(hash(&|options| options.sample = 1e-3), one);
}

#[test]
fn rare_pieces_have_no_vector() {
    let (mut lines, vocabulary) = planted();
    lines.truncate(200);
    let counts = |piece: &str| {
        let id = (0..vocabulary.size() as u32).find(|&id| vocabulary.piece(id).unwrap() == piece).unwrap();
        lines.iter().flat_map(|line| vocabulary.encode(line).unwrap()).filter(|&other| other == id).count() as u64
    };
    let all = train(&lines, &vocabulary, &EmbeddingOptions { min_count: 1, ..options() });
    let least = all.pieces().iter().map(|piece| counts(piece)).min().unwrap();
    let few = train(&lines, &vocabulary, &EmbeddingOptions { min_count: least + 1, ..options() });
    assert!(few.pieces().len() < all.pieces().len() && !few.pieces().is_empty());
    let seen: Vec<u64> = few.pieces().iter().map(|piece| counts(piece)).collect();
    assert!(seen.iter().all(|&count| count > least) && seen.is_sorted_by(|left, right| left >= right), "{seen:?}");
    for special in ["<s>", "<pad>", "</s>"] {
        assert!(!all.pieces().iter().any(|piece| piece == special), "{special}");
    }
    assert_eq!(all.rows_for(&vocabulary).count(), all.pieces().len());
}

#[test]
fn tiny_texts_are_trained() {
    let vocabulary =
        Vocabulary::train(["ab ab abc", "bc ca"], &VocabularyOptions { size: 64, ..Default::default() }).unwrap();
    let options = EmbeddingOptions { size: 3, min_count: 1, window: 50, negatives: 20, ..options() };
    for lines in [vec!["a"], vec!["a", "", "a"], vec!["a b"], vec!["a b c", "c b a", ""]] {
        let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        let embeddings = train(&lines, &vocabulary, &options);
        assert!(!embeddings.pieces().is_empty());
        assert!(embeddings.values().iter().all(|value| value.is_finite()), "{lines:?}");
    }
    // One long line is cut into sentences of a thousand pieces.
    let long = train(&["ab c ".repeat(20_000)], &vocabulary, &options);
    assert!(long.values().iter().all(|value| value.is_finite()));
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let (lines, vocabulary) = planted();
    let refusal = |lines: &[String], options: &EmbeddingOptions| {
        Embeddings::train(lines, &vocabulary, options, &mut |_| {}).unwrap_err().to_string()
    };
    let rare = "no piece occurs 5 times in the lines; check the corpus, or lower --min-count";
    for lines in [&[][..], &[String::new()], &["cat dog".to_owned()]] {
        assert_eq!(refusal(lines, &options()), rare);
    }
    for (change, message) in [
        (EmbeddingOptions { size: 0, ..options() }, "--size is 0; ask for at least 1"),
        (EmbeddingOptions { window: 0, ..options() }, "--window is 0; ask for at least 1"),
        (EmbeddingOptions { negatives: 0, ..options() }, "--negatives is 0; ask for at least 1"),
        (EmbeddingOptions { epochs: 0, ..options() }, "--epochs is 0; ask for at least 1"),
        (EmbeddingOptions { max_lines: 0, ..options() }, "--max-lines is 0; ask for at least 1"),
    ] {
        assert_eq!(refusal(&lines, &change), message);
    }
    for options in [
        EmbeddingOptions { learning_rate: f32::NAN, ..options() },
        EmbeddingOptions { learning_rate: 0.0, ..options() },
        EmbeddingOptions { sample: -1.0, ..options() },
    ] {
        assert!(matches!(
            Embeddings::train(&lines, &vocabulary, &options, &mut |_| {}),
            Err(CorpusError::Option { .. })
        ));
    }
}

#[test]
fn a_corpus_gets_embeddings_beside_its_vocabulary() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_planted(Language::English, 3, 600, 10, 10, &folder.path().join("corpus")).unwrap();
    let options = EmbeddingOptions { size: 8, epochs: 1, max_lines: 500, ..Default::default() };
    let vocabulary =
        train_vocabulary(&corpus, &VocabularyOptions { size: 300, ..Default::default() }, &mut |_| {}).unwrap();
    let path = corpus.embeddings_path();
    let mut stages = Vec::new();
    let mut train = || {
        train_embeddings(&corpus, &vocabulary, &options, (&path, EmbeddingFormat::Binary), &mut |at| stages.push(at))
            .unwrap()
    };
    let embeddings = train();
    assert_eq!(train(), embeddings);
    assert_eq!(Embeddings::load(&path).unwrap(), embeddings);
    let has = |find: fn(&EmbeddingProgress) -> bool| stages.iter().any(find);
    assert!(has(|at| matches!(at, EmbeddingProgress::Encoding { lines: 500, total_lines: 500 })));
    assert!(has(|at| matches!(at, EmbeddingProgress::Training { .. })));
    assert!(has(|at| matches!(at, EmbeddingProgress::Written { .. })));
    // The folder is still one that a new corpus may take the place of.
    let error = write_planted(Language::English, 3, 600, 10, 10, corpus.dir()).unwrap_err();
    assert!(matches!(error, CorpusError::OutputExists { .. }), "{error}");
}
