//! The program as its user meets it: what it prints, what it refuses and what it leaves behind.

mod common;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use common::{Folder, command, fails, repartee, succeeds, text};

const PAIR: &str = "{\"context\": \"Where are you?\", \"response\": \"At home.\"}\n";

/// Twelve pairs, each with its own utterance.
fn pairs() -> String {
    (0..12)
        .map(|n| format!("{{\"context\": \"Where is number {n}?\", \"response\": \"Number {n} is at home.\"}}\n"))
        .collect()
}

#[test]
fn bad_input_files_are_refused_with_file_line_and_remedy_and_leave_nothing() {
    let folder = Folder::new();
    let long = format!("{{\"context\": \"{}\", \"response\": \"x\"}}\n", "x".repeat(1 << 20));
    let cases: [(&str, Vec<u8>, &[&str]); 9] = [
        (
            "malformed.jsonl",
            format!("{PAIR}{{\"context\": \n").into(),
            &["malformed.jsonl", "line 2", "--skip-bad-lines"],
        ),
        (
            "missing.jsonl",
            b"{\"context\": \"a\"}\n".to_vec(),
            &["missing.jsonl", "line 1", "response", "--response-field"],
        ),
        ("number.jsonl", b"{\"context\": 1, \"response\": \"a\"}\n".to_vec(), &["line 1", "context"]),
        ("empty.jsonl", Vec::new(), &["empty.jsonl", "empty"]),
        (
            "invalid.jsonl",
            [PAIR.as_bytes(), b"{\"context\": \"\xff\", \"response\": \"a\"}\n"].concat(),
            &["line 2", "UTF-8"],
        ),
        ("long.jsonl", format!("{PAIR}{long}").into(), &["long.jsonl", "line 2", "--skip-bad-lines"]),
        ("column.tsv", b"context\tresponse\na\tb\nonly one\n".to_vec(), &["column.tsv", "line 3"]),
        ("blank.jsonl", b"{\"context\": \" \", \"response\": \"a\"}\n".to_vec(), &["no pairs"]),
        ("pairs.csv", b"a,b\n".to_vec(), &["pairs.csv", "--format"]),
    ];
    for (name, contents, parts) in cases {
        let (file, out) = (folder.file(name, contents), folder.path("corpus"));
        fails(&repartee(&["corpus", "import", &file, "--out", &out]), parts);
        let left: Vec<PathBuf> =
            fs::read_dir(folder.0.path()).expect("it exists").map(|entry| entry.expect("readable").path()).collect();
        assert_eq!(left, [Path::new(&file)], "{name} left something behind");
        fs::remove_file(&file).expect("it exists");
    }
    fails(
        &repartee(&["corpus", "import", &folder.path("nowhere.jsonl"), "--out", &folder.path("corpus")]),
        &["nowhere.jsonl"],
    );
}

#[test]
fn bad_lines_can_be_skipped_and_are_counted() {
    let folder = Folder::new();
    let file = folder.file("pairs.jsonl", format!("{}not json\n{{\"context\": \"a\"}}\n", pairs()));
    let out = folder.path("corpus");
    let report = succeeds(&["corpus", "import", &file, "--out", &out, "--dev", "2", "--test", "2", "--skip-bad-lines"]);
    assert_eq!(report.matches("dropped       1").count(), 2, "{report}");
    let json = succeeds(&[
        "corpus",
        "import",
        &file,
        "--out",
        &out,
        "--dev",
        "2",
        "--test",
        "2",
        "--skip-bad-lines",
        "--overwrite",
        "--json",
    ]);
    assert!(json.starts_with('{') && json.lines().count() == 1 && json.contains("\"language\":\"en\""), "{json}");
}

/// A disk of `size`, or `None` where mounting one is not allowed.
struct SmallDisk(String);

impl SmallDisk {
    fn mount(folder: &Folder, size: &str) -> Option<Self> {
        let path = folder.path("disk");
        fs::create_dir(&path).expect("the folder is writable");
        let option = format!("size={size}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &option, "tmpfs", &path]).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(path));
        }
        eprintln!("skipped: mounting a small disk needs root");
        None
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "the small disk stays mounted at {}", self.0);
    }
}

#[test]
fn a_full_disk_leaves_no_partial_corpus() {
    let folder = Folder::new();
    let Some(disk) = SmallDisk::mount(&folder, "64k") else { return };
    let pair = |n: usize| format!("{{\"context\": \"Where is {n}?\", \"response\": \"Here is {n}.\"}}\n");
    let file = folder.file("pairs.jsonl", (0..4000).map(pair).collect::<String>());
    let out = format!("{}/corpus", disk.0);
    let output = repartee(&["corpus", "import", &file, "--out", &out, "--dev", "2", "--test", "2"]);
    fails(&output, &["cannot write", "disk/", "free some space", "No space left"]);
    assert_eq!(fs::read_dir(&disk.0).expect("it is mounted").count(), 0);
}

