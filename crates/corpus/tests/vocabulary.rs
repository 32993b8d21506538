//! Vocabularies: special pieces, round trips, reproducibility, and files of others.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use repartee_corpus::{
    Corpus, CorpusError, Language, Split, Vocabulary, VocabularyOptions, train_vocabulary, write_planted,
};

fn options(size: usize) -> VocabularyOptions {
    VocabularyOptions { size, seed: 1, max_lines: 1000 }
}

fn planted(language: Language) -> (tempfile::TempDir, Corpus) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_planted(language, 3, 600, 10, 10, &folder.path().join("corpus")).unwrap();
    (folder, corpus)
}

fn lines(corpus: &Corpus) -> Vec<String> {
    corpus.pairs(Split::Train).unwrap().map(Result::unwrap).flat_map(|pair| [pair.context, pair.response]).collect()
}

#[test]
fn a_corpus_gets_a_vocabulary_that_round_trips() {
    for language in Language::ALL {
        let (_folder, corpus) = planted(language);
        let vocabulary = train_vocabulary(&corpus, &options(1000), &mut |_| {}).unwrap();
        assert!(vocabulary.size() <= 1000 && vocabulary.size() > 100, "{language}: {}", vocabulary.size());
        let ids = [vocabulary.bos(), vocabulary.pad(), vocabulary.eos(), vocabulary.unk()];
        assert_eq!(ids, [0, 1, 2, 3]);
        for line in lines(&corpus) {
            let ids = vocabulary.encode(&line).unwrap();
            assert_eq!(vocabulary.decode(&ids).unwrap(), line);
            assert!(ids.iter().all(|id| (4..vocabulary.size() as u32).contains(id)), "{line}: {ids:?}");
        }
        let loaded = Vocabulary::load(&corpus.vocabulary_path()).unwrap();
        assert_eq!((loaded.hash(), loaded.size()), (vocabulary.hash(), vocabulary.size()));
        let file = std::fs::read(corpus.vocabulary_path()).unwrap();
        assert_eq!(loaded.hash(), blake3::hash(&file).to_hex().to_string());
    }
}

#[test]
fn training_is_reproducible() {
    for language in Language::ALL {
        let (_folder, corpus) = planted(language);
        let lines = lines(&corpus);
        let train = |lines: &[String], options: &VocabularyOptions| Vocabulary::train(lines, options).unwrap().hash();
        let hash = train(&lines, &options(300));
        for _ in 0..3 {
            assert_eq!(train(&lines, &options(300)), hash);
        }
        let mut reversed = lines.clone();
        reversed.reverse();
        let all = VocabularyOptions { max_lines: 10_000, ..options(300) };
        assert_eq!(train(&reversed, &all), train(&lines, &all), "order does not matter if all lines are taken");
        let few = VocabularyOptions { max_lines: 50, ..options(300) };
        assert_ne!(train(&lines, &few), train(&lines, &VocabularyOptions { seed: 2, ..few.clone() }));
    }
}

#[test]
fn odd_text_never_panics() {
    let vocabulary = Vocabulary::train(["ab ab abc </s> <UNK> <pad>", "bc ▁ ca"], &options(64)).unwrap();
    let unk = vocabulary.unk();
    assert!(vocabulary.encode("").unwrap().is_empty());
    assert!(vocabulary.encode(" \n\u{0}").unwrap().is_empty());
    assert_eq!(vocabulary.decode(&[]).unwrap(), "");
    assert!(vocabulary.encode("猫").unwrap().contains(&unk));
    let long = "ab".repeat(50_000);
    assert_eq!(vocabulary.decode(&vocabulary.encode(&long).unwrap()).unwrap(), long);
    for special in ["<s>", "<pad>", "</s>", "<unk>"] {
        let ids = vocabulary.encode(&format!("ab {special}{special}c")).unwrap();
        assert!(ids.iter().all(|&id| id >= unk), "{special}: {ids:?}");
        assert!(ids.contains(&unk), "{special}: {ids:?}");
    }
    let ab = vocabulary.encode("ab").unwrap();
    let sentence = [&[vocabulary.bos()][..], &ab, &[vocabulary.eos(), vocabulary.pad(), unk]].concat();
    assert_eq!(vocabulary.decode(&sentence).unwrap(), "ab");
    assert_eq!(vocabulary.encode("  a\tb ").unwrap(), vocabulary.encode("a b").unwrap());
    let message = vocabulary.decode(&[9999]).unwrap_err().to_string();
    assert!(message.starts_with("piece 9999 is not in this vocabulary of "), "{message}");
}

