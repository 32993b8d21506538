//! Generation: cached, batched decoding equals a plain reference for every strategy, and neither batch nor order nor
//! padding changes a reply.

pub(crate) mod golden;
mod reference;
mod sets;

use std::collections::BTreeSet;

use burn::tensor::Device;
use repartee_corpus::{Vocabulary, VocabularyOptions};
use repartee_generate::{
    Beam, Controls, GenerateError, GenerateOptions, Generator, Greedy, Latent, MAX_UTTERANCE_TOKENS, Reply, Sample,
    Strategy,
};
use repartee_model::{Architecture, ModelConfig, RandomStreams, Tcvae};
use repartee_tests::{architecture, cpu, small_config, wgpu};

use reference::{Expected, Reference};

const LINES: [&str; 6] = [
    "the cat sat on the mat and the dog sat on the cat",
    "a dog and a cat went to the park to play with a ball",
    "the ball went over the wall and the cat went after the ball",
    "we like to play in the park when the sun is out",
    "when the rain comes we sit on the mat and read",
    "the sun is out and the dog reads a book about rain",
];

fn vocabulary() -> Vocabulary {
    let options = VocabularyOptions { size: 60, seed: 0, max_lines: 100 };
    Vocabulary::train(LINES, &options).expect("there is text")
}

/// Large output weights, so that an untrained model has opinions.
fn model(vocabulary: &Vocabulary, config: ModelConfig, device: &Device) -> Tcvae {
    let (vocabulary_size, pad) = (vocabulary.size(), vocabulary.pad());
    let architecture = Architecture { vocabulary_size, pad, ..architecture(config) };
    let mut model = Tcvae::new(&architecture, RandomStreams::new(8), device).expect("valid");
    model.embedding.weight = model.embedding.weight.map(|weight| weight.mul_scalar(3.0));
    model
}

fn options(strategy: Strategy, n_samples: usize) -> GenerateOptions {
    GenerateOptions { strategy, controls: Controls::default(), n_samples, max_length: 12, seed: 3 }
}

fn utterances() -> Vec<String> {
    ["the cat", "a dog and a cat went to the park to play", "rain", "the sun is out"].map(str::to_owned).to_vec()
}

const GREEDY: Strategy = Strategy::Greedy(Greedy {});

fn sample(temperature: f32, top_k: usize, top_p: f64, min_p: f64) -> Strategy {
    Strategy::Sample(Sample { temperature, top_k, top_p, min_p })
}

fn beam(size: usize, length_penalty: f64, n_best: usize) -> Strategy {
    Strategy::Beam(Beam { size, length_penalty, n_best })
}

fn strategies() -> Vec<Strategy> {
    vec![
        GREEDY,
        sample(1.0, 0, 1.0, 0.0),
        sample(0.7, 0, 1.0, 0.0),
        sample(1.0, 5, 1.0, 0.0),
        sample(1.3, 0, 0.8, 0.0),
        sample(1.0, 0, 1.0, 0.2),
        sample(1.5, 20, 0.9, 0.05),
        beam(1, 1.2, 1),
        beam(2, 0.0, 2),
        beam(5, 1.2, 1),
        beam(5, 1.2, 5),
        beam(4, -0.5, 3),
        // More beams than tokens.
        beam(70, 1.2, 3),
    ]
}

fn controls() -> [Controls; 3] {
    let repetition_penalty = 1.0;
    [
        Controls::default(),
        Controls { no_repeat_ngram: 2, repetition_penalty },
        Controls { no_repeat_ngram: 1, repetition_penalty: 1.4 },
    ]
}

#[track_caller]
fn assert_equal(reply: &Reply, expected: &Expected, what: &str) {
    let of_reply = (reply.text.as_str(), reply.n_tokens, reply.finished);
    assert_eq!(of_reply, (expected.text.as_str(), expected.n_tokens, expected.finished), "{what}");
    for (a, b) in [(reply.score, expected.score), (reply.log_probability_nats, expected.log_probability)] {
        // Written so that NaN fails.
        assert!((a - b).abs() <= 1e-4 + 1e-4 * b.abs(), "{what}: {a} instead of {b}");
    }
}

fn equals_the_reference(config: &ModelConfig, strategies: &[Strategy], device: &Device) {
    let vocabulary = vocabulary();
    let (model, plain) = (model(&vocabulary, config.clone(), device), model(&vocabulary, config.clone(), &cpu()));
    let generator = Generator { model: &model, vocabulary: &vocabulary, device };
    let (mut seen, mut n_finished, mut n_cut) = (BTreeSet::new(), 0, 0);
    for &strategy in strategies {
        for controls in controls() {
            let options = GenerateOptions { controls, ..options(strategy, 3) };
            let reference = Reference { model: &plain, vocabulary: &vocabulary, device: &cpu(), options: &options };
            let replies = generator.replies(&utterances(), &options).expect("it generates");
            for (text, replies) in utterances().iter().zip(&replies) {
                let mut replies = replies.iter();
                for number in 0..3 {
                    let what = format!("{strategy:?}, {controls:?}, `{text}`, {number}");
                    for expected in reference.replies(text, Latent::numbered(3, text, number)) {
                        let reply = replies.next().unwrap_or_else(|| panic!("{what}: too few replies"));
                        assert_equal(reply, &expected, &what);
                        seen.insert(expected.text);
                        (n_finished, n_cut) =
                            (n_finished + usize::from(reply.finished), n_cut + usize::from(!reply.finished));
                    }
                }
                assert_eq!(replies.next(), None);
            }
        }
    }
    assert!(seen.len() > 20 && n_finished > 20 && n_cut > 5, "too little happens: {n_finished}, {n_cut}, {seen:?}");
}

