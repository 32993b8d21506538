//! Runs to give away: smaller weights, nearly the same model.

use repartee_engine::{
    ComputeDevice, Controls, DeviceChoice, EvaluateOptions, Greedy, LoadedRun, Strategy, WeightFormat, corpus::Split,
    export_run,
};
use repartee_train::{
    checkpoint::Checkpoint,
    run_directory::{CheckpointKind, RunDirectory},
};

use crate::training::{corpus, settings, train};

#[test]
fn smaller_weights_are_as_near_as_their_format_says() {
    let folder = tempfile::tempdir().expect("there is a disk");
    let corpus = corpus(folder.path());
    let run = folder.path().join("run");
    train(settings(8), &corpus, &run, false, &mut |_| ()).expect("it trains");
    let device = ComputeDevice::open(DeviceChoice::Cpu).expect("there is a cpu");
    let original = LoadedRun::open(&run, &device).expect("it is a run");
    let of_original = original.parameters();
    let options = EvaluateOptions {
        split: Split::Test,
        seed: 0,
        max_length: 12,
        limit: Some(4),
        strategy: Strategy::Greedy(Greedy {}),
        controls: Controls::default(),
    };
    let nll = |run: &LoadedRun| {
        let scores = run.evaluate(&folder.path().join("corpus"), &options, &mut |_, _| ()).expect("it is scored");
        scores.nll_nats_per_sentence
    };
    let nll_before = nll(&original);
    let mut sizes = Vec::new();
    for (name, format) in WeightFormat::ALL {
        let out = folder.path().join(name);
        let exported = export_run(&run, &out, format).expect("it is written");
        sizes.push(exported.bytes);
        let loaded = LoadedRun::open(&out, &device).expect("it is a run");
        assert_eq!(loaded.update, original.update);
        for (parameter, (shape, values)) in loaded.parameters() {
            let (expected_shape, expected) = &of_original[&parameter];
            assert_eq!(shape, *expected_shape, "{parameter}");
            let row = if shape.len() > 1 { expected.len() / shape[0] } else { expected.len() };
            for (values, expected) in values.chunks(row).zip(expected.chunks(row)) {
                let most = expected.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                for (value, expected) in values.iter().zip(expected) {
                    let bound = match format {
                        WeightFormat::F32 => 0.0,
                        // Below the normal range of half precision its step is 2⁻²⁴.
                        WeightFormat::F16 => (expected.abs() / 2048.0).max(2.0_f32.powi(-24)),
                        WeightFormat::Int8 if shape.len() > 1 => most / 254.0 * 1.0001,
                        WeightFormat::Int8 => 0.0,
                    };
                    let error = (value - expected).abs();
                    assert!(error <= bound, "{name} {parameter}: {value} for {expected}");
                }
            }
        }
        let difference = (nll(&loaded) / nll_before - 1.0).abs();
        assert!(difference < 0.005, "{name}: NLL differs by {difference}");
        let refused = export_run(&run, &out, format).expect_err("it is there already").to_string();
        assert!(refused.contains("already holds a run"), "{refused}");
    }
    // So small a model has a third of its file in names and progress.
    assert!(sizes[1] * 10 < sizes[0] * 6 && sizes[2] * 10 < sizes[0] * 5, "{sizes:?}");

    // Damage is found in every format.
    let path = RunDirectory::open(&folder.path().join("int8")).expect("a run").checkpoint_path(CheckpointKind::Best);
    let mut bytes = std::fs::read(&path).expect("it is there");
    let last = bytes.len() - 1;
    bytes[last] ^= 0x40;
    std::fs::write(&path, bytes).expect("the disk is there");
    let error = Checkpoint::read(&path).expect_err("it is damaged").to_string();
    assert!(error.contains("do not match its digest"), "{error}");
}
