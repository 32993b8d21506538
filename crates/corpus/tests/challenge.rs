//! The committed challenge sets hold to their rules, and damaged copies are refused.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use repartee_corpus::{ChallengeSet, CorpusError, Language};

fn committed(language: Language) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../eval-sets/challenge-{language}/v1"))
}

fn read(dir: &Path, file: &str) -> String {
    std::fs::read_to_string(dir.join(file)).unwrap()
}

/// A copy of a committed set with other items, and what opening it says. `rehash` brings the manifest's hash up to
/// date, as an author would, so that the rules behind the hash are reached.
fn open_damaged(language: Language, rehash: bool, damage: impl FnOnce(String) -> String) -> Result<(), CorpusError> {
    let source = committed(language);
    let (items, manifest) = (read(&source, "items.jsonl"), read(&source, "manifest.toml"));
    let damaged = damage(items.clone());
    assert_ne!(damaged, items, "the damage did nothing");
    let folder = tempfile::tempdir().unwrap();
    let hash = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let manifest = if rehash { manifest.replace(&hash(&items), &hash(&damaged)) } else { manifest };
    std::fs::write(folder.path().join("items.jsonl"), damaged).unwrap();
    std::fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
    ChallengeSet::open(folder.path()).map(drop)
}

/// The items with one line changed.
fn with_line(items: &str, number: usize, change: impl Fn(&mut serde_json::Value)) -> String {
    let lines = (1..).zip(items.lines()).map(|(line_number, line)| {
        let mut item: serde_json::Value = serde_json::from_str(line).unwrap();
        if line_number == number {
            change(&mut item);
        }
        format!("{item}\n")
    });
    lines.collect()
}

#[test]
fn both_sets_hold_to_their_rules() {
    for (language, n_topics) in [(Language::English, 20), (Language::Japanese, 20)] {
        let dir = committed(language);
        let set = ChallengeSet::open(&dir).unwrap();
        let manifest = set.manifest();
        assert_eq!((manifest.name.as_str(), manifest.version.as_str()), (&*format!("challenge-{language}"), "v1"));
        assert_eq!((manifest.language, manifest.licence.as_str()), (language, "CC-BY-4.0"));
        assert_eq!(set.items().len(), 100);
        let topics: BTreeSet<_> = set.items().iter().map(|item| &item.topic).collect();
        assert!(topics.len() >= n_topics, "{topics:?}");
        let datasheet = read(&dir, "DATASHEET.md");
        for mode in &manifest.modes {
            let count = set.items().iter().flat_map(|item| &item.replies).filter(|reply| reply.mode == *mode).count();
            assert!(
                datasheet.contains(&format!("| {mode} | {count} |")),
                "{language}: the datasheet misses {count} {mode}"
            );
        }
    }
}

