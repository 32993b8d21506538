//! `repartee metrics`: plain text files in, scores or one line of error out.

use std::{
    fs,
    process::{Command, Output},
};

fn file(folder: &tempfile::TempDir, name: &str, contents: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, contents).expect("the folder is writable");
    path.display().to_string()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn repartee(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_repartee")).args(arguments).output().expect("the program starts")
}

#[track_caller]
fn succeeds(arguments: &[&str]) -> String {
    let output = repartee(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// One line of error with all these parts.
#[track_caller]
fn fails(output: &Output, parts: &[&str]) {
    let error = text(&output.stderr);
    assert!(!output.status.success() && error.trim_end().lines().count() == 1, "{error}");
    assert!(parts.iter().all(|part| error.contains(part)), "{parts:?}: {error}");
}

#[test]
fn metrics_scores_files_and_says_what_is_wrong_with_them() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let hypotheses = file(&folder, "hypotheses", "the cat sat on the mat\r\nno\r\n");
    let references = file(&folder, "references", "the cat sat on the mat\nyes\n");
    let scores = succeeds(&["metrics", "--hypotheses", &hypotheses, "--references", &references, "--json"]);
    // Six of seven unigrams, five, four and three of as many longer ones; no brevity penalty.
    assert!(scores.contains("\"name\":\"bleu\"") && scores.contains("\"value\":96.2"), "{scores}");
    let table = succeeds(&["metrics", "--hypotheses", &hypotheses, "--references", &references]);
    assert!(table.contains("BLEU") && table.contains("95 % interval") && table.contains("tokens: moses"), "{table}");
    let compared = ["metrics", "--hypotheses", &references, "--references", &references, "--baseline", &hypotheses];
    assert!(succeeds(&compared).contains("p rand"));

    let longer = file(&folder, "longer", "a\nb\nc\n");
    let empty = file(&folder, "empty", "");
    let invalid = file(&folder, "invalid", b"fine\nbad \xff byte\n");
    for (file, parts) in [
        (&longer, &["longer", "3 lines", "hypotheses", "2"][..]),
        (&empty, &["empty", "is empty"]),
        (&invalid, &["invalid", "line 2", "UTF-8 at byte 5"]),
        (&folder.path().join("nowhere").display().to_string(), &["nowhere"]),
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
    let folder = tempfile::tempdir().expect("a temporary folder");
    let replies = file(&folder, "replies", "すもももももももものうち\n");
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
