//! Training: resuming equals not stopping, batches, checkpoints and what goes wrong with them.

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use repartee_corpus::{
    Corpus, EmbeddingFormat, EmbeddingOptions, Language, Vocabulary, VocabularyOptions, train_embeddings,
    train_vocabulary, write_planted,
};
use repartee_engine::{BuildInfo, EngineError, Event, LoadedRun, RunFile, TrainJob, TrainOutcome, run_file};
use repartee_model::{RandomStreams, Tcvae};
use repartee_tests::{Tolerance, assert_close, small_config, wgpu};
use repartee_train::{
    Alone, Compression, TrainError,
    checkpoint::Checkpoint,
    config::{BatchConfig, InitialEmbedding},
    data::PairSet,
    metrics_log::{MetricsLog, Record, read},
    run_directory::{CheckpointKind, RunDirectory},
};

pub(crate) const BUILD: BuildInfo = BuildInfo { version: "test", commit: "test" };

pub(crate) fn corpus(folder: &Path) -> Corpus {
    let corpus =
        write_planted(Language::English, 1, 600, 8, 8, &folder.join("corpus")).expect("the folder is writable");
    let options = VocabularyOptions { size: 300, seed: 0, max_lines: 10_000 };
    train_vocabulary(&corpus, &options, &mut |_| ()).expect("there is text");
    corpus
}

/// A few updates of a very small model, two micro-batches each, more than one epoch.
pub(crate) fn settings(max_updates: u64) -> RunFile {
    let mut run = run_file("tiny".as_ref()).expect("a preset parses");
    run.model = small_config();
    run.learning_rate.warmup_updates = 5;
    run.batch = BatchConfig { tokens: 2000, micro_batches: 2, max_length: 64 };
    run.training.max_updates = max_updates;
    run.training.evaluate_every = 4;
    run.training.log_every = 1;
    run
}

pub(crate) fn train(
    run: RunFile,
    corpus: &Corpus,
    directory: &Path,
    resume: bool,
    on_event: &mut dyn FnMut(Event),
) -> Result<TrainOutcome, EngineError> {
    train_until(run, corpus, directory, resume, &AtomicBool::new(false), on_event)
}

fn train_until(
    run: RunFile,
    corpus: &Corpus,
    directory: &Path,
    resume: bool,
    stop: &AtomicBool,
    on_event: &mut dyn FnMut(Event),
) -> Result<TrainOutcome, EngineError> {
    let device = &cpu_device();
    let job = TrainJob {
        run,
        corpus: corpus.dir(),
        directory,
        resume,
        device,
        build: BUILD,
        with_samples: false,
        stop,
        communicator: &Alone,
        compression: Compression::None,
    };
    repartee_engine::train(job, on_event)
}

pub(crate) fn cpu_device() -> repartee_engine::ComputeDevice {
    repartee_engine::ComputeDevice::open(repartee_engine::DeviceChoice::Cpu).expect("the cpu device always opens")
}

/// The log without the rates, which are the clock's.
pub(crate) fn losses(directory: &Path) -> Vec<Record> {
    let mut records = read(&directory.join("metrics.jsonl")).expect("there is a log");
    for record in &mut records {
        if let Record::Update(record) = record {
            record.tokens_per_second = 0.0;
        }
    }
    records
}

fn last_checkpoint(directory: &Path) -> Vec<u8> {
    std::fs::read(directory.join("checkpoints/last.safetensors")).expect("there is a checkpoint")
}

/// Parameters, moments and position after `n`, by tensor.
pub(crate) fn assert_same_checkpoint(a: &Path, b: &Path) {
    // The header's metadata is an unordered map; the digest in it covers every tensor.
    let digest = |directory: &Path| {
        let bytes = last_checkpoint(directory);
        let text = String::from_utf8_lossy(&bytes[..4096.min(bytes.len())]).into_owned();
        let at = text.find("\"blake3\":\"").expect("a checkpoint has a digest") + 10;
        text[at..at + 64].to_owned()
    };
    assert_eq!(digest(a), digest(b));
    let progress = |directory: &Path| {
        Checkpoint::read(&directory.join("checkpoints/last.safetensors")).expect("it is whole").progress
    };
    assert_eq!(progress(a), progress(b));
}

#[test]
fn a_stopped_and_resumed_run_equals_an_uninterrupted_one_bit_for_bit() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let [whole, parts] = ["whole", "parts"].map(|name| folder.path().join(name));
    train(settings(11), &corpus, &whole, false, &mut |_| ()).expect("it trains");

    // Stopped from outside after update 3, between two evaluations; then at a maximum; then to the end.
    let stop = AtomicBool::new(false);
    let outcome = train_until(settings(11), &corpus, &parts, false, &stop, &mut |event| {
        if matches!(event, Event::Updated(record) if record.update == 3) {
            stop.store(true, Ordering::Relaxed);
        }
    });
    let outcome = outcome.expect("it stops in good order");
    assert!(outcome.stopped && outcome.update == 3, "{outcome:?}");
    train(settings(11), &corpus, &parts, true, &mut |_| ()).expect("it continues");
    assert_eq!(losses(&parts), losses(&whole));
    assert_same_checkpoint(&parts, &whole);

    let updates = losses(&whole).into_iter().filter_map(|record| match record {
        Record::Update(record) => Some(record),
        Record::Evaluation { .. } => None,
    });
    let updates: Vec<_> = updates.collect();
    assert!(updates.last().expect("there are updates").epoch > 0, "the test wants more than one epoch");
    assert!(updates.iter().all(|record| record.winners.iter().sum::<u64>() > 0 && record.gradient_norm > 0.0));
}

