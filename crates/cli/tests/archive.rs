//! `repartee corpus build` as its user meets it: an archive in, a corpus, a report or one line of error out.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir(folder.0.path().join("archive")).expect("the folder is writable");
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn file(&self, name: &str, contents: impl AsRef<[u8]>) -> String {
        fs::write(self.0.path().join(name), contents).expect("the folder is writable");
        self.path(name)
    }

    fn build(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
        command.args(["corpus", "build", &self.path("archive"), "--out", &self.path("corpus")]).args(arguments);
        command.stdin(Stdio::null()).output().expect("the program starts")
    }

    #[track_caller]
    fn builds(&self, arguments: &[&str]) -> String {
        let output = self.build(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The report of a build in place of what was built before.
    #[track_caller]
    fn report(&self, arguments: &[&str]) -> Value {
        let report = self.builds(&[arguments, &["--overwrite", "--json"]].concat());
        assert_eq!(report.lines().count(), 1, "{report}");
        serde_json::from_str(&report).expect("one line of JSON")
    }

    /// The error must be one line that holds all of `parts`; no corpus and nothing on stdout.
    #[track_caller]
    fn refuses(&self, arguments: &[&str], parts: &[&str]) {
        let output = self.build(arguments);
        let stderr = text(&output.stderr);
        assert!(!output.status.success(), "it should fail: {stderr}");
        assert_eq!(text(&output.stdout), "");
        let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && stderr.lines().last() == Some(errors[0]), "one line of error, the last: {stderr}");
        parts.iter().for_each(|part| assert!(errors[0].contains(part), "`{part}` is not in: {}", errors[0]));
        assert!(!Path::new(&self.path("corpus")).exists());
    }

    fn pairs(&self, split: &str) -> Vec<(String, String)> {
        let lines = fs::read_to_string(self.0.path().join("corpus").join(format!("{split}.jsonl"))).expect("a split");
        let pair = |line: &str| {
            let pair: Value = serde_json::from_str(line).expect("a line is JSON");
            let side = |name: &str| pair[name].as_str().expect("a text").to_owned();
            (side("context"), side("response"))
        };
        lines.lines().map(pair).collect()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the program writes UTF-8")
}

/// A status as Twitter's API v1.1 has it.
fn status(id: u64, parent: Option<u64>, user: &str, year: u32, text: &str) -> String {
    let status = serde_json::json!({
        "id_str": id.to_string(), "in_reply_to_status_id_str": parent.map(|id| id.to_string()), "text": text,
        "user": {"id_str": user, "screen_name": format!("name_of_{user}"), "description": "hello"}, "lang": "en",
        "created_at": format!("Wed May 09 12:00:00 +0000 {year}"),
    });
    format!("{status}\n")
}

/// Conversations of three years, a file each; of 2019 some have three replies.
fn archive(folder: &Folder, n_conversations: u64) {
    for year in 2017..=2019 {
        let mut lines = String::new();
        for number in 0..n_conversations {
            let id = u64::from(year) * 100_000_000 + number * 10;
            lines += &status(id, None, "ann", year, &format!("Who has seen my cat number {number} of {year}?"));
            for reply in 1..=1 + 2 * u64::from(year == 2019 && number % 2 == 0) {
                let said = format!("@name_of_ann I saw number {number} on roof {reply} 😀 #cats");
                lines += &status(id + reply, Some(id), &format!("bob{reply}"), year, &said);
            }
        }
        folder.file(&format!("archive/{year}.jsonl"), lines);
    }
}

const YEARS: [&str; 6] = ["--train", "2017,2018", "--test", "2019", "--dev", "20"];

#[test]
fn an_archive_becomes_a_corpus_that_a_vocabulary_is_trained_on() {
    let folder = Folder::new();
    archive(&folder, 100);
    let report = folder.builds(&YEARS);
    for part in [
        "700 posts of 3 files",
        "300 conversations of 700 posts",
        "train       180 pairs",
        "dev          20 pairs",
        "test        150 pairs,        50 utterances",
        "400 mentions",
        "400 hashtags",
        "50 too-few-replies-for-test",
    ] {
        assert!(report.contains(part), "`{part}` is not in: {report}");
    }
    assert!(!report.contains("name_of_"), "a name was shown: {report}");
    let train = folder.pairs("train");
    let (context, response) = &train[0];
    assert!(context.starts_with("Who has seen my cat number ") && response.ends_with(" on roof 1"), "{train:?}");
    let entries = fs::read_dir(folder.0.path()).expect("it exists").count();
    assert_eq!(entries, 2, "archive and corpus, no work folder");

    let program = Command::new(env!("CARGO_BIN_EXE_repartee"))
        .args(["vocab", "train", &folder.path("corpus"), "--size", "80"])
        .output()
        .expect("the program starts");
    assert!(program.status.success(), "{}", text(&program.stderr));
    assert!(Path::new(&folder.path("corpus/tokenizer.json")).is_file());
}

#[test]
fn the_report_as_json_has_every_count_with_examples() {
    let folder = Folder::new();
    archive(&folder, 20);
    folder.file("archive/damaged.jsonl", "{\"id_str\": \"1\", \"te\n");
    let report = folder.report(&YEARS);
    assert_eq!(report["posts"], 140);
    assert_eq!(report["splits"]["test"]["contexts"], 10);
    assert_eq!(report["faults"]["malformed-json"]["count"], 1);
    let example = report["faults"]["malformed-json"]["examples"][0].as_str().expect("an example");
    assert!(example.starts_with("damaged.jsonl line 1: "), "{example}");
    assert!(report["stage_seconds"]["reading"].as_f64().is_some_and(f64::is_finite));
    let manifest = fs::read_to_string(folder.path("corpus/manifest.json")).expect("it is there");
    let manifest: Value = serde_json::from_str(&manifest).expect("it is JSON");
    assert_eq!(manifest["splits"], report["splits"]);
    assert_eq!(manifest["dropped"]["malformed-json"], 1);
}

#[test]
fn the_presets_drop_what_their_papers_drop() {
    let folder = Folder::new();
    let mut lines = String::new();
    for (number, reply) in
        ["it is over there", "see https://example.org/x now", "a {strange} one", "12345 67890 11"].iter().enumerate()
    {
        let id = 10 * number as u64 + 1;
        lines += &status(id, None, "ann", 2018, &format!("Where is house number {number}, please?"));
        lines += &status(id + 1, Some(id), "bob", 2018, reply);
    }
    folder.file("archive/posts.jsonl", lines);
    let dropped = |preset: &str| {
        let report = folder.report(&["--preset", preset]);
        let counts = report["dropped"].as_object().expect("counts").clone();
        let counts: BTreeMap<String, Value> =
            counts.into_iter().map(|(name, count)| (name, count["count"].clone())).collect();
        (folder.pairs("train").len(), serde_json::to_string(&counts).expect("plain numbers"))
    };
    assert_eq!(dropped("none"), (4, "{}".to_owned()));
    assert_eq!(dropped("paper"), (3, "{\"special-characters\":1,\"unanswered\":1}".to_owned()));
    assert_eq!(dropped("meena"), (2, "{\"alphabetic-share\":1,\"unanswered\":2,\"url\":1}".to_owned()));
    let report = folder.report(&["--preset", "paper", "--with", "url", "--without", "special-characters"]);
    assert_eq!(report["splits"]["train"]["pairs"], 3);
    let words = folder.file("words.txt", "strange\n");
    let report = folder.report(&["--preset", "meena", "--unsafe-words", &words]);
    assert_eq!(report["dropped"]["unsafe-words"]["count"], 1);
}

#[test]
fn every_error_is_one_line_with_its_remedy() {
    let folder = Folder::new();
    folder.refuses(&[], &["no .json", "check the path"]);
    archive(&folder, 3);
    folder.refuses(&["--train", "2017,2019", "--test", "2019"], &["--train", "--test", "2019"]);
    folder.refuses(&["--with", "politeness"], &["--with", "`politeness`", "these exist: special-characters"]);
    folder.refuses(&["--max-depth", "1"], &["--max-depth"]);
    folder.refuses(&["--memory", "1M"], &["--memory", "at least 16M"]);
    folder.refuses(&["--near-duplicates", "7"], &["--near-duplicates", "from 0.1 to 1"]);
    folder.refuses(&["--unsafe-words", &folder.path("none.txt")], &["none.txt"]);
    folder.refuses(&["--vocabulary", &folder.path("none.json")], &["none.json"]);
    folder.refuses(&["--language", "ja", "--mecab-dictionary", &folder.path("archive")], &["`matrix.def`", "MeCab"]);
    folder.refuses(&["--train", "2001"], &["no pairs are left for train", "other-year", "check the input"]);
    assert!(!Path::new(&folder.path("corpus.work")).exists(), "its work is of no use");
    let parsing = folder.build(&["--memory", "much"]);
    assert!(text(&parsing.stderr).contains("a number of bytes, or one with K, M or G"), "{}", text(&parsing.stderr));
    folder.builds(&[]);
    let again = folder.build(&[]);
    assert!(text(&again.stderr).contains("already holds a corpus; choose another folder or pass --overwrite"));
}

#[test]
fn a_strict_build_stops_at_the_first_fault() {
    let folder = Folder::new();
    archive(&folder, 5);
    folder.file("archive/2018-b.jsonl", format!("{}{{\"id_str\": \"1\",\n", status(1, None, "ann", 2018, "hello you")));
    folder.refuses(&["--strict"], &["2018-b.jsonl` line 2: malformed JSON", "leave out --strict"]);
    folder.refuses(&["--dev", "5"], &["corpus.work", "other options", "--restart"]);
    assert_eq!(folder.report(&["--restart"])["faults"]["malformed-json"]["count"], 1);
}

#[test]
fn help_has_examples_and_the_filters_can_be_listed() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_repartee")).args(["corpus", "build"]).args(arguments).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let help = run(&["--help"]);
    for part in ["Examples:", "--preset", "--train", "--strict", "--multi-turn", "Twitter", "Mastodon", "Reddit"] {
        assert!(help.contains(part), "`{part}` is not in: {help}");
    }
    let filters = run(&["--list-filters"]);
    for name in ["special-characters", "bot-profile", "alphabetic-share", "unsafe-words", "parent-overlap"] {
        assert!(filters.lines().any(|line| line.starts_with(name)), "{filters}");
    }
}

