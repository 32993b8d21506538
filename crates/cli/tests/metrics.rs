//! `repartee metrics`: plain text files in, scores or one line of error out.

mod common;

use common::{Folder, fails, repartee, succeeds, text};

#[test]
fn metrics_scores_files_and_says_what_is_wrong_with_them() {
    let folder = Folder::new();
    let hypotheses = folder.file("hypotheses", "the cat sat on the mat\r\nno\r\n");
    let references = folder.file("references", "the cat sat on the mat\nyes\n");
    let scores = succeeds(&["metrics", "--hypotheses", &hypotheses, "--references", &references, "--json"]);
    // Six of seven unigrams, five, four and three of as many longer ones; no brevity penalty.
    assert!(scores.contains("\"name\":\"bleu\"") && scores.contains("\"value\":96.2"), "{scores}");
    let table = succeeds(&["metrics", "--hypotheses", &hypotheses, "--references", &references]);
    assert!(table.contains("BLEU") && table.contains("95 % interval") && table.contains("tokens: moses"), "{table}");
    let compared = ["metrics", "--hypotheses", &references, "--references", &references, "--baseline", &hypotheses];
    assert!(succeeds(&compared).contains("p rand"));

    let longer = folder.file("longer", "a\nb\nc\n");
    let empty = folder.file("empty", "");
    let invalid = folder.file("invalid", b"fine\nbad \xff byte\n");
    for (file, parts) in [
        (&longer, &["longer", "3 lines", "hypotheses", "2"][..]),
        (&empty, &["empty", "is empty"]),
        (&invalid, &["invalid", "line 2", "UTF-8 at byte 5"]),
        (&folder.path("nowhere"), &["nowhere"]),
    ] {
        fails(&repartee(&["metrics", "--hypotheses", &hypotheses, "--references", file]), parts);
    }
    fails(
        &repartee(&["metrics", "--hypotheses", &hypotheses, &references, "--baseline", &hypotheses]),
        &["2 files of hypotheses", "1 of the baseline"],
    );
    let unknown = repartee(&["metrics", "--hypotheses", &hypotheses, "--tokenize", "perl"]);
    assert!(!unknown.status.success() && text(&unknown.stderr).contains("moses, 13a, mecab, none or characters"));
}

#[test]
fn metrics_cuts_japanese_as_mecab_does() {
    let folder = Folder::new();
    let replies = folder.file("replies", "すもももももももものうち\n");
    let arguments = ["metrics", "--language", "ja", "--tokenize", "mecab", "--hypotheses", &replies, "--json"];
    let output = repartee(&arguments);
    if text(&output.stderr).contains("mecab-ipadic") {
        return println!("skipped: {}", text(&output.stderr));
    }
    let scores: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one line of JSON");
    let metrics = scores["metrics"].as_array().expect("a list");
    let length = metrics.iter().find(|row| row["name"] == "length-tokens-per-reply").expect("it is there");
    // すもも も もも も もも の うち
    assert_eq!((&scores["segmentation"], &length["value"]), (&"mecab".into(), &7.0.into()));
    let astray = ["metrics", "--hypotheses", &replies, "--mecab-dictionary", "nowhere"];
    fails(&repartee(&astray), &["--mecab-dictionary", "--tokenize mecab"]);
    let missing = [&arguments[..], &["--mecab-dictionary", "nowhere"]].concat();
    fails(&repartee(&missing), &["nowhere"]);
}
