//! Training killed by the system, again and again, gives what an undisturbed run gives.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const N_UPDATES: u64 = 60;
const N_KILLS: u64 = 10;
/// Far longer than any step of this test on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A very small model with dropout, two micro-batches an update and several epochs; saved every seven updates, so that
/// most kills fall between a save and a line of the log.
const RUN_FILE: &str = r#"
extends = "tiny"
model = { d_model = 32, n_heads = 4, n_layers = 1, d_feedforward = 48, latent_size = 16, dropout = 0.1, attention_dropout = 0.1, activation_dropout = 0.1, share_decoder = true }
batch = { tokens = 400, micro_batches = 2, max_length = 64 }
training = { max_updates = 60, evaluate_every = 7, log_every = 2 }
"#;

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_repartee"));
    command.args(["--device", "cpu", "--quiet"]).args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn succeeds(mut command: Command) {
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The updates in the log; a last line may be cut short.
fn logged(run: &Path) -> u64 {
    let log = fs::read_to_string(run.join("metrics.jsonl")).unwrap_or_default();
    let updates = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    updates.filter_map(|record| record["update"].as_u64()).next_back().unwrap_or(0)
}

/// The log without what is the clock's.
fn records(run: &Path) -> Vec<serde_json::Value> {
    let log = fs::read_to_string(run.join("metrics.jsonl")).expect("there is a log");
    let parse = |line: &str| {
        let mut record: serde_json::Value = serde_json::from_str(line).expect("every line is whole");
        record.as_object_mut().expect("a line is an object").remove("tokens_per_second");
        record
    };
    log.lines().map(parse).collect()
}

/// The digest over all parameters and moments, and the place in training, from a checkpoint's header.
fn header(run: &Path) -> (String, String) {
    let bytes = fs::read(run.join("checkpoints/last.safetensors")).expect("there is a checkpoint");
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length as usize]).expect("a header of JSON");
    let entry = |name: &str| header["__metadata__"][name].as_str().expect("it is there").to_owned();
    (entry("blake3"), entry("progress"))
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// `SIGKILL` on Unix: no chance to save anything.
fn kill(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn killed_ten_times_and_resumed_equals_undisturbed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (corpus, config) = (path("corpus"), path("run.toml"));
    fs::write(&config, RUN_FILE).expect("the folder is writable");
    succeeds(command(&["corpus", "planted", "--out", &corpus, "--pairs", "300", "--dev", "4", "--test", "4"]));
    succeeds(command(&["vocab", "train", &corpus, "--size", "200"]));
    let train = |run: &Path, resume: bool| {
        let run = run.display().to_string();
        let arguments = ["train", "--config", &config, "--corpus", &corpus, "--run", &run];
        command(&[&arguments[..], if resume { &["--resume"] } else { &[] }].concat())
    };
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    succeeds(train(&whole, false));

    // Pseudo-random moments: after which update, and how far into the next one.
    let mut random = 2_463_534_242u64;
    let mut below = |limit: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % limit
    };
    let mut n_kills = 0;
    for attempt in 0..N_KILLS {
        let target = 5 * attempt + 1 + below(5);
        let child = train(&killed, attempt > 0).spawn().expect("the program starts");
        let before = fs::metadata(killed.join("metrics.jsonl")).and_then(|metadata| metadata.modified()).ok();
        let is_new = || fs::metadata(killed.join("metrics.jsonl")).and_then(|m| m.modified()).ok() != before;
        wait_for("an update", || is_new() && logged(&killed) >= target);
        std::thread::sleep(Duration::from_millis(below(40)));
        kill(child);
        n_kills += u64::from(logged(&killed) < N_UPDATES);
    }
    assert_eq!(n_kills, N_KILLS, "every kill is meant to come before the end");
    succeeds(train(&killed, true));

    assert_eq!(records(&killed), records(&whole));
    assert_eq!(header(&killed), header(&whole));
    assert!(records(&whole).iter().any(|record| record["epoch"].as_u64() > Some(1)), "the test wants several epochs");
}