#[test]
fn a_line_whose_gradient_is_not_finite_is_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, run) = (corpus(folder.path()), folder.path().join("run"));
    train(settings(2), &corpus, &run, false, &mut |_| ()).expect("it trains");
    let records = losses(&run);
    let path = run.join("metrics.jsonl");
    let mut log = MetricsLog::open(&path, 2).expect("it is a log");
    for mut record in records.clone() {
        if let Record::Update(update) = &mut record {
            (update.gradient_norm, update.nll_nats_per_sentence) = (f64::INFINITY, f64::NAN);
            update.extra.insert("part_nats_per_sentence".to_owned(), f64::NAN);
            log.append(&record).expect("the folder is writable");
        }
    }
    let read = read(&path).expect("it is a log");
    assert_eq!(read.len(), records.len() + 2, "no line is dropped");
    let Some(Record::Update(last)) = read.last() else { panic!("{read:?}") };
    assert!(last.gradient_norm.is_nan() && last.nll_nats_per_sentence.is_nan());
    assert!(last.extra["part_nats_per_sentence"].is_nan() && last.objective_nats_per_sentence.is_finite());
}

#[test]
fn training_lowers_the_loss() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let mut run = settings(60);
    run.learning_rate.peak = 5e-3;
    run.training.evaluate_every = 20;
    let mut dev = Vec::new();
    train(run, &corpus, &folder.path().join("run"), false, &mut |event| {
        if let Event::Evaluated { evaluation, .. } = event {
            dev.push(evaluation.nll_nats_per_sentence);
        }
    })
    .expect("it trains");
    assert!(dev.len() == 3 && dev[0] > dev[1] && dev[1] > dev[2], "{dev:?}");
}

#[test]
fn an_epoch_holds_every_pair_once_within_the_token_budget() {
    let mut pairs = PairSet::default();
    for n in 0..1000u32 {
        let length = |seed: u32| (n.wrapping_mul(seed) >> 7) as usize % 40;
        pairs.push(&vec![5; length(2_654_435_761)], &vec![6; length(2_246_822_519)], 30);
    }
    assert!(pairs.n_dropped > 0 && pairs.len() + pairs.n_dropped as usize == 1000);
    let config = BatchConfig { tokens: 300, micro_batches: 1, max_length: 30 };
    let epoch = |epoch| pairs.epoch(&config, RandomStreams::new(1), epoch).expect("every pair fits");
    let batches = epoch(0);
    let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
    seen.sort_unstable();
    assert_eq!(seen, (0..pairs.len()).collect::<Vec<_>>());
    for batch in &batches {
        let width = batch.iter().map(|&idx| pairs.pair(idx).0.len().max(pairs.pair(idx).1.len()) + 1).max();
        assert!(width.expect("no batch is empty") * batch.len() <= 300, "{batch:?}");
    }
    assert_eq!(batches, epoch(0));
    assert_ne!(batches, epoch(1));
    let tight = BatchConfig { tokens: 20, ..config };
    let error = pairs.epoch(&tight, RandomStreams::new(1), 0).expect_err("some pairs are longer");
    assert!(matches!(error, TrainError::PairTooLong { tokens: 20, .. }));
}

#[test]
fn damaged_checkpoints_and_other_settings_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (corpus, run) = (corpus(folder.path()), folder.path().join("run"));
    train(settings(4), &corpus, &run, false, &mut |_| ()).expect("it trains");
    let exists = train(settings(4), &corpus, &run, false, &mut |_| ()).expect_err("there is a run");
    assert!(exists.to_string().contains("--resume"), "{exists}");

    let mut other = settings(8);
    other.learning_rate.peak = 1.0;
    let changed = train(other, &corpus, &run, true, &mut |_| ()).expect_err("another learning rate").to_string();
    assert!(changed.contains("peak = 0.002") && changed.contains("peak = 1.0"), "{changed}");

    let directory = RunDirectory::open(&run).expect("it is a run");
    let path = directory.checkpoint_path(CheckpointKind::Best);
    let whole = std::fs::read(&path).expect("there is a checkpoint");
    let mut flipped = whole.clone();
    let middle = whole.len() / 2;
    flipped[middle] ^= 1;
    let garbage = b"not a checkpoint".to_vec();
    for (name, bytes) in [("truncated", &whole[..middle]), ("flipped", &flipped), ("garbage", &garbage), ("empty", &[])]
    {
        std::fs::write(&path, bytes).expect("the folder is writable");
        let error = LoadedRun::open(&run, &cpu_device()).map(|_| ()).expect_err(name).to_string();
        assert!(error.contains("best.safetensors") && error.contains("train again"), "{name}: {error}");
    }
    std::fs::write(&path, &whole).expect("the folder is writable");
    LoadedRun::open(&run, &cpu_device()).expect("the whole checkpoint is good");

    let vocabulary = Vocabulary::train(["quite another text"], &VocabularyOptions { size: 30, ..Default::default() });
    vocabulary.expect("there is text").save(&directory.vocabulary_path()).expect("the folder is writable");
    let error = LoadedRun::open(&run, &cpu_device()).map(|_| ()).expect_err("another vocabulary").to_string();
    assert!(error.contains("tokenizer.json"), "{error}");
}

