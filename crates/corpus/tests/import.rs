//! Import from files: what is kept, what is refused and how, and what is left on disk.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use repartee_corpus::{Corpus, CorpusError, Format, ImportOptions, ImportReport, Language, Pair, Split, import};

/// A folder with one input file and the place of the corpus beside it.
struct Case {
    folder: tempfile::TempDir,
    options: ImportOptions,
}

impl Case {
    fn new(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = ImportOptions { out: folder.path().join("out"), ..ImportOptions::default() };
        let mut case = Self { folder, options };
        case.options.inputs = vec![case.file(name, bytes)];
        case
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn run(&self) -> Result<ImportReport, CorpusError> {
        import(&self.options, &mut |_| {})
    }

    #[track_caller]
    fn pairs(&self, split: Split) -> Vec<(String, String)> {
        let corpus = Corpus::open(&self.options.out).unwrap();
        corpus.verify().unwrap();
        let sides = |pair: Result<Pair, CorpusError>| pair.map(|pair| (pair.context, pair.response)).unwrap();
        corpus.pairs(split).unwrap().map(sides).collect()
    }

    /// Runs and checks that the import is refused in one line, and that it leaves nothing behind.
    #[track_caller]
    fn refused(&self) -> String {
        let names = || -> BTreeSet<_> {
            std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
        };
        let before = names();
        let message = self.run().unwrap_err().to_string();
        assert_eq!(names(), before, "something was left behind after: {message}");
        assert_eq!(message.lines().count(), 1, "{message}");
        message.replace(&format!("{}/", self.folder.path().display()), "")
    }
}

fn line(context: &str, response: &str) -> String {
    serde_json::json!({ "context": context, "response": response, "source": 3 }).to_string() + "\n"
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|&(context, response)| (context.to_owned(), response.to_owned())).collect()
}

/// 200 pairs, 100 contexts with 1 to 3 replies.
fn many() -> Vec<String> {
    (0..100).flat_map(|idx| (0..=idx % 3).map(move |reply| line(&format!("c {idx}"), &format!("r {reply}")))).collect()
}

#[test]
fn text_is_normalised_and_content_drops_are_counted() {
    let text = [
        "\u{feff}",
        &line(" e\u{301}\t\nb ", "x\u{0}y"),
        &line("é b", "x y"),
        "\r\n",
        &line(" ", "x"),
        &line("x", ""),
        &line("abcdefghijk", "x"),
        &line("abcdefghij", "x").replace('\n', "\r\n"),
        &line("é b", "z"),
    ]
    .concat();
    let mut case = Case::new("a.jsonl", text);
    case.options.max_characters = 10;
    let report = case.run().unwrap();
    assert_eq!(case.pairs(Split::Train), owned(&[("é b", "x y"), ("abcdefghij", "x"), ("é b", "z")]));
    let dropped =
        [("blank-line", 1), ("duplicate-pair", 1), ("empty-side", 2), ("over-max-characters", 1)].map(owned_count);
    assert_eq!(report.dropped, BTreeMap::from(dropped));
    assert_eq!(report.dropped_examples["duplicate-pair"], "a.jsonl line 2: é b | x y");
    assert_eq!((report.lines, report.splits["train"].pairs, report.splits["train"].contexts), (8, 3, 2));
    assert_eq!((report.language, report.language_guessed), (Language::English, true));
    let manifest = Corpus::open(&case.options.out).unwrap().manifest().clone();
    assert_eq!((manifest.dropped, manifest.splits), (report.dropped, report.splits));
}

fn owned_count((reason, count): (&str, u64)) -> (String, u64) {
    (reason.to_owned(), count)
}

#[test]
fn structural_faults_name_file_line_field_and_remedy() {
    let good = line("a", "b");
    let skip = "pass --skip-bad-lines to count and drop such lines";
    for (name, bytes, expected, reason) in [
        (
            "a.jsonl",
            format!("{good}{{\"context\": \n").into_bytes(),
            format!(
                "`a.jsonl` line 2: malformed JSON at column 12 (EOF while parsing a value); write one object per line, or {skip}"
            ),
            "malformed-json",
        ),
        (
            "a.json",
            format!("{good}[1]").into_bytes(),
            format!("`a.json` line 2: the line is an array, not an object; write one object per line, or {skip}"),
            "wrong-type",
        ),
        (
            "a.jsonl",
            format!("{good}{{\"context\": \"a\", \"reply\": \"b\"}}\n").into_bytes(),
            format!(
                "`a.jsonl` line 2: no field `response` (found: `context`, `reply`); name the field with --response-field, or {skip}"
            ),
            "missing-field",
        ),
        (
            "a.jsonl",
            format!("{good}{{\"context\": 3, \"response\": \"b\"}}\n").into_bytes(),
            format!(
                "`a.jsonl` line 2: field `context` is a number, not a string; name the field with --context-field, or {skip}"
            ),
            "wrong-type",
        ),
        (
            "a.tsv",
            b"a\tb\nc\n".to_vec(),
            format!("`a.tsv` line 2: no column 2, the row has 1; separate columns by tabs, or {skip}"),
            "missing-column",
        ),
        (
            "a.tsv",
            b"a\tb\nc\t\xff\n".to_vec(),
            format!("`a.tsv` line 2: invalid UTF-8 at byte 3; convert the file to UTF-8, or {skip}"),
            "invalid-utf-8",
        ),
        (
            "a.tsv",
            format!("a\tb\n{}\tb\n", "x".repeat(200)).into_bytes(),
            format!("`a.tsv` line 2: the line is longer than 100 bytes; raise --max-line-bytes, or {skip}"),
            "line-too-long",
        ),
    ] {
        let mut case = Case::new(name, bytes);
        case.options.max_line_bytes = 100;
        assert_eq!(case.refused(), expected);
        case.options.skip_bad_lines = true;
        let report = case.run().unwrap();
        assert_eq!(report.dropped, BTreeMap::from([(reason.to_owned(), 1)]), "{expected}");
        assert_eq!(case.pairs(Split::Train), owned(&[("a", "b")]));
    }
}

