//! Segmentation against MeCab itself, where it is installed with IPADIC (Debian: mecab, mecab-ipadic-utf8).

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};

use repartee_corpus::segmentation::Segmenter;
use repartee_corpus::{Language, Split, write_planted};

const LINES: usize = 1000;

#[test]
fn words_are_those_of_mecab() {
    let segmenter = match Segmenter::open(None) {
        Ok(segmenter) => segmenter,
        Err(error) => return println!("skipped: {error}"),
    };
    let mecab = Command::new("mecab").arg("-Owakati").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut mecab) = mecab else { return println!("skipped: no mecab on this machine") };

    let folder = tempfile::tempdir().unwrap();
    let corpus = write_planted(Language::Japanese, 0, 6000, 10, 10, &folder.path().join("corpus")).unwrap();
    let pairs = corpus.pairs(Split::Train).unwrap().map(Result::unwrap);
    let texts: BTreeSet<String> = pairs.flat_map(|pair| [pair.context, pair.response]).collect();
    let texts: Vec<String> = texts.into_iter().take(LINES).collect();
    assert_eq!(texts.len(), LINES);

    let mut input = mecab.stdin.take().unwrap();
    let lines = texts.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = mecab.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    let expected: Vec<&str> = expected.lines().map(str::trim_end).collect();
    assert_eq!(expected.len(), LINES);
    let mut worker = segmenter.worker();
    for (text, expected) in texts.iter().zip(expected) {
        assert_eq!(worker.segment(text), expected, "{text}");
        assert_eq!(worker.count(text), expected.split(' ').count(), "{text}");
    }
}
