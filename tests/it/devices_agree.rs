//! The wgpu device computes what the cpu device computes, forward and backward.

use std::num::NonZeroUsize;

use burn::{optim::GradientsParams, tensor::Device};
use repartee_model::{
    Noise, Pass, RandomStreams,
    methods::{LossSettings, Method, speculative::Speculative},
};
use repartee_tests::{Tolerance, assert_close, cpu, gradients, small_batch, small_config, small_model, values, wgpu};

/// Losses, winners and gradients of a small model under dropout, K = 3.
fn run(device: &Device) -> (Vec<f32>, Vec<i32>, std::collections::BTreeMap<String, Vec<f32>>) {
    let (model, batch) = (small_model(2, device), small_batch(device));
    let method = Speculative { k: NonZeroUsize::new(3).expect("3 is not 0"), half_scores: false };
    let shape = [4, 3, small_config().latent_size];
    let noise = Noise::draw(&mut RandomStreams::new(11).stream("latent", &[]), shape, device);
    let settings = LossSettings { kl_weight: 1.0, free_nats: 0.0, smoothing: 0.1, bow: None };
    let mut pass = Pass::new(RandomStreams::new(7).dropout(&[0]));
    let parts = method.loss(&model, &batch, noise, settings, &mut pass);
    let backward = GradientsParams::from_grads(parts.objective.clone().sum().backward(), &model);
    let winner = parts.winner.expect("it chooses").into_data().iter::<i32>().collect();
    (values(parts.objective), winner, gradients(&model, &backward))
}

/// Stated tolerance: objective 1e-5 relative; gradients 1e-5 absolute plus 1e-3 relative. Dropout masks are equal to
/// the bit, so it can stay on.
#[test]
fn wgpu_agrees_with_cpu() {
    let Some(wgpu) = wgpu() else { return };
    let (objective, winner, gradients) = run(&cpu().autodiff());
    let (wgpu_objective, wgpu_winner, wgpu_gradients) = run(&wgpu.autodiff());
    assert_close("objective", &wgpu_objective, &objective, Tolerance::new(0.0, 1e-5));
    assert_eq!(wgpu_winner, winner);
    assert_eq!(wgpu_gradients.keys().collect::<Vec<_>>(), gradients.keys().collect::<Vec<_>>());
    for (name, gradient) in &gradients {
        assert_close(name, &wgpu_gradients[name], gradient, Tolerance::new(1e-5, 1e-3));
    }
}
