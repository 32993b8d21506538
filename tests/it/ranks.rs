//! Training on several ranks: the same bits as on one, and what happens when ranks disagree, fail or stop.

use std::{
    cell::Cell,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::Duration,
};

use repartee_corpus::Corpus;
use repartee_engine::{EngineError, Event, RunFile, TrainJob, TrainOutcome, run_file};
use repartee_model::{RandomStreams, random::standard_normal};
use repartee_tests::{
    Tolerance, assert_close,
    ranks::{ThreadRank, on_ranks},
};
use repartee_train::{
    Alone, Communicator, Compression, TrainError,
    communicator::{broadcast, share, sum_slices},
    config::BatchConfig,
    metrics_log::Record,
};

use crate::training::{BUILD, assert_same_checkpoint, corpus, cpu_device, losses, settings};

/// A method's run file with the small model and four micro-batches an update.
fn method(name: &str, max_updates: u64) -> RunFile {
    let small = settings(max_updates);
    let mut run = run_file(name.as_ref()).expect("a preset parses");
    (run.model, run.learning_rate) = (small.model, small.learning_rate);
    run.initial = small.initial;
    run.training = small.training;
    run.batch = BatchConfig { tokens: 500, micro_batches: 4, max_length: 64 };
    run.training.evaluate_every = 25;
    run
}

fn job<'a>(
    run: RunFile,
    corpus: &'a Corpus,
    directory: &'a Path,
    device: &'a repartee_engine::ComputeDevice,
    stop: &'a AtomicBool,
    communicator: &'a dyn Communicator,
) -> TrainJob<'a> {
    let (corpus, compression) = (corpus.dir(), Compression::None);
    TrainJob {
        run,
        corpus,
        directory,
        resume: false,
        device,
        build: BUILD,
        with_samples: false,
        stop,
        communicator,
        compression,
    }
}

fn train(
    run: RunFile,
    corpus: &Corpus,
    directory: &Path,
    resume: bool,
    communicator: &dyn Communicator,
) -> Result<TrainOutcome, EngineError> {
    let stop = AtomicBool::new(false);
    let device = cpu_device();
    let job = TrainJob { resume, ..job(run, corpus, directory, &device, &stop, communicator) };
    repartee_engine::train(job, &mut |_| ())
}

/// Trains on as many ranks; every rank must end alike.
#[track_caller]
fn train_on(n_ranks: usize, run: &RunFile, corpus: &Corpus, directory: &Path, resume: bool) {
    let outcomes = on_ranks(n_ranks, |rank| train(run.clone(), corpus, directory, resume, &rank).expect("it trains"));
    for outcome in &outcomes {
        assert_eq!(outcome.best, outcomes[0].best, "all ranks evaluate to the same");
    }
}

fn random(name: &str, rank: usize, n: usize) -> Vec<f32> {
    standard_normal(&mut RandomStreams::new(3).stream(name, &[rank as u64]), n)
}

#[test]
fn things_are_shared_without_overlap_and_evenly() {
    for n_ranks in 1..6 {
        for n in 0..20 {
            let shares: Vec<_> = on_ranks(n_ranks, |rank| share(n, &rank));
            let dealt: Vec<usize> = shares.iter().cloned().flatten().collect();
            assert_eq!(dealt, (0..n).collect::<Vec<_>>());
            assert!(n == 0 || !shares[0].is_empty());
            let sizes = shares.iter().map(ExactSizeIterator::len);
            assert!(sizes.clone().max().unwrap_or(0) - sizes.min().unwrap_or(0) <= 1);
        }
    }
}

#[test]
fn a_sum_over_ranks_adds_in_the_order_of_ranks_to_the_bit() {
    for n_ranks in 1..=5 {
        // Less than a bucket, several with a remainder.
        for n in [1, 1000, 100_003] {
            let mut expected = random("sum", 0, n);
            for rank in 1..n_ranks {
                expected.iter_mut().zip(random("sum", rank, n)).for_each(|(sum, value)| *sum += value);
            }
            let sums = on_ranks(n_ranks, |rank| {
                let mut values = random("sum", rank.rank(), n);
                sum_slices(&rank, &mut values, Compression::None).expect("all ranks answer");
                values
            });
            for sum in sums {
                assert_close("sum", &sum, &expected, Tolerance::EXACT);
            }
        }
    }
}

