//! Beam search against fairseq's algorithm in PyTorch: `tests/golden/beam.py` wrote the hypotheses.

use std::ops::ControlFlow;

use burn::module::Module;
use rand::SeedableRng;
use repartee_generate::{Beam, Controls, Decoder, Draw, GenerateOptions, Step, Strategy, block_on};
use repartee_tests::SPECIALS;
use serde::Deserialize;

use crate::golden::{Golden, devices};

pub(crate) const NAME: &str = "beam";

#[derive(Deserialize)]
struct Search {
    beam_size: usize,
    length_penalty: f64,
    max_length: usize,
    /// Of each sentence, best first.
    hypotheses: Vec<Vec<Hypothesis>>,
}

#[derive(Deserialize)]
struct Hypothesis {
    /// With `</s>`.
    tokens: Vec<u32>,
    score: f64,
}

#[test]
fn beam_search_matches_pytorch() {
    let golden = Golden::read(NAME);
    let searches: Vec<Search> = serde_json::from_value(golden.searches.clone()).expect("there are searches");
    assert!(searches.len() > 3);
    let ended = |context: &Vec<u32>| [context.as_slice(), &[SPECIALS.eos]].concat();
    let sources: Vec<Vec<u32>> = golden.sentences["four"].contexts.iter().map(ended).collect();
    let noise = golden.part("noise").remove("").expect("there is noise");
    let draws = noise.chunks(noise.len() / sources.len()).enumerate().map(|(source, noise)| {
        let tokens = rand_chacha::ChaCha8Rng::seed_from_u64(0);
        Draw { source, noise: noise.to_vec(), tokens }
    });
    let draws: Vec<Draw> = draws.collect();
    for (name, device) in devices() {
        let model = golden.model(&device.clone().autodiff()).valid();
        let decoder = Decoder { model: &model, device: &device, specials: SPECIALS };
        for Search { beam_size, length_penalty, max_length, hypotheses } in &searches {
            let beam = Beam { size: *beam_size, length_penalty: *length_penalty, n_best: *beam_size };
            let options = GenerateOptions {
                strategy: Strategy::Beam(beam),
                controls: Controls::default(),
                n_samples: 1,
                max_length: *max_length,
                seed: 0,
            };
            let watch = &mut |_: &Step<'_>| ControlFlow::Continue(());
            let found = block_on(decoder.decode(&sources, &draws, &options, watch)).expect("it decodes");
            for (sentence, (found, expected)) in found.iter().zip(hypotheses).enumerate() {
                let place = format!("{name}, {beam:?}, at most {max_length}, sentence {sentence}");
                let tokens: Vec<_> = found.iter().map(|found| [&found.tokens[..], &[SPECIALS.eos]].concat()).collect();
                assert_eq!(
                    tokens,
                    expected.iter().map(|expected| expected.tokens.clone()).collect::<Vec<_>>(),
                    "{place}"
                );
                for (found, expected) in found.iter().zip(expected) {
                    assert!(
                        (found.score - expected.score).abs() <= 2e-5 * (1.0 + expected.score.abs()),
                        "{place}: {} instead of {}",
                        found.score,
                        expected.score
                    );
                }
            }
        }
    }
}