#[test]
fn files_that_cannot_be_used_are_refused() {
    let mut case = Case::new("a.txt", line("a", "b"));
    assert_eq!(
        case.refused(),
        "cannot tell the format of `a.txt` from its name; name it .jsonl, .json or .tsv, or pass --format"
    );
    case.options.format = Some(Format::Jsonl);
    case.run().unwrap();

    let mut case = Case::new("a.jsonl", "");
    assert_eq!(case.refused(), "`a.jsonl` is empty; leave it out or pass --skip-bad-lines");
    case.options.skip_bad_lines = true;
    assert_eq!(
        case.refused(),
        "no pairs are left for train (0 lines read, 1 empty-file); check the input and the limits"
    );
    let more = case.file("more.jsonl", line("a", "b"));
    case.options.inputs.push(more);
    assert_eq!(case.run().unwrap().dropped["empty-file"], 1);

    let mut case = Case::new("a.jsonl", line("", "b"));
    assert_eq!(
        case.refused(),
        "no pairs are left for train (1 lines read, 1 empty-side); check the input and the limits"
    );
    case.options.inputs = vec![case.folder.path().join("gone.jsonl")];
    assert_eq!(case.refused(), "input `gone.jsonl` does not exist; check the path");
    case.options.inputs = vec![case.folder.path().to_path_buf()];
    case.options.format = Some(Format::Tsv);
    assert!(case.refused().starts_with("cannot read `"));
    case.options.inputs = Vec::new();
    assert_eq!(case.refused(), "--input names no file; give at least one");
}