#[test]
fn a_full_disk_leaves_no_partial_checkpoint() {
    let folder = Folder::new();
    let Some(disk) = SmallDisk::mount(&folder, "400k") else { return };
    let (corpus, run) = (folder.path("corpus"), format!("{}/run", disk.0));
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "400", "--dev", "5", "--test", "5"]);
    succeeds(&["vocab", "train", &corpus, "--size", "300"]);
    let output = repartee(&["train", "--config", "tiny", "--corpus", &corpus, "--run", &run, "--max-steps", "1"]);
    fails(&output, &["cannot write", "checkpoints/best.safetensors", "free some space", "No space left"]);
    let checkpoints = fs::read_dir(Path::new(&run).join("checkpoints")).expect("the run has started");
    assert_eq!(checkpoints.count(), 0);
}

#[test]
fn wrong_run_files_devices_and_folders_are_named() {
    let folder = Folder::new();
    let (corpus, run) = (folder.path("corpus"), folder.path("run"));
    let file = folder.file("pairs.jsonl", pairs());
    let train = |config: &str| repartee(&["train", "--config", config, "--corpus", &corpus, "--run", &run]);
    fails(&train("tiny"), &["corpus", "is not a corpus folder"]);
    succeeds(&["corpus", "import", &file, "--out", &corpus, "--dev", "2", "--test", "2"]);
    fails(&train("tiny"), &["no vocabulary", "repartee vocab train"]);
    fails(&train("nowhere.toml"), &["nowhere.toml", "tiny, small, base"]);
    let tiny = include_str!("../../../configs/tiny.toml");
    let unknown = folder.file("unknown.toml", tiny.replace("seed = 0", "seed = 0\nsped = 1"));
    fails(&train(&unknown), &["unknown.toml", "line 3", "`sped`"]);
    fails(
        &repartee(&["generate", "--run", &folder.path("nowhere")]),
        &["nowhere", "is not a run folder", "repartee train"],
    );
    fails(&repartee(&["vocab", "train", &folder.path("nowhere")]), &["nowhere", "corpus import"]);
    assert!(!Path::new(&run).exists());

    let bad_device = Command::new(env!("CARGO_BIN_EXE_repartee")).args(["devices", "--device", "gpu"]).output();
    let stderr = text(&bad_device.expect("the program starts").stderr);
    assert!(stderr.contains("use auto, cpu, wgpu or wgpu:INDEX"), "{stderr}");
}