/// So little that what the stages hand on is in files.
const LITTLE_MEMORY: [&str; 2] = ["--memory", "16M"];

/// Kills the program as soon as a file of the work folder is there; whether that was before it ended.
fn killed_when(folder: &Folder, file: &str) -> bool {
    let mut child = Command::new(env!("CARGO_BIN_EXE_repartee"))
        .args(["corpus", "build", &folder.path("archive"), "--out", &folder.path("corpus"), "--quiet"])
        .args(YEARS)
        .args(LITTLE_MEMORY)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let (file, start) = (folder.0.path().join("corpus.work").join(file), Instant::now());
    while !file.exists() && child.try_wait().expect("it was started").is_none() {
        assert!(start.elapsed() < Duration::from_secs(120), "waited too long for {}", file.display());
        std::thread::sleep(Duration::from_micros(200));
    }
    let was_running = child.try_wait().expect("it was started").is_none();
    // SIGKILL on Unix.
    child.kill().expect("it was started");
    child.wait().expect("it ends");
    was_running
}

#[test]
fn a_killed_build_goes_on_when_it_is_started_again() {
    let folder = Folder::new();
    archive(&folder, 8000);
    folder.builds(&YEARS);
    let bytes = |folder: &Folder| {
        let files = ["train.jsonl", "dev.jsonl", "test.jsonl", "manifest.json"];
        files.map(|name| fs::read(folder.0.path().join("corpus").join(name)).expect("it is there"))
    };
    let expected = bytes(&folder);
    fs::remove_dir_all(folder.path("corpus")).expect("it is there");
    let mut log = String::new();
    for file in ["build.json", "verdicts", "pairs", "pairs.json"] {
        let _ = write!(log, "{file}: {}; ", killed_when(&folder, file));
        if Path::new(&folder.path("corpus")).exists() && !Path::new(&folder.path("corpus.work")).exists() {
            assert!(bytes(&folder) == expected, "{log}");
            fs::remove_dir_all(folder.path("corpus")).expect("it is there");
        }
    }
    assert!(log.contains("true"), "no build was killed in time: {log}");
    let _ = folder.builds(&[&YEARS[..], &LITTLE_MEMORY, &["--overwrite"]].concat());
    assert!(bytes(&folder) == expected, "{log}");
    assert_eq!(fs::read_dir(folder.0.path()).expect("it exists").count(), 2, "archive and corpus alone are left");
}
