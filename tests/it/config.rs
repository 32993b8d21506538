//! Run files, presets and schedules.

use std::path::Path;

use repartee_engine::{RunFile, run_file};
use repartee_model::{methods::MethodConfig, schedules::InverseSquareRoot};

const TINY: &str = include_str!("../../configs/tiny.toml");

fn problem(text: &str) -> String {
    let error = RunFile::parse(text, Path::new("x.toml")).expect_err("the run file is wrong").to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

#[test]
fn every_preset_parses_and_survives_writing_and_reading() {
    for name in ["tiny", "small", "base"] {
        let run = run_file(name.as_ref()).expect("a preset parses");
        assert_eq!(RunFile::parse(&run.to_toml(), Path::new("again")).expect("it was just written"), run);
    }
}

#[test]
fn base_holds_table_5_of_the_paper() {
    let run = run_file("base".as_ref()).expect("a preset parses");
    assert_eq!([run.model.n_layers, run.model.n_heads, run.model.d_model, run.model.d_feedforward], [6, 8, 512, 2048]);
    assert_eq!((run.loss.label_smoothing, run.model.dropout), (0.1, 0.1));
    assert_eq!((run.optimizer.beta_1, run.optimizer.beta_2), (0.9, 0.98));
    let InverseSquareRoot { peak, warmup_updates, start, minimum } = run.learning_rate;
    assert_eq!((peak, warmup_updates, start, minimum), (1e-3, 4000, 1e-7, 1e-9));
    assert_eq!((run.batch.tokens * run.batch.micro_batches, run.training.max_updates), (26_880, 250_000));
}

#[test]
fn wrong_run_files_name_line_and_key() {
    let unknown = problem(&TINY.replace("n_heads = 4", "n_heads = 4\nn_haeds = 4"));
    assert!(unknown.contains("line 7") && unknown.contains("`n_haeds`"), "{unknown}");
    let missing = problem(&TINY.replace("n_heads = 4\n", ""));
    assert!(missing.contains("n_heads"), "{missing}");
    let method = problem(&TINY.replace("\"speculative\"", "\"speculativ\""));
    assert!(method.contains("speculativ") && method.contains("vanilla"), "{method}");
    let stray = problem(&TINY.replace("kind = \"speculative\"", "kind = \"vanilla\""));
    assert!(stray.contains('k'), "{stray}");
    let zero = problem(&TINY.replace("k = 5", "k = 0"));
    assert!(zero.contains("nonzero"), "{zero}");
    let heads = problem(&TINY.replace("n_heads = 4", "n_heads = 3"));
    assert!(heads.contains("128") && heads.contains('3'), "{heads}");
    let rate = problem(&TINY.replacen("dropout = 0.05", "dropout = 1.0", 1));
    assert!(rate.contains("model.dropout"), "{rate}");
    let clip = problem(&TINY.replace("clip_norm = 25.0", "clip_norm = 0.0"));
    assert!(clip.contains("optimizer.clip_norm"), "{clip}");
    let syntax = problem("seed = ");
    assert!(syntax.contains("line 1"), "{syntax}");
}

#[test]
fn the_method_s_own_fields_are_read() {
    let run = RunFile::parse(&TINY.replace("k = 5", "k = 40"), Path::new("x")).expect("valid");
    assert_eq!(run.method.method().n_latents(), 40);
    let vanilla = TINY.replace("kind = \"speculative\"\nk = 5", "kind = \"vanilla\"");
    let run = RunFile::parse(&vanilla, Path::new("x")).expect("valid");
    assert!(matches!(run.method, MethodConfig::Vanilla(_)));
}

#[test]
fn the_learning_rate_warms_up_and_decays() {
    let schedule = InverseSquareRoot { peak: 1e-3, warmup_updates: 4000, start: 1e-7, minimum: 1e-9 };
    for (updates, expected) in
        [(0, 1e-7), (2000, 1e-7 + (1e-3 - 1e-7) / 2.0), (4000, 1e-3), (16_000, 5e-4), (400_000, 1e-4), (u64::MAX, 1e-9)]
    {
        let rate = schedule.rate(updates);
        assert!((rate / expected - 1.0).abs() < 1e-9, "after {updates}: {rate} instead of {expected}");
    }
    let without_warmup = InverseSquareRoot { warmup_updates: 0, ..schedule };
    assert!(without_warmup.rate(0).is_finite() && without_warmup.rate(0) > 0.0);
}
