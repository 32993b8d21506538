//! Run files, presets and schedules.

use std::path::Path;

use repartee_engine::{EngineError, RunFile, RunFileRequest, run_file};
use repartee_model::{
    losses::bow::{BowConfig, BowForm},
    methods::{
        MethodConfig,
        monte_carlo::{Average, MonteCarlo},
    },
    schedules::{InverseSquareRoot, KlSchedule, Span},
};
use repartee_train::config::InitialEmbedding;

const TINY: &str = include_str!("../../configs/tiny.toml");

fn problem(text: &str) -> String {
    let error = RunFile::parse(text, Path::new("x.toml")).expect_err("the run file is wrong").to_string();
    assert!(!error.contains('\n'), "one line: {error}");
    error
}

const METHODS: [&str; 6] = ["vanilla", "cyclical", "spacefusion", "bow", "monte-carlo", "speculative"];

fn layered(path: &str, preset: Option<&str>, settings: &[&str]) -> Result<RunFile, EngineError> {
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    RunFileRequest { path: Path::new(path), preset: preset.map(Path::new), settings: &settings }.resolve()
}

#[test]
fn every_built_in_run_file_parses_and_survives_writing_and_reading() {
    for name in ["tiny", "small", "base"].into_iter().chain(METHODS) {
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

#[test]
fn the_last_updates_cool_down() {
    let mut training = RunFile::parse(TINY, Path::new("x")).expect("valid").training;
    training.max_updates = 1000;
    assert_eq!([0, 999, 5000].map(|n| training.cooldown(n)), [1.0; 3]);
    training.cooldown_updates = 200;
    assert_eq!([0, 800, 900, 999, 5000].map(|n| training.cooldown(n)), [1.0, 1.0, 0.5, 0.005, 0.0]);
}

#[test]
fn a_method_s_run_file_is_base_but_for_the_method() {
    let base = run_file("base".as_ref()).expect("a preset parses");
    for name in METHODS {
        let run = run_file(name.as_ref()).expect("a built-in run file parses");
        let same = RunFile { method: base.method.clone(), loss: base.loss.clone(), ..run.clone() };
        assert_eq!(same, base, "{name}");
        assert!(name == "speculative" || run != base, "{name}");
        let small = layered(name, Some("small"), &[]).expect("every method fits every size");
        assert_eq!((small.model.d_model, small.method, small.loss), (256, run.method, run.loss), "{name}");
        assert_eq!(run.initial.embedding, InitialEmbedding::Word2vec, "{name}: Appendix A of the paper");
    }
}

#[test]
fn methods_hold_the_paper_s_values() {
    let loss = |name: &str| run_file(name.as_ref()).expect("a built-in run file parses").loss;
    let (epoch, half) = (Span::Epochs(1.0), Span::Epochs(0.5));
    assert_eq!(loss("cyclical").kl, KlSchedule::Cyclical { weight: 1.0, period: epoch, ramp: half });
    assert_eq!(loss("bow").bow, Some(BowConfig { weight: 1.0, form: BowForm::Set }));
    assert_eq!(loss("spacefusion").kl, KlSchedule::None {});
    let monte_carlo = run_file("monte-carlo".as_ref()).expect("a built-in run file parses").method;
    let k = std::num::NonZeroUsize::new(5).expect("5 is not 0");
    assert_eq!(monte_carlo, MethodConfig::MonteCarlo(MonteCarlo { k, average: Average::Latent }));
}

#[test]
fn single_values_are_laid_over_a_run_file() {
    let run = layered("speculative", Some("tiny"), &["method.k=20", "loss.bow={ form = \"set\", weight = 0.5 }"]);
    let run = run.expect("speculative sampling composes with the bag-of-words loss");
    assert_eq!((run.method.method().n_latents(), run.loss.bow.map(|bow| bow.weight)), (20, Some(0.5)));
    let run = layered("monte-carlo", None, &["method.average=state"]).expect("a word without quotes is a string");
    assert!(matches!(run.method, MethodConfig::MonteCarlo(MonteCarlo { average: Average::State, .. })));
    for (path, preset, setting, expected) in [
        ("tiny", None, "method.k", "KEY=VALUE"),
        ("tiny", None, "seed.k=3", "KEY=VALUE"),
        ("tiny", None, "method.j=3", "`j`"),
        ("tiny", Some("base"), "method.k=3", "extends no other"),
        ("bow", Some("nowhere"), "seed=1", "nowhere"),
    ] {
        let error = layered(path, preset, &[setting]).expect_err(setting).to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{setting}: {error}");
    }
}

#[test]
fn a_layer_is_looked_for_beside_its_file_and_circles_are_found() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("it is writable");
    write("lower.toml", "extends = \"tiny\"\nseed = 7\n");
    write("upper.toml", "extends = \"lower.toml\"\n[batch]\ntokens = 99\n");
    let run = run_file(&folder.path().join("upper.toml")).expect("two layers over a preset");
    assert_eq!((run.seed, run.batch.tokens, run.batch.max_length), (7, 99, 64));
    write("lower.toml", "extends = \"upper.toml\"");
    let circle = run_file(&folder.path().join("upper.toml")).expect_err("a circle").to_string();
    assert!(circle.contains("circle"), "{circle}");
    write("wrong.toml", "extends = \"tiny\"\n[training]\nmax_update = 3\n");
    let wrong = run_file(&folder.path().join("wrong.toml")).expect_err("an unknown key").to_string();
    assert!(wrong.contains("wrong.toml` line 3") && wrong.contains("`max_update`"), "{wrong}");
}

#[test]
fn what_makes_no_sense_together_is_refused_with_the_reason() {
    for (path, setting, expected) in [
        ("spacefusion", "loss.kl={ kind = \"constant\", weight = 1.0 }", "points have no KL term"),
        ("spacefusion", "loss.bow={ form = \"set\", weight = 1.0 }", "points have none"),
        ("spacefusion", "loss.free_nats_per_dimension=0.1", "points have no KL term to free"),
        ("vanilla", "loss.kl={ kind = \"none\" }", "has a KL term"),
        ("spacefusion", "method.deviation=0.0", "`method.deviation` is above 0"),
        ("vanilla", "loss.kl={ kind = \"linear\", weight = 1.0, ramp = { updates = 0 } }", "`loss.kl.ramp`"),
        ("vanilla", "loss.free_nats_per_dimension=nan", "free_nats_per_dimension"),
        ("vanilla", "model.log_variance_limit=0.0", "log_variance_limit"),
    ] {
        let error = layered(path, None, &[setting]).expect_err(setting).to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{setting}: {error}");
    }
    let annealed = "loss.kl={ kind = \"cyclical\", weight = 1.0, period = { updates = 10 }, ramp = { updates = 5 } }";
    layered("speculative", None, &[annealed]).expect("speculative sampling composes with annealing");
}

#[test]
fn kl_weights_rise_and_start_anew() {
    let (weight, ramp) = (2.0, Span::Updates(4));
    let linear = KlSchedule::Linear { weight, ramp };
    let cyclical = KlSchedule::Cyclical { weight, period: Span::Updates(10), ramp };
    for (update, in_linear, in_cycle) in
        [(0, 0.0, 0.0), (1, 0.5, 0.5), (4, 2.0, 2.0), (9, 2.0, 2.0), (10, 2.0, 0.0), (12, 2.0, 1.0), (20, 2.0, 0.0)]
    {
        assert_eq!([linear.weight(update, 1), cyclical.weight(update, 1)], [in_linear, in_cycle], "after {update}");
    }
    // The authors' Japanese run: an epoch of 18,775 updates, 9,387 of them rising.
    let epochs = KlSchedule::Cyclical { weight: 1.0, period: Span::Epochs(1.0), ramp: Span::Epochs(0.5) };
    for (update, expected) in [(0, 0.0), (9_388, 1.0), (18_774, 1.0), (18_775, 0.0), (18_775 + 4_694, 0.5)] {
        assert_eq!(epochs.weight(update, 18_775), expected, "after {update}");
    }
}
