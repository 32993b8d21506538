//! The program under `mpirun`: the same bits as one process, and an end in bounded time when a rank is lost.
//! `cargo xtask mpi` runs these; without the feature `mpi` there is nothing here.
#![cfg(feature = "mpi")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use common::{Folder, succeeds, text};

/// Far longer than any step of these tests on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const RUN_FILE: &str = r#"
extends = "tiny"
model = { d_model = 32, n_heads = 4, n_layers = 1, d_feedforward = 48, latent_size = 16, dropout = 0.1, attention_dropout = 0.1, activation_dropout = 0.1, share_decoder = true }
batch = { tokens = 400, micro_batches = 4, max_length = 64 }
training = { max_updates = 24, evaluate_every = 8, log_every = 1 }
"#;

struct Bench {
    folder: Folder,
    config: String,
    corpus: String,
}

impl Bench {
    fn new() -> Self {
        let folder = Folder::new();
        let (config, corpus) = (folder.file("run.toml", RUN_FILE), folder.path("corpus"));
        succeeds(&["corpus", "planted", "--out", &corpus, "--pairs", "300", "--dev", "8", "--test", "4", "--quiet"]);
        succeeds(&["vocab", "train", &corpus, "--size", "200", "--quiet"]);
        Self { folder, config, corpus }
    }

    fn arguments(&self, run: &str, more: &[&str]) -> Vec<String> {
        let run = self.folder.path(run);
        let fixed = ["train", "--config", &self.config, "--corpus", &self.corpus, "--run", &run, "--quiet"];
        fixed.iter().chain(more).map(|&word| word.to_owned()).collect()
    }

    fn on_ranks(&self, n_ranks: usize, run: &str, more: &[&str]) -> Command {
        let mut command = Command::new("mpirun");
        command.args(["-n", &n_ranks.to_string(), "--oversubscribe", env!("CARGO_BIN_EXE_repartee")]);
        command.args(self.arguments(run, more)).args(["--device", "cpu"]);
        // A test may run as root in a container, which Open MPI wants to be told twice.
        command.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
        command.env("RAYON_NUM_THREADS", "1").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// The log without what is the clock's, and the digest over parameters and moments.
    fn results(&self, run: &str) -> (Vec<serde_json::Value>, String) {
        let run = self.folder.path(run);
        let log = fs::read_to_string(Path::new(&run).join("metrics.jsonl")).expect("there is a log");
        let parse = |line: &str| {
            let mut record: serde_json::Value = serde_json::from_str(line).expect("every line is whole");
            record.as_object_mut().expect("a line is an object").remove("tokens_per_second");
            record
        };
        let bytes = fs::read(Path::new(&run).join("checkpoints/last.safetensors")).expect("there is a checkpoint");
        let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
        let header: serde_json::Value = serde_json::from_slice(&bytes[8..8 + length as usize]).expect("a JSON header");
        let digest = header["__metadata__"]["blake3"].as_str().expect("it has a digest").to_owned();
        (log.lines().map(parse).collect(), digest)
    }

    fn n_logged(&self, run: &str) -> usize {
        let log = fs::read_to_string(Path::new(&self.folder.path(run)).join("metrics.jsonl"));
        log.map_or(0, |log| log.lines().count())
    }
}

#[track_caller]
fn ends_well(output: &Output) {
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn wait_for(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn under_mpirun_training_equals_one_process_bit_for_bit_also_resumed() {
    let bench = Bench::new();
    succeeds(&bench.arguments("alone", &[]));
    let alone = bench.results("alone");
    for n_ranks in [1, 2, 4] {
        for run in ["first", "second"].map(|name| format!("{name} of {n_ranks}")) {
            let output = bench.on_ranks(n_ranks, &run, &[]).output().expect("mpirun starts");
            ends_well(&output);
            assert_eq!(text(&output.stdout).lines().count(), 1, "only rank 0 speaks: {}", text(&output.stdout));
            assert_eq!(bench.results(&run), alone, "{n_ranks} ranks");
        }
    }
    ends_well(&bench.on_ranks(4, "parts", &["--max-steps", "8"]).output().expect("it starts"));
    ends_well(&bench.on_ranks(3, "parts", &["--resume", "--max-steps", "16"]).output().expect("it starts"));
    ends_well(&bench.on_ranks(2, "parts", &["--resume"]).output().expect("it starts"));
    assert_eq!(bench.results("parts"), alone);
}

#[test]
fn an_error_of_one_rank_is_said_once_and_ends_all() {
    let bench = Bench::new();
    let output = bench.on_ranks(2, "run", &["--set", "batch.micro_batches=1"]).output().expect("mpirun starts");
    assert!(!output.status.success());
    let stderr = text(&output.stderr);
    let errors: Vec<&str> = stderr.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(errors.len() == 1 && errors[0].starts_with("error: rank 0 on "), "{stderr}");
    assert!(errors[0].contains("there are 2 ranks and `batch.micro_batches` = 1"), "{stderr}");
}

/// Starts three ranks that would train for long; the child and the processes of the ranks.
fn under_way(bench: &Bench) -> (Child, Vec<u32>) {
    let long = ["--max-steps", "1000000", "--rank-timeout", "3"];
    let child = bench.on_ranks(3, "run", &long).spawn().expect("mpirun starts");
    wait_for("a save", || bench.n_logged("run") > 12);
    let children = fs::read_to_string(format!("/proc/{0}/task/{0}/children", child.id())).expect("there is a /proc");
    let ranks: Vec<u32> = children.split_whitespace().map(|id| id.parse().expect("a number")).collect();
    assert_eq!(ranks.len(), 3, "{children}");
    (child, ranks)
}

fn signal(name: &str, process: u32) {
    let status = Command::new("kill").args([name, &process.to_string()]).status().expect("there is kill");
    assert!(status.success());
}

fn ends_within(child: Child, limit: Duration) -> String {
    let started = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    let stderr = text(&output.stderr);
    assert!(started.elapsed() < limit, "it took {:?}: {stderr}", started.elapsed());
    assert!(!output.status.success());
    stderr
}

#[test]
fn a_killed_rank_ends_the_job_and_the_run_goes_on_with_fewer() {
    let bench = Bench::new();
    let (child, ranks) = under_way(&bench);
    signal("-KILL", ranks[1]);
    let stderr = ends_within(child, Duration::from_secs(60));
    assert!(stderr.contains("rank 1"), "{stderr}");
    ends_well(&bench.on_ranks(2, "run", &["--resume", "--max-steps", "24"]).output().expect("mpirun starts"));
}

#[test]
fn a_rank_that_hangs_is_named_with_its_host_in_bounded_time() {
    let bench = Bench::new();
    let (child, ranks) = under_way(&bench);
    signal("-STOP", ranks[1]);
    let stderr = ends_within(child, Duration::from_secs(60));
    let host = fs::read_to_string("/proc/sys/kernel/hostname").expect("there is a name");
    assert!(stderr.contains(&format!("no answer for 3 s from rank 1 on {}", host.trim())), "{stderr}");
    succeeds(&bench.arguments("run", &["--resume", "--max-steps", "24"]));
}
