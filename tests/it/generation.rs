//! Generation: cached decoding equals a plain reference, and neither batch nor order nor padding changes a reply.

use burn::tensor::{Device, Tensor};
use repartee_corpus::{Vocabulary, VocabularyOptions};
use repartee_generate::{GenerateError, GenerateOptions, Generator, MAX_UTTERANCE_TOKENS, Strategy};
use repartee_model::{Architecture, Dropout, Pass, RandomStreams, Tcvae, TokenBatch, random::noise};
use repartee_tests::{architecture, cpu, small_config};

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
fn model(vocabulary: &Vocabulary, device: &Device) -> Tcvae {
    let (vocabulary_size, pad) = (vocabulary.size(), vocabulary.pad());
    let architecture = Architecture { vocabulary_size, pad, ..architecture(small_config()) };
    let mut model = Tcvae::new(&architecture, RandomStreams::new(8), device).expect("valid");
    model.embedding.weight = model.embedding.weight.map(|weight| weight.mul_scalar(3.0));
    model
}

fn options(strategy: Strategy, n_samples: usize) -> GenerateOptions {
    GenerateOptions { strategy, n_samples, max_length: 12, seed: 3 }
}

fn utterances() -> Vec<String> {
    ["the cat", "a dog and a cat went to the park to play", "rain", "the sun is out"].map(str::to_owned).to_vec()
}

/// One utterance, one latent, the whole prefix decoded anew for every token, the argmax taken by the tensor library.
fn reference(model: &Tcvae, vocabulary: &Vocabulary, text: &str, sample: u64, device: &Device) -> String {
    let (pad, eos) = (vocabulary.pad(), vocabulary.eos());
    let mut ids = vocabulary.encode(text).expect("it encodes");
    ids.push(eos);
    let source = model.encode(&TokenBatch::new(&[ids], pad, 0, device), &mut Pass::plain());
    let mut rng = RandomStreams::new(3).stream(&format!("reply {text}"), &[sample]);
    let noise: Tensor<2> = noise(&mut rng, [1, small_config().latent_size], device);
    let z = model.prior(model.context(&source, &mut Dropout::off())).sample(noise);
    let mut tokens = vec![eos];
    while tokens.len() <= 12 {
        let hidden = model.decode(&TokenBatch::new(&[tokens.clone()], pad, 0, device), &source, &mut Pass::plain());
        let combined = model.combiner.combine(model.combiner.project_hidden(hidden), z.clone());
        let last = combined.slice([0..1, tokens.len() - 1..tokens.len(), 0..16]).reshape([1, 16]);
        let mut logits: Vec<f32> = model.logits(last).into_data().try_into_vec().expect("f32");
        logits[pad as usize] = f32::NEG_INFINITY;
        let best = (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("there are logits") as u32;
        if best == eos {
            break;
        }
        tokens.push(best);
    }
    vocabulary.decode(&tokens[1..]).expect("it decodes")
}

#[test]
fn greedy_replies_equal_an_uncached_unbatched_reference() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let replies = generator.replies(&utterances(), &options(Strategy::Greedy, 3)).expect("it generates");
    let mut seen = std::collections::BTreeSet::new();
    for (text, replies) in utterances().iter().zip(&replies) {
        for (sample, reply) in (0..).zip(replies) {
            assert_eq!(reply.text, reference(&model, &vocabulary, text, sample, &device), "{text}, {sample}");
            seen.insert(reply.text.clone());
        }
    }
    assert!(seen.len() > 3, "the model says too little for this test: {seen:?}");
}

#[test]
fn neither_batch_nor_order_nor_padding_changes_a_reply() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    for strategy in [Strategy::Greedy, Strategy::Sample { temperature: 0.7 }] {
        let together = generator.replies(&utterances(), &options(strategy, 4)).expect("it generates");
        let mut reversed = utterances();
        reversed.reverse();
        let mut backwards = generator.replies(&reversed, &options(strategy, 4)).expect("it generates");
        backwards.reverse();
        for (idx, text) in utterances().into_iter().enumerate() {
            let alone = generator.replies(&[text], &options(strategy, 2)).expect("it generates");
            for sample in 0..2 {
                let expected = &together[idx][sample];
                for other in [&alone[0][sample], &backwards[idx][sample]] {
                    assert_eq!((&other.text, other.finished), (&expected.text, expected.finished));
                    assert!((other.log_probability_nats - expected.log_probability_nats).abs() < 1e-4);
                }
            }
        }
    }
}

#[test]
fn a_low_temperature_is_greedy_and_a_high_one_is_not() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let texts = |strategy| {
        let replies = generator.replies(&utterances(), &options(strategy, 5)).expect("it generates");
        replies.into_iter().flatten().map(|reply| reply.text).collect::<Vec<_>>()
    };
    let greedy = texts(Strategy::Greedy);
    assert_eq!(texts(Strategy::Sample { temperature: 1e-4 }), greedy);
    assert_ne!(texts(Strategy::Sample { temperature: 2.0 }), greedy);
}

#[test]
fn utterances_that_cannot_be_answered_are_named() {
    let (device, vocabulary) = (cpu(), vocabulary());
    let model = model(&vocabulary, &device);
    let generator = Generator { model: &model, vocabulary: &vocabulary, device: &device };
    let ask = |text: &str| {
        let utterances = ["the cat".to_owned(), text.to_owned()];
        generator.replies(&utterances, &options(Strategy::Greedy, 1)).expect_err("it cannot be answered")
    };
    assert!(matches!(ask(" \t "), GenerateError::EmptyUtterance { number: 2 }));
    assert!(matches!(ask(&"cat ".repeat(MAX_UTTERANCE_TOKENS + 1)), GenerateError::LongUtterance { number: 2, .. }));
    let unknown = generator.replies(&["☃ ∮ 漢".to_owned()], &options(Strategy::Greedy, 1));
    assert_eq!(unknown.expect("unknown characters are `<unk>`")[0].len(), 1);
}