/// Openings that many replies share are the mark of a formula.
#[test]
fn no_opening_is_a_habit() {
    for (language, opening) in [
        (
            Language::English,
            (|text| text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")) as fn(&str) -> String,
        ),
        (Language::Japanese, |text| text.chars().take(4).collect()),
    ] {
        let set = ChallengeSet::open(&committed(language)).unwrap();
        let replies: Vec<_> = set.items().iter().flat_map(|item| &item.replies).collect();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for reply in &replies {
            *counts.entry(opening(&reply.text)).or_default() += 1;
        }
        let (most_common, count) = counts.iter().max_by_key(|&(_, count)| count).unwrap();
        assert!(100 * count <= replies.len(), "{count} of {} replies begin with `{most_common}`", replies.len());
    }
}

#[test]
fn a_changed_byte_and_a_wrong_hash_are_found() {
    let error = open_damaged(Language::English, false, |items| items.replacen("drums", "drumz", 1)).unwrap_err();
    assert!(matches!(error, CorpusError::ChallengeChanged { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("items.jsonl` was changed: BLAKE3 is ") && message.ends_with("needs a new version"));

    let folder = tempfile::tempdir().unwrap();
    let source = committed(Language::Japanese);
    std::fs::copy(source.join("items.jsonl"), folder.path().join("items.jsonl")).unwrap();
    let set = ChallengeSet::open(&source).unwrap();
    let manifest = read(&source, "manifest.toml").replace(&set.manifest().items_blake3, &"0".repeat(64));
    std::fs::write(folder.path().join("manifest.toml"), manifest).unwrap();
    let error = ChallengeSet::open(folder.path()).unwrap_err();
    assert!(matches!(error, CorpusError::ChallengeChanged { .. }), "{error}");
}

#[test]
fn every_broken_rule_names_line_and_field() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(Language, Change, &str); 11] = [
        (
            Language::English,
            |item| item["id"] = "en-003".into(),
            "line 4, id: is `en-003`; ids count the lines, write `en-004`",
        ),
        (Language::English, |item| item["topic"] = "My Topic".into(), "line 4, topic: is `My Topic`; write lower-case"),
        (
            Language::English,
            |item| item["utterance"] = "Привет, соседи!".into(),
            "line 4, utterance: is not in the script",
        ),
        (Language::Japanese, |item| item["utterance"] = "Hello, neighbours!".into(), "utterance: is not in the script"),
        (
            Language::Japanese,
            |item| item["utterance"] = "か\u{3099}んばって作りました。".into(),
            "utterance: is not in NFC",
        ),
        (
            Language::English,
            |item| item["utterance"] = "Two\nlines of text.".into(),
            "utterance: is not in NFC, or has control",
        ),
        (
            Language::English,
            |item| item["utterance"] = "word ".repeat(60).trim().into(),
            "utterance: has 299 characters",
        ),
        (
            Language::English,
            |item| item["replies"].as_array_mut().unwrap().truncate(4),
            "replies: has 4 replies; write at least 5",
        ),
        (
            Language::English,
            |item| item["replies"][1]["mode"] = "sermon".into(),
            "replies[1].mode: is `sermon`, which is not",
        ),
        (
            Language::English,
            |item| item["replies"][1]["mode"] = item["replies"][0]["mode"].clone(),
            "replies[1].mode: repeats",
        ),
        (Language::English, |item| item["replies"][2]["text"] = "ok".into(), "replies[2].text: has 2 characters"),
    ];
    for (language, change, expected) in cases {
        let error = open_damaged(language, true, |items| with_line(&items, 4, change)).unwrap_err();
        assert!(matches!(error, CorpusError::ChallengeItem { line: 4, .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}\nexpected: {expected}");
    }
}

#[test]
fn a_near_copy_names_both_places() {
    for language in Language::ALL {
        let first = ChallengeSet::open(&committed(language)).unwrap().items()[0].clone();
        let copy = first.replies[1].text.to_uppercase().replace(['.', '。'], "!");
        let damage = |items: String| with_line(&items, 4, |item| item["replies"][2]["text"] = copy.as_str().into());
        let message = open_damaged(language, true, damage).unwrap_err().to_string();
        let expected = "line 4, replies[2].text: shares 100 % of its character trigrams with line 1, field \
                        `replies[1].text`; rewrite one of them";
        assert!(message.ends_with(expected), "{message}");
    }
}

#[test]
fn lines_that_are_no_items_are_refused() {
    for (old, new, expected) in [
        ("\"topic\"", "\"subject\"", "line 1, column 26: malformed (unknown field `subject`"),
        ("{\"id\"", "\"id\"", "line 1, column 4: malformed"),
        ("}\n", "}\n\n", "line 2, column 0: malformed"),
        ("{\"id\"", "{\"id\": \"en-001\", \"id\"", "line 1, column 21: malformed (duplicate field `id`)"),
    ] {
        let damage = |items: String| items.replacen(old, new, 1);
        let message = open_damaged(Language::English, true, damage).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
}

#[test]
fn counts_and_fields_of_the_manifest_are_checked() {
    let source = committed(Language::English);
    let manifest = read(&source, "manifest.toml");
    for (old, new, expected) in [
        ("items = 100", "items = 99", "field `items`: says 99, the items have 100"),
        ("topics = ", "topics = 1", "field `topics`: says 1"),
        ("    \"advice\",\n", "    \"advice\",\n    \"sermon\",\n", "field `modes`: says 13, the items have 12"),
        ("language = \"en\"", "language = \"fr\"", "line 5: unknown variant `fr`"),
        ("licence = ", "license = ", "line 7: unknown field `license`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::copy(source.join("items.jsonl"), folder.path().join("items.jsonl")).unwrap();
        std::fs::write(folder.path().join("manifest.toml"), manifest.replacen(old, new, 1)).unwrap();
        let error = ChallengeSet::open(folder.path()).unwrap_err();
        assert!(matches!(error, CorpusError::ChallengeManifest { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(expected) && !message.contains('\n'), "{message}");
    }
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(ChallengeSet::open(empty.path()), Err(CorpusError::Read { .. })));
}