#[test]
fn no_adapter_is_a_clear_error() {
    let folder = Folder::new();
    let nothing = folder.file("none.json", "{}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
    command.args(["generate", "--run", &folder.path("run"), "--device", "wgpu"]).stdin(Stdio::null());
    // Hides every Vulkan driver and OpenGL; other systems' drivers cannot be hidden.
    command.envs([("VK_DRIVER_FILES", &nothing), ("VK_ICD_FILENAMES", &nothing)]);
    command.envs([("__EGL_VENDOR_LIBRARY_FILENAMES", nothing.as_str()), ("LIBGL_DRIVERS_PATH", "/nowhere")]);
    let output = command.output().expect("the program starts");
    if cfg!(target_os = "linux") {
        fails(&output, &["no wgpu adapter", "--device cpu"]);
    }
}

/// Import, vocabulary, training, generation and evaluation, each through the program.
#[test]
fn the_whole_path_works_on_a_user_s_file() {
    let folder = Folder::new();
    let (corpus, run) = (folder.path("corpus"), folder.path("run"));
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "400", "--dev", "5", "--test", "5"]);
    assert!(succeeds(&["vocab", "train", &corpus, "--size", "300"]).contains("300 pieces"));
    let config =
        folder.file("config.toml", include_str!("../../../configs/tiny.toml").replace("d_model = 128", "d_model = 32"));
    let arguments = ["train", "--config", &config, "--corpus", &corpus, "--run", &run, "--max-steps", "3"];
    let trained = succeeds(&[&arguments[..], &["--json"]].concat());
    assert!(trained.contains("\"update\":3") && trained.contains("\"stopped\":false"), "{trained}");
    for file in ["run.toml", "manifest.json", "tokenizer.json", "metrics.jsonl", "checkpoints/best.safetensors"] {
        assert!(Path::new(&run).join(file).is_file(), "{file}");
    }
    assert!(fs::read_to_string(Path::new(&run).join("run.toml")).expect("it is there").contains("max_updates = 3"));
    let more = succeeds(&[&arguments[..7], &["--max-steps", "5", "--resume"]].concat());
    assert!(more.contains("done after 5 updates"), "{more}");

    let scores = succeeds(&["evaluate", "--run", &run, "--json"]);
    for key in
        ["bleu", "distinct_1", "distinct_2", "kl_nats_per_sentence", "nll_nats_per_sentence", "length_tokens_per_reply"]
    {
        assert!(scores.contains(&format!("\"{key}\":")), "{key}: {scores}");
    }
    let input = folder.file("input.jsonl", "{\"context\": \"I lost my keys.\"}\n{\"context\": \"It rains.\"}\n");
    let output = folder.path("output.jsonl");
    succeeds(&[
        "generate",
        "--run",
        &run,
        "--input",
        &input,
        "--output",
        &output,
        "--samples",
        "2",
        "--each-latent",
        "--max-length",
        "5",
    ]);
    let replies = fs::read_to_string(&output).expect("it was written");
    assert_eq!(replies.lines().count(), 2);
    assert_eq!(replies.matches("\"log_probability_nats\":").count(), 4);
    assert_eq!(
        succeeds(&[
            "generate",
            "--run",
            &run,
            "--input",
            &input,
            "--samples",
            "2",
            "--each-latent",
            "--max-length",
            "5",
            "--json"
        ]),
        replies
    );

    let mut piped = command(&["generate", "--run", &run, "--max-length", "5"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    piped.stdin.take().expect("it is piped").write_all(b"I lost my keys.\n").expect("the program reads");
    let piped = text(&piped.wait_with_output().expect("it ends").stdout);
    assert!(piped.starts_with("I lost my keys.\n\t"), "{piped}");

    let bad = folder.file("bad.jsonl", "{\"text\": \"I lost my keys.\"}\n");
    fails(
        &repartee(&["generate", "--run", &run, "--input", &bad, "--output", &folder.path("none.jsonl")]),
        &["bad.jsonl", "line 1", "context"],
    );
    assert!(!Path::new(&folder.path("none.jsonl")).exists());

    let checkpoint = Path::new(&run).join("checkpoints/best.safetensors");
    let whole = fs::read(&checkpoint).expect("it is there");
    fs::write(&checkpoint, &whole[..whole.len() / 3]).expect("the folder is writable");
    fails(&repartee(&["evaluate", "--run", &run]), &["best.safetensors", "truncated", "train again"]);
}

#[test]
fn the_demo_ends_with_scores_and_replies_to_three_utterances() {
    let folder = Folder::new();
    let dir = folder.path("demo");
    let output = succeeds(&["demo", "--dir", &dir, "--max-steps", "2", "--language", "ja", "--json"]);
    let value: serde_json::Value = serde_json::from_str(&output).expect("one line of JSON");
    assert!(value["scores"]["nll_nats_per_sentence"].as_f64().is_some_and(f64::is_finite), "{output}");
    let replies = value["replies"].as_array().expect("a list");
    assert_eq!(replies.len(), 3);
    for entry in replies {
        let texts = entry[1].as_array().expect("a list of replies");
        assert!((1..=6).contains(&texts.len()), "{entry}");
        assert!((1..texts.len()).all(|idx| !texts[..idx].contains(&texts[idx])), "replies differ: {entry}");
    }
    // Run again, it finds everything done.
    let again = succeeds(&["demo", "--dir", &dir, "--max-steps", "2", "--language", "ja", "--json"]);
    assert_eq!(again, output);
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_resume_continues() {
    let folder = Folder::new();
    let (corpus, run) = (folder.path("corpus"), folder.path("run"));
    succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "400", "--dev", "5", "--test", "5"]);
    succeeds(&["vocab", "train", &corpus, "--size", "300"]);
    let tiny = include_str!("../../../configs/tiny.toml");
    let tiny = tiny.replace("d_model = 128", "d_model = 32").replace("log_every = 20", "log_every = 1");
    let config = folder.file("config.toml", tiny);
    let arguments = ["train", "--config", &config, "--corpus", &corpus, "--run", &run];
    let mut child =
        command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
    let log = Path::new(&run).join("metrics.jsonl");
    let started = std::time::Instant::now();
    while !fs::read_to_string(&log).is_ok_and(|log| log.lines().count() >= 2) {
        assert!(started.elapsed().as_secs() < 120, "training does not get going");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupted.is_ok_and(|status| status.success()));
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert!(Path::new(&run).join("checkpoints/last.safetensors").is_file());
    let n_updates = fs::read_to_string(&log).expect("there is a log").lines().count() + 1;
    let more = n_updates.to_string();
    let output = succeeds(&[&arguments[..], &["--resume", "--max-steps", &more, "--json"]].concat());
    let value: serde_json::Value = serde_json::from_str(&output).expect("one line of JSON");
    assert_eq!(value["update"].as_u64(), Some(n_updates as u64), "{output}");
}