#[test]
fn options_that_exclude_each_other_are_refused() {
    let case = || Case::new("a.jsonl", many().concat());
    type Change = fn(&mut ImportOptions);
    let changes: [(Change, &str); 7] = [
        (|options| (options.dev, options.dev_files) = (1, vec!["x.jsonl".into()]), "--dev and --dev-file exclude"),
        (|options| (options.test, options.test_files) = (1, vec!["x.jsonl".into()]), "--test and --test-file exclude"),
        (|options| options.response_field = "context".to_owned(), "--response-field name the same field"),
        (|options| options.context_field = "0".to_owned(), "count columns from 1"),
        (|options| options.max_characters = 0, "--max-characters is 0"),
        (|options| options.dev = 1000, "1000 pairs are asked for dev and test, the input has 199"),
        (|options| (options.dev, options.test) = (100, 199), "ask for fewer with --dev and --test"),
    ];
    for (change, expected) in changes {
        let mut case = case();
        change(&mut case.options);
        let message = case.refused();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn columns_are_found_by_header_or_number() {
    let pairs: &[(&str, &str)] = &[("a", "b")];
    for (text, fields, expected) in [
        ("a\tb\n", ["context", "response"], pairs),
        ("id\tresponse\tcontext\n1\tb\ta\n", ["context", "response"], pairs),
        ("1\tb\ta\n", ["3", "2"], pairs),
        ("id\tanswer\tquestion\r\n1\tb\ta\r\n", ["question", "answer"], pairs),
        ("id\tanswer\tx\n1\tb\ta\n", ["3", "answer"], pairs),
        ("\u{feff}context\tresponse\na\tb\n", ["context", "response"], pairs),
        // A header needs both names.
        ("context\tb\n", ["context", "response"], &[("context", "b")]),
    ] {
        let mut case = Case::new("a.TSV", text);
        [case.options.context_field, case.options.response_field] = fields.map(str::to_owned);
        case.run().unwrap();
        assert_eq!(case.pairs(Split::Train), owned(expected), "{text:?}");
    }
    let mut case = Case::new("a.tsv", "id\tanswer\n1\tb\n");
    case.options.context_field = "question".to_owned();
    case.options.skip_bad_lines = true;
    assert_eq!(
        case.refused(),
        "`a.tsv` line 1: no column `question` in the header (found: `id`, `answer`); name the column with --context-field, or give its number"
    );
}

#[test]
fn splits_share_no_context_and_do_not_depend_on_the_order() {
    let mut lines = many();
    let mut case = Case::new("a.jsonl", lines.concat());
    (case.options.dev, case.options.test, case.options.seed) = (20, 30, 7);
    case.run().unwrap();
    let sets = |case: &Case| Split::ALL.map(|split| case.pairs(split).into_iter().collect::<BTreeSet<_>>());
    let splits = sets(&case);
    let contexts = splits.clone().map(|pairs| pairs.into_iter().map(|(context, _)| context).collect::<BTreeSet<_>>());
    assert!(contexts[0].is_disjoint(&contexts[1]) && contexts[0].is_disjoint(&contexts[2]));
    assert!(contexts[1].is_disjoint(&contexts[2]));
    assert_eq!(contexts.iter().map(BTreeSet::len).sum::<usize>(), 100);
    assert!((20..23).contains(&splits[1].len()) && (30..33).contains(&splits[2].len()));

    // Another order, with repetitions, in two files.
    lines.reverse();
    let (left, right) = lines.split_at(70);
    let mut other = Case::new("b.jsonl", left.concat() + &left.concat());
    let right = other.file("c.jsonl", right.concat());
    other.options.inputs.push(right);
    (other.options.dev, other.options.test, other.options.seed) = (20, 30, 7);
    other.run().unwrap();
    assert_eq!(sets(&other), splits);

    other.options.seed = 8;
    other.options.overwrite = true;
    other.run().unwrap();
    assert_ne!(sets(&other)[1], splits[1]);
}

#[test]
fn contexts_of_held_out_files_are_dropped_elsewhere() {
    let mut case = Case::new("a.jsonl", line("t", "1") + &line("d", "2") + &line("a", "3") + &line("t d", "4"));
    case.options.test_files = vec![case.file("t.jsonl", line(" t", "5") + &line("t", "5"))];
    case.options.dev_files = vec![case.file("d.jsonl", line("d", "6") + &line("t", "7"))];
    let report = case.run().unwrap();
    assert_eq!(case.pairs(Split::Test), owned(&[("t", "5")]));
    assert_eq!(case.pairs(Split::Dev), owned(&[("d", "6")]));
    assert_eq!(case.pairs(Split::Train), owned(&[("a", "3"), ("t d", "4")]));
    let expected = [("context-in-held-out-file", 3), ("duplicate-pair", 1)].map(owned_count);
    assert_eq!(report.dropped, BTreeMap::from(expected));
}

#[test]
fn an_existing_corpus_is_replaced_only_if_asked() {
    let mut case = Case::new("a.jsonl", line("a", "b"));
    case.run().unwrap();
    std::fs::write(case.options.out.join("tokenizer.json"), "{}").unwrap();
    assert_eq!(case.refused(), "`out` already holds a corpus; choose another folder or pass --overwrite");

    case.options.inputs = vec![case.file("b.jsonl", line("c", "d"))];
    case.options.overwrite = true;
    case.run().unwrap();
    assert_eq!(case.pairs(Split::Train), owned(&[("c", "d")]));
    assert!(!case.options.out.join("tokenizer.json").exists(), "the old vocabulary is gone with the old corpus");

    // A failure leaves the old corpus as it was.
    case.options.inputs = vec![case.file("b.jsonl", "broken")];
    case.refused();
    assert_eq!(case.pairs(Split::Train), owned(&[("c", "d")]));

    case.options.inputs = vec![case.options.out.join("train.jsonl")];
    assert_eq!(case.refused(), "input `out/train.jsonl` lies in the output folder `out`; choose another folder");
}

#[test]
fn an_import_is_reproducible_and_detects_japanese() {
    let text = line("猫が好きです。", "私もです") + &line("iPhone は?", "ない");
    let read = |case: &Case| std::fs::read(case.options.out.join("manifest.json")).unwrap();
    let first = Case::new("a.jsonl", &text);
    let second = Case::new("a.jsonl", &text);
    assert_eq!(first.run().unwrap().language, Language::Japanese);
    second.run().unwrap();
    assert_eq!(read(&first), read(&second));
}

#[test]
fn progress_reaches_the_end_of_both_passes() {
    let case = Case::new("a.jsonl", many().concat());
    let mut last = BTreeMap::new();
    import(&case.options, &mut |progress| last.extend([(progress.pass, progress)])).unwrap();
    for pass in [1, 2] {
        assert_eq!((last[&pass].lines, last[&pass].read_bytes), (199, last[&pass].total_bytes));
    }
}

#[cfg(unix)]
#[test]
fn a_device_without_lines_is_refused() {
    let mut case = Case::new("a.jsonl", "");
    case.options.inputs = vec![Path::new("/dev/null").to_path_buf()];
    case.options.format = Some(Format::Jsonl);
    assert_eq!(case.refused(), "`/dev/null` is empty; leave it out or pass --skip-bad-lines");
}

#[test]
fn an_input_that_changes_between_the_passes_is_refused() {
    let case = Case::new("a.jsonl", line("a", "b"));
    let path = case.options.inputs[0].clone();
    let error = import(&case.options, &mut |_| std::fs::write(&path, line("c", "d")).unwrap()).unwrap_err();
    assert!(matches!(error, CorpusError::InputChanged { .. }), "{error}");
    assert!(!case.options.out.exists());
}
