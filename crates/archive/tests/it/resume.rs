//! Builds that are killed go on and give the same bytes.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use repartee_archive::{BuildOptions, build};

use crate::harness::{Bench, forest, lines};

/// Names the archive to a child process, see [`child`].
const ARCHIVE: &str = "REPARTEE_TEST_ARCHIVE";

fn options(bench: &mut BuildOptions) {
    (bench.dev_pairs, bench.test_contexts, bench.min_test_replies) = (100, Some(20), 2);
    (bench.multi_turn, bench.near_duplicates, bench.threads) = (true, Some(0.9), 2);
}

/// Not a test of its own: the build that other tests kill.
#[test]
fn child() {
    let Some(archive) = std::env::var_os(ARCHIVE) else { return };
    let mut bench = Bench::empty().options;
    bench.inputs = vec![std::path::PathBuf::from(archive)];
    bench.out = bench.inputs[0].with_file_name("corpus");
    options(&mut bench);
    build(&bench, &mut |_| {}).unwrap();
}

fn spawn(bench: &Bench) -> Child {
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new(program);
    command.args(["--exact", "resume::child", "--quiet"]).env(ARCHIVE, &bench.options.inputs[0]);
    command.stdout(std::process::Stdio::null()).spawn().unwrap()
}

fn archive() -> Bench {
    let bench = Bench::empty().with(options);
    // So many that with the harness's memory all is in files, and posts are linked by sorting.
    for (idx, posts) in forest(11, 230_000).iter().enumerate() {
        // Several units, so that a kill finds some of them done.
        let padding = format!("{{\"delete\":\"{}\"}}\n", "x".repeat(1000)).repeat(6000);
        bench.write(&format!("{idx}.jsonl"), lines(posts) + &padding);
    }
    bench
}

#[test]
fn a_killed_build_goes_on_to_the_same_bytes() {
    let bench = archive();
    bench.build();
    let expected = bench.bytes();
    std::fs::remove_dir_all(&bench.options.out).unwrap();

    let start = Instant::now();
    assert!(spawn(&bench).wait().unwrap().success());
    let whole = start.elapsed();
    assert!(bench.bytes() == expected, "another process gives the same");
    std::fs::remove_dir_all(&bench.options.out).unwrap();

    // Moments over the whole length, from a fixed sequence; each build goes on where the last was killed.
    let mut n_killed = 0;
    for share in [7, 61, 29, 83, 47, 13, 71, 37, 93, 53] {
        let mut child = spawn(&bench);
        std::thread::sleep(whole * share / 100);
        if child.try_wait().unwrap().is_none() {
            n_killed += 1;
        }
        // SIGKILL on Unix.
        child.kill().unwrap();
        child.wait().unwrap();
        if bench.options.out.exists() && !bench.folder().join("corpus.work").exists() {
            assert!(bench.bytes() == expected, "killed at {share} % or later");
            std::fs::remove_dir_all(&bench.options.out).unwrap();
        }
    }
    assert!(n_killed > 2, "{n_killed}");
    let report = bench.build();
    println!("{n_killed} of 10 killed; the last build {}", if report.resumed { "went on" } else { "began anew" });
    assert!(bench.bytes() == expected);
    let rest: Vec<_> = std::fs::read_dir(bench.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(rest.len(), 2, "only archive and corpus are left: {rest:?}");
}

#[test]
fn work_of_another_build_is_not_taken_up() {
    let bench = archive();
    let mut child = spawn(&bench);
    let work = bench.folder().join("corpus.work/build.json");
    let start = Instant::now();
    while !work.exists() && start.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let other = bench.with(|options| options.seed = 1);
    let message = other.try_build().unwrap_err().to_string();
    assert!(message.contains("holds the work of a build with other options or inputs; pass --restart"), "{message}");
    let report = other.with(|options| options.restart = true).build();
    assert!(!report.resumed);
}