/// The same run on both devices: same data, same noise, same dropout masks.
#[test]
fn a_training_trace_on_wgpu_follows_the_one_on_cpu() {
    if wgpu().is_none() {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let trace = |name: &str, choice| {
        let mut run = settings(3);
        run.batch = BatchConfig { tokens: 160, micro_batches: 1, max_length: 24 };
        run.training.evaluate_every = 100;
        let device = repartee_engine::ComputeDevice::open(choice).expect("it opens");
        let directory = folder.path().join(name);
        let mut objectives = Vec::new();
        let stop = AtomicBool::new(false);
        let job = TrainJob {
            run,
            corpus: corpus.dir(),
            directory: &directory,
            resume: false,
            device: &device,
            build: BUILD,
            with_samples: false,
            stop: &stop,
            communicator: &Alone,
            compression: Compression::None,
        };
        let outcome = repartee_engine::train(job, &mut |event| {
            if let Event::Updated(record) = event {
                objectives.push(record.objective_nats_per_sentence as f32);
                // The evaluation on dev at the end has shapes of its own to compile; two updates are the trace.
                stop.store(objectives.len() == 2, Ordering::Relaxed);
            }
        });
        outcome.expect("it trains");
        objectives
    };
    let cpu = trace("cpu", repartee_engine::DeviceChoice::Cpu);
    let wgpu = trace("wgpu", repartee_engine::DeviceChoice::Wgpu(None));
    assert_eq!(cpu.len(), 2);
    assert_close("objective per sentence", &wgpu, &cpu, Tolerance::new(0.0, 1e-4));
}

#[test]
fn a_model_starts_from_the_corpus_embeddings_or_says_what_is_missing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let corpus = corpus(folder.path());
    let mut run = settings(1);
    run.initial.embedding = InitialEmbedding::Word2vec;
    // So small a step that the start can be read off the end.
    (run.learning_rate.peak, run.learning_rate.start) = (1e-12, 0.0);
    let directory = folder.path().join("run");
    let missing = train(run.clone(), &corpus, &directory, false, &mut |_| ()).expect_err("none were made").to_string();
    assert!(missing.contains("embeddings.bin") && missing.contains("repartee vocab embed"), "{missing}");
    assert!(!directory.join("run.toml").exists(), "no run is left behind");

    let vocabulary = Vocabulary::load(&corpus.vocabulary_path()).expect("there is one");
    let options = |size| EmbeddingOptions { size, epochs: 1, ..EmbeddingOptions::default() };
    let path = corpus.embeddings_path();
    let to = (path.as_path(), EmbeddingFormat::Binary);
    train_embeddings(&corpus, &vocabulary, &options(8), to, &mut |_| ()).expect("there is text");
    let size = train(run.clone(), &corpus, &directory, false, &mut |_| ()).expect_err("16 are needed").to_string();
    assert!(size.contains("--size 16"), "{size}");

    let embeddings = train_embeddings(&corpus, &vocabulary, &options(16), to, &mut |_| ()).expect("there is text");
    train(run.clone(), &corpus, &directory, false, &mut |_| ()).expect("it trains");
    let checkpoint = Checkpoint::read(&directory.join("checkpoints/last.safetensors")).expect("it is whole");
    let architecture = run.architecture(vocabulary.size(), vocabulary.pad());
    let fresh = Tcvae::new(&architecture, RandomStreams::new(run.seed), &repartee_tests::cpu()).expect("valid");
    let random = repartee_tests::values(fresh.embedding.weight.val());
    let model = checkpoint.load_model(fresh).expect("it fits");
    let trained = repartee_tests::values(model.embedding.weight.val());
    let rows: std::collections::BTreeMap<u32, &[f32]> = embeddings.rows_for(&vocabulary).collect();
    assert!(rows.len() > 100 && rows.len() < vocabulary.size(), "some pieces have a vector, the specials have none");
    for (id, (trained, random)) in (0..).zip(trained.chunks(16).zip(random.chunks(16))) {
        let expected = rows.get(&id).copied().unwrap_or(random);
        assert_close(&format!("piece {id}"), trained, expected, Tolerance::new(1e-6, 1e-6));
    }
}