#[test]
fn replies_equal_an_uncached_unbatched_reference() {
    for share_decoder in [true, false] {
        equals_the_reference(&ModelConfig { share_decoder, ..small_config() }, &strategies(), &cpu());
    }
}

#[test]
fn replies_of_wgpu_equal_the_reference_on_the_cpu() {
    let Some(device) = wgpu() else { return };
    equals_the_reference(&small_config(), &[GREEDY, sample(1.5, 20, 0.9, 0.05), beam(5, 1.2, 5)], &device);
}

#[test]
fn neither_batch_nor_order_nor_padding_changes_a_reply() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    for strategy in strategies() {
        let n_best = strategy.strategy().n_best();
        let together = generator.replies(&utterances(), &options(strategy, 4)).expect("it generates");
        let mut reversed = utterances();
        reversed.reverse();
        let mut backwards = generator.replies(&reversed, &options(strategy, 4)).expect("it generates");
        backwards.reverse();
        for (idx, text) in utterances().into_iter().enumerate() {
            let alone = generator.replies(&[text], &options(strategy, 2)).expect("it generates");
            assert_eq!(backwards[idx].len(), together[idx].len());
            for place in 0..2 * n_best {
                let expected = &together[idx][place];
                for other in [&alone[0][place], &backwards[idx][place]] {
                    assert_eq!(
                        (&other.text, other.latent, other.finished),
                        (&expected.text, expected.latent, expected.finished)
                    );
                    assert!((other.log_probability_nats - expected.log_probability_nats).abs() < 1e-4);
                }
            }
        }
    }
}

#[test]
fn one_beam_is_greedy_and_so_is_a_low_temperature_but_not_a_high_one() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let texts = |strategy| {
        let replies = generator.replies(&utterances(), &options(strategy, 5)).expect("it generates");
        replies.into_iter().flatten().map(|reply| reply.text).collect::<Vec<_>>()
    };
    let greedy = texts(GREEDY);
    for strategy in [beam(1, 1.2, 1), sample(1e-4, 0, 1.0, 0.0), sample(1.0, 1, 1.0, 0.0), sample(1.0, 0, 1e-9, 0.0)] {
        assert_eq!(texts(strategy), greedy, "{strategy:?}");
    }
    assert_ne!(texts(sample(2.0, 0, 1.0, 0.0)), greedy);
}

#[test]
fn settings_out_of_range_are_refused() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let strategies = [
        beam(0, 1.2, 1),
        beam(5, 1.2, 6),
        beam(5, f64::NAN, 1),
        beam(100_000, 1.2, 1),
        sample(0.0, 0, 1.0, 0.0),
        sample(f32::NAN, 0, 1.0, 0.0),
        sample(1.0, 0, 0.0, 0.0),
        sample(1.0, 0, 1.5, 0.0),
        sample(1.0, 0, 1.0, 1.0),
    ];
    let refused = |options: GenerateOptions| {
        let error = generator.replies(&utterances(), &options).expect_err("it is refused");
        assert!(matches!(error, GenerateError::Options { .. }), "{options:?}: {error}");
    };
    for strategy in strategies {
        refused(options(strategy, 1));
    }
    refused(GenerateOptions { max_length: 0, ..options(GREEDY, 1) });
    for repetition_penalty in [0.5, f32::NAN, f32::INFINITY] {
        let controls = Controls { no_repeat_ngram: 0, repetition_penalty };
        refused(GenerateOptions { controls, ..options(GREEDY, 1) });
    }
}

#[test]
fn a_model_with_broken_weights_is_an_error_and_no_reply() {
    let vocabulary = vocabulary();
    for device in [Some(cpu()), wgpu()].into_iter().flatten() {
        let mut model = model(&vocabulary, small_config(), &device);
        model.combiner.weight = model.combiner.weight.map(|weight| weight.mul_scalar(f32::NAN));
        let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
        for strategy in [GREEDY, sample(1.0, 0, 1.0, 0.0), beam(5, 1.2, 1)] {
            let error = generator.replies(&utterances(), &options(strategy, 1)).expect_err("nothing can be said");
            assert!(matches!(error, GenerateError::NotFinite { .. }), "{strategy:?}: {error}");
        }
    }
}

#[test]
fn utterances_without_tokens_are_named_and_long_ones_are_cut() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, small_config(), &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let ask = |text: &str| generator.replies(&["the cat".to_owned(), text.to_owned()], &options(GREEDY, 1));
    assert!(matches!(ask(" \t ").expect_err("there is nothing"), GenerateError::EmptyUtterance { number: 2 }));
    let long = "cat ".repeat(2 * MAX_UTTERANCE_TOKENS);
    assert_eq!(ask(&long).expect("it is cut")[1].len(), 1);
    let unknown = generator.replies(&["☃ ∮ 漢".to_owned()], &options(GREEDY, 1));
    assert_eq!(unknown.expect("unknown characters are `<unk>`")[0].len(), 1);
}
