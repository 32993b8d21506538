//! Speculative sampling: equal to vanilla at K = 1, to the authors' gathered graph at any K, and indifferent to padding.

use std::{collections::BTreeMap, num::NonZeroUsize};

use burn::{
    optim::GradientsParams,
    tensor::{Tensor, TensorData},
};
use repartee_kernels::{Precision, lowest};
use repartee_model::{
    Architecture, Batch, Heads, ModelConfig, Noise, Pass, RandomStreams, Tcvae,
    losses::{kl::kl_nats, reconstruction::reconstruct},
    methods::{LossParts, LossSettings, Method, spacefusion::Spacefusion, speculative::Speculative, vanilla::Vanilla},
    random::noise,
};
use repartee_tests::{
    SPECIALS, Tolerance, architecture, assert_close, cpu, gradients, small_batch, small_config, small_model,
    small_pairs, values,
};

const SETTINGS: LossSettings = LossSettings { kl_weight: 0.7, free_nats: 0.0, smoothing: 0.1, bow: None };

fn latent_noise(k: usize, device: &burn::tensor::Device) -> Tensor<3> {
    noise(&mut RandomStreams::new(11).stream("latent", &[]), [4, k, small_config().latent_size], device)
}

fn speculative(k: usize) -> Speculative {
    Speculative { k: NonZeroUsize::new(k).expect("k is at least 1"), half_scores: false }
}

/// Objective and all gradients, with dropout on.
fn run(method: &dyn Method, model: &Tcvae, batch: &Batch) -> (LossParts, BTreeMap<String, Vec<f32>>) {
    with_pass(method, model, batch, Pass::new(RandomStreams::new(7).dropout(&[0])))
}

fn with_pass(
    method: &dyn Method,
    model: &Tcvae,
    batch: &Batch,
    mut pass: Pass,
) -> (LossParts, BTreeMap<String, Vec<f32>>) {
    let device = cpu().autodiff();
    let noise = Noise { normal: latent_noise(method.n_latents(), &device), uniform: Tensor::full([4], 0.3, &device) };
    let parts = method.loss(model, batch, noise, SETTINGS, &mut pass);
    let gradients = gradients(model, &pass.backward(parts.objective.clone().sum(), model));
    (parts, gradients)
}

#[test]
fn one_latent_equals_vanilla_bit_for_bit() {
    let device = cpu().autodiff();
    let (model, batch) = (small_model(2, &device), small_batch(&device));
    let (vanilla, vanilla_gradients) = run(&Vanilla {}, &model, &batch);
    let (one, one_gradients) = run(&speculative(1), &model, &batch);
    assert_close("objective", &values(one.objective), &values(vanilla.objective), Tolerance::EXACT);
    assert_eq!(one_gradients, vanilla_gradients);
    assert!(vanilla_gradients.values().flatten().any(|&gradient| gradient != 0.0));
}

/// The authors' formulation: all K outputs in one differentiable graph, the winner gathered afterwards.
#[test]
fn recompute_equals_the_gathered_graph() {
    let device = cpu().autodiff();
    let (model, batch) = (small_model(2, &device), small_batch(&device));
    let k = 5;
    let (ours, our_gradients) = run(&speculative(k), &model, &batch);

    let trunk = model.trunk(&batch, &mut Pass::new(RandomStreams::new(7).dropout(&[0])));
    let noise = latent_noise(k, &device);
    let size = small_config().latent_size;
    let columns = |pick: &dyn Fn(usize) -> Tensor<1>| Tensor::cat((0..k).map(|k| pick(k).reshape([4, 1])).collect(), 1);
    let each: Vec<_> = (0..k)
        .map(|k| {
            let z = trunk.posterior.sample(noise.clone().slice([0..4, k..k + 1, 0..size]).reshape([4, size]));
            reconstruct(&model, trunk.projected.clone(), z, &batch)
        })
        .collect();
    let nll: Tensor<2> = columns(&|k| each[k].nll_nats.clone());
    let smoothed = columns(&|k| each[k].smoothed_nats(SETTINGS.smoothing));
    let rows: Vec<f32> = values(nll.clone());
    let winner: Vec<i32> = rows
        .chunks(k)
        .map(|row| (0..k).min_by(|&a, &b| row[a].total_cmp(&row[b])).expect("k is at least 1") as i32)
        .collect();
    let index = Tensor::from_data(TensorData::new(winner.clone(), [4, 1]), &device);
    let kl = kl_nats(&trunk.posterior, &trunk.prior).mul_scalar(SETTINGS.kl_weight);
    let objective = smoothed.gather(1, index).reshape([4]) + kl;
    let gathered = GradientsParams::from_grads(objective.clone().sum().backward(), &model);
    let gathered = gradients(&model, &gathered);

    assert_close("objective", &values(ours.objective), &values(objective), Tolerance::new(1e-5, 1e-5));
    let chosen = ours.winner.expect("speculative sampling chooses").into_data();
    assert_eq!(chosen.iter::<i32>().collect::<Vec<_>>(), winner);
    assert!(winner.iter().any(|&k| k != winner[0]), "the test wants different winners: {winner:?}");
    for (name, gradient) in &our_gradients {
        assert_close(name, gradient, &gathered[name], Tolerance::new(2e-5, 1e-4));
    }
}

