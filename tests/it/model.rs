//! The architecture: sizes of the paper, positions, incremental decoding.

use burn::{module::Module, tensor::Tensor};
use rand::RngExt;
use repartee_model::{
    Architecture, ModelConfig, Pass, RandomStreams, Tcvae, TokenBatch, decoding::Prefix, layers::embedding::sinusoids,
    tcvae::Encoded,
};
use repartee_tests::{
    SPECIALS, Tolerance, architecture, assert_close, cpu, small_batch, small_config, small_model, values,
};

fn paper_sizes(share_decoder: bool) -> ModelConfig {
    ModelConfig {
        d_model: 512,
        n_heads: 8,
        n_layers: 6,
        d_feedforward: 2048,
        latent_size: 512,
        dropout: 0.1,
        attention_dropout: 0.1,
        activation_dropout: 0.1,
        share_decoder,
        log_variance_limit: 20.0,
    }
}

#[test]
fn the_paper_s_sizes_give_its_number_of_parameters() {
    for (share_decoder, expected) in [(true, 29_615_872), (false, 29_615_872 + 25_205_760)] {
        let architecture = Architecture { vocabulary_size: 16_000, ..architecture(paper_sizes(share_decoder)) };
        let model = Tcvae::new(&architecture, RandomStreams::new(0), &cpu()).expect("valid");
        assert_eq!(model.num_params(), expected);
    }
}

#[test]
fn weights_depend_on_the_seed_and_the_name_alone() {
    let weights = |seed| values(small_model(seed, &cpu()).encoder[1].feed_forward.inner.weight.val());
    assert_eq!(weights(1), weights(1));
    assert_ne!(weights(1), weights(2));
    let model = small_model(1, &cpu());
    assert_ne!(values(model.encoder[0].feed_forward.inner.weight.val()), weights(1));
}

#[test]
fn embeddings_start_with_variance_one_over_d_and_a_zero_pad_row() {
    let config = ModelConfig { d_model: 64, n_heads: 4, ..small_config() };
    let architecture = Architecture { vocabulary_size: 4000, ..architecture(config) };
    let model = Tcvae::new(&architecture, RandomStreams::new(0), &cpu());
    let weight = values(model.expect("valid").embedding.weight.val());
    assert!(weight[64..128].iter().all(|&w| w == 0.0));
    let variance = weight.iter().map(|w| f64::from(w * w)).sum::<f64>() / weight.len() as f64;
    assert!((variance * 64.0 - 1.0).abs() < 0.02, "variance {variance}");
}

/// sin in the first half, cos in the second; frequencies from 1 to 1/10,000.
#[test]
fn positions_are_laid_out_as_in_fairseq() {
    let positions = sinusoids(2, 2, 6);
    let frequencies = [1.0, 0.01, 0.0001f64];
    let row = |p: f64| frequencies.map(|f| (p * f).sin()).into_iter().chain(frequencies.map(|f| (p * f).cos()));
    let expected: Vec<f32> = row(2.0).chain(row(3.0)).map(|x| x as f32).collect();
    assert_close("sinusoids", &positions, &expected, Tolerance::new(1e-7, 1e-6));
}

#[test]
fn decoding_step_by_step_equals_decoding_at_once() {
    for share_decoder in [true, false] {
        let device = cpu();
        let config = ModelConfig { share_decoder, ..small_config() };
        let model = Tcvae::new(&architecture(config), RandomStreams::new(4), &device).expect("valid");
        let batch = small_batch(&device);
        let source = model.encode(&batch.source, &mut Pass::plain());
        let whole = model.decode(&batch.decoder_input, &source, &mut Pass::plain());
        let mut state = model.start_decoding(&batch.source, &source);
        let [sentences, length] = batch.decoder_input.dims();
        let mut prefixes: Vec<Prefix> = (0..sentences).map(Prefix::new).collect();
        let ids: Vec<i32> = batch.decoder_input.ids.clone().into_data().iter::<i32>().collect();
        let steps = (0..length)
            .map(|t| {
                let tokens: Vec<u32> = (0..sentences).map(|row| ids[row * length + t] as u32).collect();
                model.decode_step(&tokens, &mut prefixes, &mut state).unsqueeze_dim::<3>(1)
            })
            .collect();
        let name = format!("share_decoder = {share_decoder}");
        assert_close(&name, &values(Tensor::cat(steps, 1)), &values(whole), Tolerance::new(1e-5, 1e-5));
    }
}

/// Beginnings that branch, end and share their past, as in a long beam search: room for their keys is made and used
/// again many times.
#[test]
fn a_tree_of_prefixes_equals_whole_sequences() {
    let device = cpu();
    let model = small_model(6, &device);
    let tokens = TokenBatch::new(&[vec![5, 6, 7, 8, 2], vec![9, 2]], SPECIALS.pad, 0, &device);
    let source = model.encode(&tokens, &mut Pass::plain());
    let mut state = model.start_decoding(&tokens, &source);
    let mut random = RandomStreams::new(5).stream("tree", &[]);
    let mut beginnings: Vec<Vec<u32>> = vec![vec![2], vec![2]];
    let mut prefixes = vec![Prefix::new(0), Prefix::new(1)];
    for step in 0..90 {
        let last: Vec<u32> = beginnings.iter().map(|beginning| beginning[step]).collect();
        let states = values(model.decode_step(&last, &mut prefixes, &mut state));
        if step % 15 == 14 {
            for (row, (beginning, prefix)) in beginnings.iter().zip(&prefixes).enumerate() {
                let own = Encoded {
                    states: source.states.clone().narrow(0, prefix.source, 1),
                    pad_mask: source.pad_mask.clone().narrow(0, prefix.source, 1),
                };
                let input = TokenBatch::new(std::slice::from_ref(beginning), SPECIALS.pad, 0, &device);
                let whole = values(model.decode(&input, &own, &mut Pass::plain()));
                let d_model = small_config().d_model;
                let name = format!("row {row} of {} after {step} steps", prefixes.len());
                assert_close(
                    &name,
                    &states[row * d_model..][..d_model],
                    &whole[step * d_model..],
                    Tolerance::new(1e-5, 1e-5),
                );
            }
        }
        // Between 2 and 9 of the next beginnings, some of them from one parent.
        let parents: Vec<usize> =
            (0..random.random_range(2..10)).map(|_| random.random_range(0..beginnings.len())).collect();
        prefixes = parents.iter().map(|&parent| prefixes[parent].clone()).collect();
        beginnings = parents
            .iter()
            .map(|&parent| beginnings[parent].iter().copied().chain([random.random_range(4..37)]).collect())
            .collect();
    }
}

/// A later target token must not reach an earlier state.
#[test]
fn the_decoder_does_not_look_ahead() {
    let device = cpu();
    let model = small_model(1, &device);
    let states = |last: u32| {
        let source = model.encode(&TokenBatch::new(&[vec![5, 6, 2]], SPECIALS.pad, 0, &device), &mut Pass::plain());
        let input = TokenBatch::new(&[vec![2, 7, 8, last]], SPECIALS.pad, 0, &device);
        values(model.decode(&input, &source, &mut Pass::plain()))
    };
    let (a, b) = (states(9), states(30));
    let before_last = 3 * small_config().d_model;
    assert_eq!(a[..before_last], b[..before_last]);
    assert_ne!(a[before_last..], b[before_last..]);
}
