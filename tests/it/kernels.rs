//! The hand-written stages against their twins and against f64, on every device.

use burn::tensor::{Device, Tensor, TensorData};
use repartee_kernels::{AdamStep, DropoutKey, adam_step, dropout, reference};
use repartee_model::{RandomStreams, random::standard_normal};
use repartee_tests::{Tolerance, assert_close, cpu, values, wgpu};

const KEY: DropoutKey = DropoutKey(0x0123_4567_89ab_cdef);

/// Below, at and above a workgroup and a block; odd; large.
const SIZES: [usize; 8] = [1, 255, 256, 257, 1003, 16_384, 16_385, 70_001];

fn devices() -> Vec<(&'static str, Device)> {
    let mut devices = vec![("cpu", cpu())];
    devices.extend(wgpu().map(|device| ("wgpu", device)));
    devices
}

fn normal(name: &str, n: usize) -> Vec<f32> {
    standard_normal(&mut RandomStreams::new(1).stream(name, &[n as u64]), n)
}

fn tensor(values: &[f32], device: &Device) -> Tensor<1> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), device)
}

#[test]
fn dropout_matches_its_twin() {
    for (name, device) in devices() {
        for n in SIZES {
            let x = normal("x", n);
            let mut expected = x.clone();
            reference::dropout::dropout(&mut expected, 0, KEY, 0.3);
            let y = dropout(tensor(&x, &device), KEY, 0.3);
            assert_close(&format!("{name}, {n}"), &values(y), &expected, Tolerance::EXACT);
        }
    }
}

#[test]
fn dropout_keeps_the_right_share_and_other_keys_give_other_masks() {
    let n = 100_000;
    let mut masks = Vec::new();
    for key in [0, 1, 2, u64::MAX] {
        let mut x = vec![1.0; n];
        reference::dropout::dropout(&mut x, 0, DropoutKey(key), 0.1);
        let kept = x.iter().filter(|&&x| x != 0.0).count() as f64 / n as f64;
        // Five standard deviations of a binomial share.
        assert!((kept - 0.9).abs() < 5.0 * (0.09 / n as f64).sqrt(), "kept {kept} under key {key}");
        masks.push(x);
    }
    for (a, b) in [(0, 1), (1, 2), (2, 3), (0, 3)] {
        let both = masks[a].iter().zip(&masks[b]).filter(|(a, b)| **a == 0.0 && **b == 0.0).count() as f64 / n as f64;
        assert!(
            (both - 0.01).abs() < 5.0 * (0.0099 / n as f64).sqrt(),
            "masks {a} and {b} share {both} of their zeros"
        );
    }
}

#[test]
fn dropout_reads_a_transposed_tensor_in_row_major_order() {
    for (name, device) in devices() {
        let x = normal("x", 35 * 14);
        let transposed = Tensor::<2>::from_data(TensorData::new(x, [35, 14]), &device).transpose();
        let mut expected = values(transposed.clone());
        reference::dropout::dropout(&mut expected, 0, KEY, 0.5);
        assert_close(name, &values(dropout(transposed, KEY, 0.5)), &expected, Tolerance::EXACT);
    }
}

#[test]
fn the_gradient_of_dropout_is_its_mask() {
    for (name, device) in devices() {
        let (x, w) = (normal("x", 500), normal("w", 500));
        let leaf = tensor(&x, &device.clone().autodiff()).require_grad();
        let y = dropout(leaf.clone(), KEY, 0.3) * tensor(&w, &device.autodiff());
        let gradient = leaf.grad(&y.sum().backward()).expect("a leaf has a gradient");
        let mut expected = w;
        reference::dropout::dropout(&mut expected, 0, KEY, 0.3);
        assert_close(name, &values(gradient), &expected, Tolerance::EXACT);
    }
}

/// The update of Adam in f64, from its definition.
fn adam_in_f64([p, g, m, v]: [f32; 4], step: AdamStep) -> [f64; 3] {
    let [p, g, m, v] = [p, g, m, v].map(f64::from);
    let AdamStep { gradient_scale, beta_1, beta_2, decay, step_size, epsilon } = step;
    let [scale, b1, b2, decay, step_size, epsilon] =
        [gradient_scale, beta_1, beta_2, decay, step_size, epsilon].map(f64::from);
    let g = g * scale;
    let (m, v) = (b1 * m + (1.0 - b1) * g, b2 * v + (1.0 - b2) * g * g);
    [p * decay - step_size * m / (v.sqrt() + epsilon), m, v]
}

#[test]
fn adam_step_matches_f64() {
    let step =
        AdamStep { gradient_scale: 0.7, beta_1: 0.9, beta_2: 0.98, decay: 1.0 - 1e-7, step_size: 3e-4, epsilon: 1e-8 };
    for (name, device) in devices() {
        for n in SIZES {
            let [p, g, m] = ["p", "g", "m"].map(|name| normal(name, n));
            let v: Vec<f32> = normal("v", n).iter().map(|v| v * v).collect();
            let [tp, tg, tm, tv] = [&p, &g, &m, &v].map(|x| tensor(x, &device));
            let kept = tp.clone();
            let update = adam_step(tp, tg, tm, tv, step);
            let all: Vec<[f64; 3]> = (0..n).map(|i| adam_in_f64([p[i], g[i], m[i], v[i]], step)).collect();
            let column = |c: usize| all.iter().map(|row| row[c] as f32).collect::<Vec<_>>();
            let tolerance = Tolerance::new(1e-7, 2e-6);
            assert_close(&format!("{name}, {n}, p"), &values(update.parameter), &column(0), tolerance);
            assert_close(&format!("{name}, {n}, m"), &values(update.first_moment), &column(1), tolerance);
            assert_close(&format!("{name}, {n}, v"), &values(update.second_moment), &column(2), tolerance);
            assert_close(&format!("{name}, {n}, a shared tensor is not written"), &values(kept), &p, Tolerance::EXACT);
        }
    }
}
