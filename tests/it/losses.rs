//! Loss parts against independent computations.

use burn::tensor::{Tensor, TensorData, activation::log_softmax};
use repartee_model::{
    Batch, Gaussian, Pass, RandomStreams,
    losses::{
        kl::kl_nats,
        reconstruction::{reconstruct, score},
    },
    random::{noise, standard_normal},
};
use repartee_tests::{SPECIALS, Tolerance, assert_close, cpu, small_batch, small_config, small_model, values, wgpu};

fn gaussian(mean: &[f32], log_variance: &[f32]) -> Gaussian {
    let row = |values: &[f32]| Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len()]), &cpu());
    Gaussian { mean: row(mean), log_variance: row(log_variance) }
}

#[test]
fn kl_matches_known_cases() {
    let ln4 = 4f32.ln();
    for (name, [mean_q, log_variance_q, mean_p, log_variance_p], expected) in [
        ("equal distributions are free", [0.3, 0.1, 0.3, 0.1], 0.0),
        ("unit shift of the mean", [1.0, 0.0, 0.0, 0.0], 0.5),
        ("posterior twice as wide", [0.0, ln4, 0.0, 0.0], 0.5 * (3.0 - ln4)),
        ("prior twice as wide", [0.0, 0.0, 0.0, ln4], 0.5 * (ln4 - 0.75)),
    ] {
        let kl = kl_nats(&gaussian(&[mean_q], &[log_variance_q]), &gaussian(&[mean_p], &[log_variance_p]));
        assert_close(name, &values(kl), &[expected], Tolerance::new(1e-6, 1e-6));
    }
}

#[test]
fn kl_equals_a_monte_carlo_estimate() {
    let (mean_q, log_variance_q) = ([0.5f32, -1.0, 0.2], [0.3f32, -0.7, 0.0]);
    let (mean_p, log_variance_p) = ([0.0f32, -0.5, 0.4], [0.0f32, 0.4, -0.3]);
    let closed = values(kl_nats(&gaussian(&mean_q, &log_variance_q), &gaussian(&mean_p, &log_variance_p)))[0];
    let log_density = |z: f64, mean: f32, log_variance: f32| {
        let (mean, log_variance) = (f64::from(mean), f64::from(log_variance));
        -0.5 * (log_variance + (z - mean).powi(2) / log_variance.exp())
    };
    let n = 200_000;
    let draws = standard_normal(&mut RandomStreams::new(1).stream("monte carlo", &[]), 3 * n);
    let samples: Vec<f64> = draws
        .chunks(3)
        .map(|noise| {
            (0..3)
                .map(|d| {
                    let z = f64::from(mean_q[d]) + (0.5 * f64::from(log_variance_q[d])).exp() * f64::from(noise[d]);
                    log_density(z, mean_q[d], log_variance_q[d]) - log_density(z, mean_p[d], log_variance_p[d])
                })
                .sum()
        })
        .collect();
    let mean = samples.iter().sum::<f64>() / n as f64;
    let variance = samples.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
    let standard_error = (variance / n as f64).sqrt();
    assert!(
        (f64::from(closed) - mean).abs() <= 4.0 * standard_error,
        "closed form {closed}, Monte Carlo {mean} ± {standard_error}"
    );
}

/// The closed form of label smoothing equals the definition over all log-probabilities.
#[test]
fn reconstruction_equals_the_definition_by_log_softmax() {
    let device = cpu();
    let (model, batch, config) = (small_model(3, &device), small_batch(&device), small_config());
    let trunk = model.trunk(&batch, &mut Pass::plain());
    let z = noise(&mut RandomStreams::new(5).stream("z", &[]), [4, config.latent_size], &device);
    let ours = reconstruct(&model, trunk.projected.clone(), z.clone(), &batch);
    let [sentences, length] = batch.target.dims();
    let combined = model.combiner.combine(trunk.projected, z).reshape([sentences * length, config.d_model]);
    let log_probabilities = log_softmax(model.logits(combined), 1);
    let counts = batch.scored_target.clone().greater_equal_elem(0).float();
    let sum = |per_token: Tensor<2>| (per_token.reshape([sentences, length]) * counts.clone()).sum_dim(1);
    let nll = sum(log_probabilities.clone().gather(1, batch.target.clone().reshape([sentences * length, 1])).neg());
    let uniform = sum(log_probabilities.mean_dim(1).neg());
    assert_close("nll", &values(ours.nll_nats.clone()), &values(nll.clone()), Tolerance::new(1e-5, 1e-5));
    assert_close("uniform", &values(ours.uniform_nats.clone()), &values(uniform.clone()), Tolerance::new(1e-5, 1e-5));
    let smoothed = nll.mul_scalar(0.9) + uniform.mul_scalar(0.1);
    assert_close("smoothed", &values(ours.smoothed_nats(0.1)), &values(smoothed), Tolerance::new(1e-5, 1e-5));
}

/// Many latents of one pair at once equal each by itself, on both devices.
#[test]
fn latents_scored_at_once_equal_each_by_itself() {
    for device in std::iter::once(cpu()).chain(wgpu()) {
        let (model, config) = (small_model(3, &device), small_config());
        let batch = Batch::new(&[vec![5, 6, 7]], &[vec![20, 21, 22, 23]], SPECIALS, &device);
        let trunk = model.trunk(&batch, &mut Pass::plain());
        let z = noise(&mut RandomStreams::new(5).stream("z", &[]), [37, config.latent_size], &device);
        let at_once = values(score(&model, trunk.projected.clone(), z.clone().unsqueeze_dim::<3>(0), &batch).nll_nats);
        let single = (0..37).flat_map(|n| {
            let z = z.clone().slice([n..n + 1, 0..config.latent_size]);
            values(reconstruct(&model, trunk.projected.clone(), z, &batch).nll_nats)
        });
        assert_close("nll", &at_once, &single.collect::<Vec<_>>(), Tolerance::new(1e-5, 1e-5));
    }
}
