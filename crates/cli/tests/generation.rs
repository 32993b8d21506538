//! `repartee generate` and `repartee chat` as their users meet them.

mod common;

use std::{
    ffi::OsStr,
    fmt::Debug,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
    sync::LazyLock,
    time::{Duration, Instant},
};

use common::{command, succeeds, text};
use serde_json::Value;

/// A folder with a run of three updates: it says little, but it is a run.
static TRAINED: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (corpus, config, run) = (path("corpus"), path("config.toml"), path("run"));
    let tiny = include_str!("../../../configs/tiny.toml").replace("d_model = 128", "d_model = 32");
    fs::write(&config, tiny).expect("the folder is writable");
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "400", "--dev", "5", "--test", "5"]);
    succeeds(&["vocab", "train", &corpus, "--size", "300"]);
    succeeds(&["train", "--config", &config, "--corpus", &corpus, "--run", &run, "--max-steps", "3"]);
    folder
});

fn run() -> String {
    TRAINED.path().join("run").display().to_string()
}

#[track_caller]
fn fails(arguments: &[impl AsRef<OsStr> + Debug], parts: &[&str]) {
    let output = command(arguments).output().expect("the program starts");
    let stderr = text(&output.stderr);
    assert!(!output.status.success() && !stderr.contains("panicked"), "{parts:?}: {stderr}");
    for part in parts {
        assert!(stderr.contains(part), "`{part}` is not in: {stderr}");
    }
}

fn with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    child.stdin.take().expect("it is piped").write_all(input).expect("the program reads");
    child.wait_with_output().expect("it ends")
}

fn generate(arguments: &[&str]) -> Vec<Value> {
    let run = run();
    let output = succeeds(&[&["generate", "--run", &run, "--max-length", "8", "--json"], arguments].concat());
    output.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}

fn texts(record: &Value) -> Vec<&str> {
    let replies = record["replies"].as_array().expect("there are replies");
    replies.iter().map(|reply| reply["text"].as_str().expect("it has a text")).collect()
}

fn utterances(path: &Path, n: usize) -> String {
    let lines: String =
        (0..n).map(|i| format!("{{\"utterance\": \"I lost my keys {} times.\"}}\n", i * 7919)).collect();
    fs::write(path, lines).expect("the folder is writable");
    path.display().to_string()
}

#[test]
fn every_strategy_answers_and_every_reply_can_be_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = utterances(&folder.path().join("input.jsonl"), 2);
    let strategies: [&[&str]; 6] = [
        &["--strategy", "greedy"],
        &["--beam", "3", "--length-penalty", "0.5"],
        &["--strategy", "sample"],
        &["--top-k", "20", "--temperature", "0.8"],
        &["--top-p", "0.9", "--no-repeat-ngram", "2"],
        &["--min-p", "0.05", "--repetition-penalty", "1.2"],
    ];
    for strategy in strategies {
        let records = generate(&[&["--input", &input, "--samples", "3"], strategy].concat());
        assert_eq!(records.len(), 2);
        for (line, record) in records.iter().enumerate() {
            assert_eq!(record["update"], 3);
            for reply in record["replies"].as_array().expect("there are replies") {
                let seed = reply["z_seed"].to_string();
                let again = generate(&[&["--input", &input, "--z-seed", &seed], strategy].concat());
                assert_eq!(texts(&again[line])[0], reply["text"], "{strategy:?}");
            }
        }
    }
    // The run says how it is decoded, and that is the default.
    let record = &generate(&["--input", &input])[0];
    assert_eq!((record["strategy"]["kind"].as_str(), &record["strategy"]["size"]), (Some("beam"), &Value::from(5)));
    let record = &generate(&["--input", &input, "--beam", "4", "--n-best", "3"])[0];
    assert_eq!(texts(record).len(), 3);
    let record = &generate(&["--input", &input, "--samples", "30", "--top-p", "0.9", "--diverse", "4"])[0];
    assert_eq!(texts(record).len(), 4);
    let each = &generate(&["--input", &input, "--samples", "5", "--each-latent"])[0];
    assert_eq!(texts(each).len(), 5);
}