#[test]
fn padding_changes_neither_winner_nor_loss_nor_gradient() {
    let device = cpu().autodiff();
    let mut config = small_config();
    // Masks are indexed by position in the padded tensor, so dropout is off here.
    (config.dropout, config.attention_dropout, config.activation_dropout) = (0.0, 0.0, 0.0);
    let model = Tcvae::new(&architecture(config), RandomStreams::new(2), &device).expect("valid");
    let (contexts, responses) = small_pairs();
    let (plain, plain_gradients) = run(&speculative(5), &model, &Batch::new(&contexts, &responses, SPECIALS, &device));
    let wide = Batch::with_widths(&contexts, &responses, SPECIALS, [13, 11], &device);
    let (padded, padded_gradients) = run(&speculative(5), &model, &wide);
    let winners =
        |parts: &LossParts| parts.winner.clone().expect("it chooses").into_data().iter::<i32>().collect::<Vec<_>>();
    assert_eq!(winners(&padded), winners(&plain));
    assert_close("objective", &values(padded.objective), &values(plain.objective), Tolerance::new(1e-5, 1e-5));
    for (name, gradient) in &padded_gradients {
        assert_close(name, gradient, &plain_gradients[name], Tolerance::new(2e-5, 1e-4));
    }
}

#[test]
fn ties_go_to_the_lowest_latent() {
    for device in [Some(cpu()), repartee_tests::wgpu()].into_iter().flatten() {
        let scores = Tensor::<2>::from_floats(
            [[3.0, 1.0, 1.0, 2.0], [5.0, 5.0, 5.0, 5.0], [4.0, 3.0, 2.0, 1.0], [0.0, 1.0, 0.0, 1.0]],
            &device,
        );
        assert_eq!(lowest(scores).into_data().iter::<i32>().collect::<Vec<_>>(), [1, 0, 3, 0]);
    }
}

/// More latents can only lower the best NLL: the first K are the same draws.
#[test]
fn the_winner_is_the_best_of_all_latents() {
    let device = cpu();
    let (model, batch) = (small_model(2, &device), small_batch(&device));
    let trunk = model.trunk(&batch, &mut repartee_model::Pass::plain());
    let scores = repartee_model::methods::speculative::score(
        &model,
        &trunk,
        latent_noise(20, &device),
        &batch,
        Precision::Single,
    );
    let rows = values(scores.nll_nats);
    for row in rows.chunks(20) {
        let best = |k: usize| row[..k].iter().copied().fold(f32::INFINITY, f32::min);
        assert!(best(20) <= best(5) && best(5) <= best(1), "{row:?}");
        assert!(best(20) < best(1), "twenty draws are expected to beat one: {row:?}");
    }
}

/// Every layer computed twice gives the gradients of every layer kept, dropout on, for each shape of the trunk.
#[test]
fn checkpointing_changes_no_gradient() {
    let device = cpu().autodiff();
    let spacefusion = Spacefusion {
        deviation: 0.1,
        mixed_weight: 1.0,
        fusion_weight: 30.0,
        maximum_distance: 0.3,
        clip_attraction: true,
    };
    let methods: [&dyn Method; 2] = [&speculative(5), &spacefusion];
    for (method, share_decoder) in methods.into_iter().flat_map(|method| [(method, true), (method, false)]) {
        let config = ModelConfig { share_decoder, ..small_config() };
        let heads = Heads { latent: method.latent(), bow: None };
        let architecture = Architecture { heads, ..architecture(config) };
        let model = Tcvae::new(&architecture, RandomStreams::new(2), &device).expect("valid");
        let batch = small_batch(&device);
        let dropout = || RandomStreams::new(7).dropout(&[0]);
        let (kept, kept_gradients) = with_pass(method, &model, &batch, Pass::new(dropout()));
        let (again, again_gradients) = with_pass(method, &model, &batch, Pass::checkpointed(dropout(), &model));
        // The layout of a layer's input differs, and with it the order of sums in a product.
        assert_close("objective", &values(again.objective), &values(kept.objective), Tolerance::new(0.0, 1e-6));
        assert_eq!(kept_gradients.keys().collect::<Vec<_>>(), again_gradients.keys().collect::<Vec<_>>());
        for (name, gradient) in &kept_gradients {
            assert_close(name, &again_gradients[name], gradient, Tolerance::new(2e-5, 1e-4));
        }
    }
}