#[test]
fn f16_halves_the_bytes_and_rounds_alike_on_all_ranks() {
    let n = 50_000;
    let small = |rank: usize| random("f16", rank, n).into_iter().map(|value| value * 1e-7).collect::<Vec<_>>();
    let sum = |compression| {
        on_ranks(3, |rank| {
            let mut values = small(rank.rank());
            sum_slices(&rank, &mut values, compression).expect("all ranks answer");
            values
        })
    };
    let (exact, rounded) = (sum(Compression::None), sum(Compression::F16));
    assert!(rounded.iter().all(|sum| *sum == rounded[0]), "all ranks get the same");
    let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    let error = norm(&mut exact[0].iter().zip(&rounded[0]).map(|(exact, rounded)| exact - rounded));
    let share = error / norm(&mut exact[0].iter().copied());
    assert!(share > 0.0 && share < 3.0 / 2048.0, "relative error {share:e}");

    // What is not finite arrives.
    let sums = on_ranks(3, |rank| {
        let mut values = vec![if rank.rank() == 1 { f32::NAN } else { 1.0 }, 1.0, 65504.0];
        sum_slices(&rank, &mut values, Compression::F16).expect("all ranks answer");
        values
    });
    assert!(sums.iter().all(|sum| sum[0].is_nan() && sum[1..].iter().all(|value| value.is_finite())), "{sums:?}");
}

#[test]
fn a_broadcast_brings_rank_0s_bytes_to_all() {
    let bytes: Vec<u8> = (0..9_000_001u32).map(|idx| (idx % 251) as u8).collect();
    let received = on_ranks(3, |rank| {
        let own = if rank.rank() == 0 { bytes.clone() } else { vec![1; rank.rank()] };
        broadcast(&rank, own).expect("all ranks answer")
    });
    assert!(received.iter().all(|received| *received == bytes));
}

/// 50 updates over more than one epoch, dropout on, with two evaluations.
fn equals_one_process(name: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let run = method(name, 50);
    let directory = |name: &str| folder.path().join(name);
    let alone = directory("alone");
    train(run.clone(), &corpus, &alone, false, &Alone).expect("it trains");
    for n_ranks in [1, 2, 3, 4] {
        let together = directory(&format!("{n_ranks} ranks"));
        train_on(n_ranks, &run, &corpus, &together, false);
        assert_eq!(losses(&together), losses(&alone), "{name} on {n_ranks} ranks");
        assert_same_checkpoint(&together, &alone);
    }
}

#[test]
fn vanilla_on_ranks_equals_one_process_bit_for_bit() {
    equals_one_process("vanilla");
}

#[test]
fn speculative_on_ranks_equals_one_process_bit_for_bit() {
    equals_one_process("speculative");
}

#[test]
fn spacefusion_on_ranks_equals_one_process_bit_for_bit() {
    equals_one_process("spacefusion");
}

#[test]
fn resumed_on_any_number_of_ranks_equals_an_uninterrupted_run() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let run = |max_updates| {
        let mut run = method("speculative", max_updates);
        run.training.evaluate_every = 5;
        run
    };
    train(run(15), &corpus, &whole, false, &Alone).expect("it trains");
    train_on(4, &run(5), &corpus, &parts, false);
    train_on(3, &run(10), &corpus, &parts, true);
    train(run(12), &corpus, &parts, true, &Alone).expect("it continues");
    train_on(2, &run(15), &corpus, &parts, true);
    // The last updates were made with evaluations at 12 too; everything else is the same.
    let updates = |directory: &PathBuf| {
        let mut records = losses(directory);
        records.retain(|record| matches!(record, Record::Update(_)));
        records
    };
    assert_eq!(updates(&parts), updates(&whole));
    assert_same_checkpoint(&parts, &whole);
}

/// Rank 1 of three, whose gradient is not finite in one update: what it sends up becomes NaN.
#[derive(Debug)]
struct Poisoned {
    rank: ThreadRank,
    n_sends_up: Cell<usize>,
}

/// Bytes of a bucket that holds gradients, not what is agreed before.
const GRADIENT_BYTES: usize = 1000;

impl Communicator for Poisoned {
    fn rank(&self) -> usize {
        self.rank.rank()
    }

    fn n_ranks(&self) -> usize {
        self.rank.n_ranks()
    }