#[test]
fn options_that_do_not_go_together_are_named() {
    let run = run();
    let cases: [(&[&str], &[&str]); 9] = [
        (&["--beam", "5", "--top-p", "0.9"], &["--beam", "--top-p", "leave one"]),
        (&["--strategy", "greedy", "--top-k", "5"], &["--top-k", "--strategy sample"]),
        (&["--strategy", "sample", "--n-best", "2"], &["--n-best", "--strategy beam"]),
        (&["--beam", "0"], &["number of beams", "1 to"]),
        (&["--beam", "2", "--n-best", "3"], &["hypotheses"]),
        (&["--top-p", "1.5"], &["top-p"]),
        (&["--temperature", "0"], &["temperature"]),
        (&["--repetition-penalty", "0.3"], &["repetition penalty"]),
        (&["--z-seed", "abc"], &["abc", "z seed"]),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = utterances(&folder.path().join("input.jsonl"), 1);
    for (arguments, parts) in cases {
        fails(&[&["generate", "--run", &run, "--input", &input], arguments].concat(), parts);
    }
}

#[test]
fn an_interrupted_job_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    let shown = |name: &str| path(name).display().to_string();
    let (run, input) = (run(), utterances(&path("input.jsonl"), 2000));
    let whole = shown("whole.jsonl");
    let arguments = |output: &'static str, beam: &'static str| {
        let arguments = ["generate", "--run", &run, "--input", &input, "--output"].map(str::to_owned);
        [&arguments[..], &[shown(output), "--beam".into(), beam.into(), "--max-length".into(), "8".into()]].concat()
    };
    succeeds(&arguments("whole.jsonl", "2"));
    let expected = fs::read_to_string(&whole).expect("it is there");
    assert_eq!(expected.lines().count(), 2000);
    assert!(!path("whole.jsonl.partial").exists());

    // Killed by the system in the middle of a line.
    let lines: Vec<&str> = expected.lines().collect();
    let cut = format!("{}\n{}", lines[..700].join("\n"), &lines[700][..20]);
    fs::write(path("cut.jsonl.partial"), &cut).expect("the folder is writable");
    let continued = command(&arguments("cut.jsonl", "2")).output();
    let stderr = text(&continued.expect("the program starts").stderr);
    assert!(stderr.contains("continuing after 700 utterances"), "{stderr}");
    // Batches were cut elsewhere, so sums may differ in their last digits.
    let replies = |text: &str| {
        let record = |line| serde_json::from_str::<Value>(line).expect("every line is JSON");
        text.lines().map(record).map(|record| texts(&record).join("|")).collect::<Vec<_>>()
    };
    assert_eq!(replies(&fs::read_to_string(path("cut.jsonl")).expect("it is there")), replies(&expected));

    // What was begun with other settings is refused and left alone.
    fs::write(path("other.jsonl.partial"), &cut).expect("the folder is writable");
    fails(&arguments("other.jsonl", "3"), &["other.jsonl.partial", "line 1", "delete"]);
    assert_eq!(fs::read_to_string(path("other.jsonl.partial")).expect("it is there"), cut);

    // Ctrl-C: at least a window is kept, and the file has not got its name.
    if cfg!(unix) {
        let arguments = arguments("stopped.jsonl", "2");
        let mut command = command(&arguments);
        let child = command.stderr(Stdio::piped()).spawn().expect("the program starts");
        let started = Instant::now();
        let partial = path("stopped.jsonl.partial");
        while fs::metadata(&partial).map_or(0, |metadata| metadata.len()) == 0 {
            assert!(started.elapsed() < Duration::from_secs(120), "waited too long for the first window");
            std::thread::sleep(Duration::from_millis(1));
        }
        let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(interrupted.expect("kill is there").success());
        let output = child.wait_with_output().expect("it ends");
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        assert!(stderr.contains("the same command goes on from there") && !path("stopped.jsonl").exists(), "{stderr}");
        succeeds(&arguments);
        assert_eq!(replies(&fs::read_to_string(path("stopped.jsonl")).expect("it is there")), replies(&expected));
    }
}