#[test]
fn canonically_equal_texts_have_the_same_pieces() {
    let vocabulary = Vocabulary::train(["がが", "é é"], &options(64)).unwrap();
    assert_eq!(vocabulary.encode("か\u{3099}").unwrap(), vocabulary.encode("が").unwrap());
    assert_eq!(vocabulary.decode(&vocabulary.encode("e\u{301}").unwrap()).unwrap(), "é");
}

#[test]
fn many_rare_characters_leave_room_for_pieces() {
    let rare: String = ('\u{4e00}'..'\u{5200}').collect();
    let text = format!("{rare} {}", "common ".repeat(9));
    let vocabulary = Vocabulary::train([text.as_str(), "uncommon commoner"], &options(64)).unwrap();
    assert!(vocabulary.size() <= 64, "{}", vocabulary.size());
    assert!(vocabulary.encode("common").unwrap().len() < 6);
    assert!(vocabulary.encode(&rare).unwrap().contains(&vocabulary.unk()));
}

#[test]
fn a_frequent_word_is_one_piece_though_no_longer_word_begins_with_it() {
    let lines: Vec<String> =
        ('a'..='z').flat_map(|x| ('a'..='z').map(move |y| format!("more {x}{y} been {y}{x}"))).collect();
    let vocabulary = Vocabulary::train(&lines, &options(256)).unwrap();
    for word in ["more", "been"] {
        let pieces = vocabulary.encode(word).unwrap();
        assert_eq!(pieces.len(), 1, "{word}: {pieces:?}");
    }
    let pieces: Vec<String> = (0..vocabulary.size()).map(|id| vocabulary.piece(id as u32).unwrap()).collect();
    assert!(pieces.iter().all(|piece| !piece.contains(char::is_control)), "{pieces:?}");
}

#[test]
fn sizes_and_texts_that_cannot_be_trained_are_refused() {
    let message = Vocabulary::train(["a"], &options(3)).unwrap_err().to_string();
    assert_eq!(message, "a vocabulary of 3 pieces is too small; ask for at least 16");
    for lines in [&[][..], &["", " "], &["▁"]] {
        let error = Vocabulary::train(lines, &options(64)).unwrap_err();
        assert!(matches!(error, CorpusError::NoTrainingText), "{lines:?}: {error}");
    }
    let vocabulary = Vocabulary::train(["ab"], &options(16_000)).unwrap();
    assert!(vocabulary.size() < 10, "{}", vocabulary.size());
}

#[test]
fn files_of_others_need_the_special_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokenizer.json");
    let other = |pieces: &str| {
        format!(
            r#"{{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
            "pre_tokenizer": {{"type": "Whitespace"}}, "post_processor": null, "decoder": null,
            "model": {{"type": "WordLevel", "unk_token": "<unk>", "vocab": {{{pieces}}}}}}}"#
        )
    };
    std::fs::write(&path, other(r#""<unk>": 0, "a": 1, "</s>": 2, "<s>": 3, "<pad>": 4, "s": 5"#)).unwrap();
    let vocabulary = Vocabulary::load(&path).unwrap();
    assert_eq!([vocabulary.bos(), vocabulary.pad(), vocabulary.eos(), vocabulary.unk()], [3, 4, 2, 0]);
    assert_eq!(vocabulary.encode("a b").unwrap(), [1, 0]);
    assert_eq!(vocabulary.decode(&[3, 1, 0, 2, 4]).unwrap(), "a");

    std::fs::write(&path, other(r#""<unk>": 0, "</s>": 2, "<s>": 3"#)).unwrap();
    let message = Vocabulary::load(&path).unwrap_err().to_string();
    assert!(message.ends_with("has no piece `<pad>`; add it, or train the vocabulary again"), "{message}");
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(Vocabulary::load(&path), Err(CorpusError::VocabularyFile { .. })));
    assert!(matches!(Vocabulary::load(&folder.path().join("gone")), Err(CorpusError::Read { .. })));
    let error = vocabulary.save(&folder.path().join("gone/tokenizer.json")).unwrap_err().to_string();
    assert!(error.contains("free some space or choose another"), "{error}");
}