    fn exchange(
        &self,
        sends: &[(usize, &[u8])],
        receives: &mut [(usize, &mut [u8])],
        meanwhile: &mut dyn FnMut(),
    ) -> Result<(), TrainError> {
        let nan = f32::NAN.to_le_bytes();
        let is_poisoned = |to: usize, bytes: &[u8]| {
            let counts = self.rank() == 1 && to == 2 && bytes.len() > GRADIENT_BYTES;
            self.n_sends_up.set(self.n_sends_up.get() + usize::from(counts));
            counts && self.n_sends_up.get() == 12
        };
        let owned: Vec<(usize, Vec<u8>)> = sends
            .iter()
            .map(|&(to, bytes)| match is_poisoned(to, bytes) {
                true => (to, [&nan, &bytes[nan.len()..]].concat()),
                false => (to, bytes.to_vec()),
            })
            .collect();
        let sends: Vec<(usize, &[u8])> = owned.iter().map(|(to, bytes)| (*to, bytes.as_slice())).collect();
        self.rank.exchange(&sends, receives, meanwhile)
    }
}

#[test]
fn a_gradient_that_is_not_finite_on_one_rank_skips_the_update_on_all() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let directory = folder.path().join("run");
    let run = method("vanilla", 20);
    let outcomes = on_ranks(3, |rank| {
        let rank = Poisoned { rank, n_sends_up: Cell::new(0) };
        train(run.clone(), &corpus, &directory, false, &rank).expect("it trains")
    });
    assert!(outcomes.iter().all(|outcome| outcome.best == outcomes[0].best), "no rank made the step");
    let log = std::fs::read_to_string(directory.join("metrics.jsonl")).expect("there is a log");
    let of_updates = log.lines().map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let of_updates: Vec<serde_json::Value> =
        of_updates.filter(|line: &serde_json::Value| line["kind"] == "update").collect();
    let skipped: Vec<_> = of_updates.iter().filter(|line| line["gradient_norm"].is_null()).collect();
    assert_eq!(skipped.len(), 1, "{log}");
    assert_eq!(of_updates.last().map(|line| &line["n_skipped"]), Some(&1.into()));
}

#[test]
fn a_rank_that_falls_silent_is_named_in_bounded_time() {
    let deadline = Duration::from_millis(200);
    let mut team = ThreadRank::team(3, deadline);
    let silent = team.remove(1);
    let error = std::thread::scope(|scope| {
        let above = team.remove(1);
        scope.spawn(move || sum_slices(&above, &mut [0.0; 10], Compression::None).expect_err("rank 1 is silent"));
        sum_slices(&team[0], &mut [0.0; 10], Compression::None).expect_err("rank 1 is silent")
    });
    assert!(error.to_string().contains("rank 1 on this one has not answered"), "{error}");
    drop(silent);
}

#[test]
fn ranks_with_another_run_file_and_too_many_ranks_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let results = on_ranks(2, |rank| {
        let mut run = method("vanilla", 2);
        run.seed = rank.rank() as u64;
        train(run, &corpus, &folder.path().join("differ"), false, &rank).map_err(|error| error.to_string())
    });
    let error = results[1].as_ref().expect_err("its seed differs");
    assert!(error.contains("rank 1 has a run file that differs from rank 0's"), "{error}");

    let results = on_ranks(5, |rank| train(method("vanilla", 2), &corpus, &folder.path().join("many"), false, &rank));
    for result in results {
        let error = result.expect_err("there are four micro-batches").to_string();
        assert!(error.contains("there are 5 ranks and `batch.micro_batches` = 4"), "{error}");
    }
}

#[test]
fn asked_on_any_rank_all_stop_after_the_same_update_and_the_run_goes_on_from_there() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    let run = method("vanilla", 12);
    let outcomes = on_ranks(3, |rank| {
        let (device, stop) = (cpu_device(), AtomicBool::new(false));
        let asked = rank.rank() == 2;
        let job = job(run.clone(), &corpus, &parts, &device, &stop, &rank);
        let mut on_event = |event: Event| {
            if asked && matches!(event, Event::Stepped { update: 4 }) {
                stop.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        };
        repartee_engine::train(job, &mut on_event).expect("it stops in good order")
    });
    assert!(outcomes.iter().all(|outcome| outcome.stopped && outcome.update == 5), "{outcomes:?}");
    train_on(2, &run, &corpus, &parts, true);
    train(run, &corpus, &whole, false, &Alone).expect("it trains");
    assert_eq!(losses(&parts), losses(&whole));
    assert_same_checkpoint(&parts, &whole);
}