#[test]
fn hard_utterances_are_answered_cut_or_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let input = folder.path().join("input.txt");
    let long = "What a long story it is. ".repeat(400);
    fs::write(&input, format!("{long}\n☃ ∮ 漢字 \u{1F600}\n</s> <pad> <s>\n")).expect("the folder is writable");
    let input = input.display().to_string();
    let records = generate(&["--input", &input, "--samples", "2"]);
    assert_eq!(records.len(), 3);
    assert_eq!(records[0]["cut_after_tokens"], 1024);
    assert!(records[1].get("cut_after_tokens").is_none());
    let many = generate(&["--input", &input, "--samples", "1000", "--strategy", "greedy"]);
    assert!(many.iter().all(|record| !texts(record).is_empty()));

    let run = run();
    for (contents, parts) in [
        (&b""[..], ["is empty", "at least one"]),
        (b"hello\n\n", ["line 2 is empty", "every line"]),
        (b"hello\n\xff\n", ["line 2", "UTF-8"]),
        (b"hello\n\x07\n", ["line 2", "no token"]),
    ] {
        let path = folder.path().join("bad.txt");
        fs::write(&path, contents).expect("the folder is writable");
        fails(&["generate", "--run", &run, "--input", &path.display().to_string()], &parts);
        for output in ["out.jsonl", "out.txt"] {
            let output = folder.path().join(output).display().to_string();
            fails(&["generate", "--run", &run, "--input", &path.display().to_string(), "--output", &output], &parts);
        }
    }
    let left = fs::read_dir(folder.path()).expect("it is there").map(|entry| entry.expect("readable").file_name());
    let mut left: Vec<_> = left.collect();
    left.sort();
    assert_eq!(left, ["bad.txt", "input.txt"], "nothing is left of a failed job");
}

#[test]
fn a_run_with_another_vocabulary_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let copy = folder.path().join("run");
    fs::create_dir_all(copy.join("checkpoints")).expect("the folder is writable");
    for file in ["run.toml", "manifest.json", "checkpoints/best.safetensors"] {
        fs::copy(Path::new(&run()).join(file), copy.join(file)).expect("it is there");
    }
    let other = folder.path().join("corpus").display().to_string();
    succeeds(&["corpus", "planted", "--out", &other, "--pairs", "400", "--dev", "5", "--test", "5"]);
    succeeds(&["vocab", "train", &other, "--size", "280"]);
    fs::copy(Path::new(&other).join("tokenizer.json"), copy.join("tokenizer.json")).expect("it is there");
    fails(&["generate", "--run", &copy.display().to_string()], &["tokenizer.json", "the vocabulary"]);
}

#[test]
fn a_chat_pins_walks_and_explains_itself() {
    let run = run();
    let lines = "/more\nI lost my keys.\n/pin 1\nIt rains.\n/unpin\nIt rains.\n/between 1 1 3\n/samples 2\n/more\n/pin 999\n\
                 /nonsense\n/between 1 1 1\n\u{7}\n/help\n";
    let output =
        with_input(&["chat", "--run", &run, "--max-length", "6", "--top-p", "0.99", "--json"], lines.as_bytes());
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stderr}");
    for part in [
        "say something first",
        "/between A B",
        "no reply 999",
        "`/nonsense` is no command",
        "at least 2 steps",
        "type some text",
    ] {
        assert!(stderr.contains(part), "`{part}` is not in: {stderr}");
    }
    let records: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(records.len(), 5, "{stdout}");
    let seeds = |record: &Value| -> Vec<String> {
        record["replies"].as_array().expect("replies").iter().map(|reply| reply["z_seed"].to_string()).collect()
    };
    assert_eq!(seeds(&records[1]), seeds(&records[0])[..1], "the pinned latent answers alone");
    assert_eq!(records[3]["replies"].as_array().expect("replies").len(), 3);
    assert_eq!(records[3]["replies"][1]["toward"]["share"], 0.5);
    assert_ne!(seeds(&records[4]), seeds(&records[2]), "more replies come from other latents");
    let plain = with_input(&["chat", "--run", &run, "--max-length", "6"], b"I lost my keys.\n/quit\n");
    assert!(text(&plain.stdout).starts_with("  1  "), "{}", text(&plain.stdout));
}
