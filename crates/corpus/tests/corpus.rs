//! Corpus folders: reading, checking, and planted corpora.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use repartee_corpus::{Corpus, CorpusError, Language, Pair, Split, write_planted};

fn planted(seed: u64) -> (tempfile::TempDir, Corpus) {
    let folder = tempfile::tempdir().unwrap();
    let corpus = write_planted(Language::English, seed, 400, 10, 20, &folder.path().join("corpus")).unwrap();
    (folder, corpus)
}

fn read(corpus: &Corpus, split: Split) -> Vec<Pair> {
    corpus.pairs(split).unwrap().map(Result::unwrap).collect()
}

#[test]
fn planted_corpora_keep_labels_and_split_by_context() {
    let (_folder, corpus) = planted(1);
    corpus.verify().unwrap();
    let splits = Split::ALL.map(|split| read(&corpus, split));
    assert_eq!(splits.iter().map(Vec::len).sum::<usize>(), 400);
    assert!(splits.iter().flatten().all(|pair| pair.topic.is_some() && pair.mode.is_some()));
    let contexts = splits.map(|pairs| pairs.into_iter().map(|pair| pair.context).collect::<BTreeSet<_>>());
    assert_eq!((contexts[1].len(), contexts[2].len()), (10, 20));
    assert!(contexts[0].is_disjoint(&contexts[1]) && contexts[0].is_disjoint(&contexts[2]));
    assert!(contexts[1].is_disjoint(&contexts[2]));
    assert_eq!(corpus.manifest().splits["test"].contexts, 20);
    assert_eq!(corpus.manifest(), planted(1).1.manifest());
    assert_ne!(corpus.manifest(), planted(2).1.manifest());
}

#[test]
fn planted_corpora_refuse_what_they_cannot_do() {
    let (folder, corpus) = planted(1);
    let error = write_planted(Language::English, 1, 400, 1, 1, corpus.dir()).unwrap_err();
    assert!(matches!(error, CorpusError::OutputExists { .. }), "{error}");
    let error = write_planted(Language::English, 1, 20, 20, 20, &folder.path().join("other")).unwrap_err();
    assert!(error.to_string().ends_with("ask for fewer or more pairs"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn changed_files_are_found() {
    let (_folder, corpus) = planted(1);
    let path: PathBuf = corpus.dir().join("dev.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend_from_slice(b"oops\n");
    std::fs::write(&path, bytes).unwrap();
    let message = corpus.verify().unwrap_err().to_string();
    assert!(message.contains("dev.jsonl` was changed: BLAKE3 is "), "{message}");
    let items: Vec<_> = corpus.pairs(Split::Dev).unwrap().collect();
    let message = items.last().unwrap().as_ref().unwrap_err().to_string();
    assert!(message.ends_with("was changed after the import (malformed-json); import the corpus again"), "{message}");
    assert_eq!(items.iter().filter(|item| item.is_err()).count(), 1);
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(corpus.pairs(Split::Dev).map(drop), Err(CorpusError::Read { .. })));
}

#[test]
fn folders_that_are_no_corpus_are_refused() {
    let (folder, corpus) = planted(1);
    let message = Corpus::open(folder.path()).unwrap_err().to_string();
    assert!(message.contains("is not a corpus folder (no manifest.json)"), "{message}");
    let path = corpus.dir().join("manifest.json");
    let json = std::fs::read_to_string(&path).unwrap();
    for (old, new, expected) in [
        ("\"format\": 1", "\"format\": 9", "has format 9, this version reads format 1"),
        ("train.jsonl", "../train.jsonl", "names no usable file for train"),
        ("\"dev\"", "\"valid\"", "names no usable file for dev"),
        ("{", "[", "cannot read the manifest"),
    ] {
        std::fs::write(&path, json.replace(old, new)).unwrap();
        let message = Corpus::open(corpus.dir()).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
