//! The hand-written stages against their twins and against f64, on every device.

use burn::tensor::{Device, Tensor, TensorData};
use repartee_kernels::{
    AdamStep, Cells, DropoutKey, adam_step, attend, dropout, layer_norm, leaky_relu, log_partition, reference, top,
};
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

#[test]
fn leaky_relu_and_its_gradient_match_the_definition() {
    for (name, device) in devices() {
        for n in SIZES {
            let (x, w) = (normal("x", n), normal("w", n));
            let leaf = tensor(&x, &device.clone().autodiff()).require_grad();
            let y = leaky_relu(leaf.clone(), 0.01);
            let gradient = leaf.grad(&(y.clone() * tensor(&w, &device.clone().autodiff())).sum().backward());
            let slope = |x: f32| if x >= 0.0 { 1.0 } else { 0.01 };
            let expected: Vec<f32> = x.iter().map(|&x| x * slope(x)).collect();
            let expected_gradient: Vec<f32> = x.iter().zip(&w).map(|(&x, w)| w * slope(x)).collect();
            assert_close(&format!("{name}, {n}"), &values(y), &expected, Tolerance::EXACT);
            let gradient = values(gradient.expect("a leaf has a gradient"));
            assert_close(&format!("{name}, {n}, gradient"), &gradient, &expected_gradient, Tolerance::EXACT);
        }
    }
}

#[test]
fn layer_norm_matches_f64_and_its_twin() {
    const EPSILON: f32 = 1e-5;
    for (name, device) in devices() {
        // Below, at and above the lanes of a workgroup; odd; real.
        for (n_rows, d) in [(1, 1), (3, 63), (70, 64), (2, 65), (5, 251), (33, 256), (1, 1024)] {
            let (x, gamma, beta) = (normal("x", n_rows * d), normal("gamma", d), normal("beta", d));
            let mut in_f64 = Vec::new();
            let mut twin = vec![0.0; n_rows * d];
            for (row, twin) in x.chunks(d).zip(twin.chunks_mut(d)) {
                let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / d as f64;
                let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / d as f64;
                let deviation = (variance + f64::from(EPSILON)).sqrt();
                let scaled = |i: usize| (f64::from(row[i]) - mean) / deviation * f64::from(gamma[i]);
                in_f64.extend((0..d).map(|i| (scaled(i) + f64::from(beta[i])) as f32));
                reference::layer_norm::layer_norm(row, &gamma, &beta, EPSILON, twin);
            }
            let x = tensor(&x, &device).reshape([n_rows, d]);
            let norm = |x| layer_norm(x, tensor(&gamma, &device), tensor(&beta, &device), f64::from(EPSILON));
            let y = values(norm(x.clone()));
            let what = format!("{name}, {n_rows} of {d}");
            assert_close(&what, &y, &in_f64, Tolerance::new(1e-5, 1e-5));
            assert_close(&format!("{what}, twin"), &y, &twin, Tolerance::new(1e-5, 1e-5));
            let transposed = x.clone().transpose().matmul(x.clone()).transpose();
            let packed = Tensor::<2>::from_data(transposed.clone().into_data(), &device);
            assert_close(
                &format!("{what}, transposed"),
                &values(norm(transposed)),
                &values(norm(packed)),
                Tolerance::EXACT,
            );
            let broken = values(norm(x * f32::NAN));
            assert!(broken.iter().all(|y| y.is_nan()), "{what}: NaN stays");
        }
    }
}

#[test]
fn exp_matches_f64() {
    let mut worst = 0f64;
    for i in 0..200_000 {
        let x = -86.0 + 174.0 * (i as f32 / 200_000.0);
        let expected = f64::from(x).exp();
        worst = worst.max((f64::from(reference::exp::exp(x)) / expected - 1.0).abs());
    }
    assert!(worst < 3e-7, "relative error {worst}");
    assert_eq!((reference::exp::exp(0.0), reference::exp::exp(-1e30), reference::exp::exp(-88.0)), (1.0, 0.0, 0.0));
}

/// Result and gradients in f64, from the definition: `[R]`, `[R, D]`, `[V, D]`.
fn log_partition_in_f64([x, embedding, grad]: [&[f32]; 3], d: usize) -> [Vec<f64>; 3] {
    let (n_rows, n_tokens) = (x.len() / d, embedding.len() / d);
    let mut result = Vec::new();
    let (mut x_grad, mut embedding_grad) = (vec![0.0; x.len()], vec![0.0; embedding.len()]);
    for r in 0..n_rows {
        let dot = |v: usize| (0..d).map(|i| f64::from(x[r * d + i]) * f64::from(embedding[v * d + i])).sum::<f64>();
        let logits: Vec<f64> = (0..n_tokens).map(dot).collect();
        let max = logits.iter().copied().fold(f64::MIN, f64::max);
        let log_partition = max + logits.iter().map(|logit| (logit - max).exp()).sum::<f64>().ln();
        for (v, logit) in logits.iter().enumerate() {
            let p = (logit - log_partition).exp() * f64::from(grad[r]);
            for i in 0..d {
                x_grad[r * d + i] += p * f64::from(embedding[v * d + i]);
                embedding_grad[v * d + i] += p * f64::from(x[r * d + i]);
            }
        }
        result.push(log_partition);
    }
    [result, x_grad, embedding_grad]
}

#[test]
fn log_partition_matches_f64_forward_and_backward() {
    for (name, device) in devices() {
        // Sizes 1, odd, and more logits than one chunk holds.
        for (n_rows, d, n_tokens, scale) in [(1, 1, 1, 1.0), (3, 5, 17, 1.0), (7, 16, 33, 30.0), (700, 4, 6500, 1.0)] {
            let name = format!("{name}, {n_rows} rows of {d} over {n_tokens}");
            let x: Vec<f32> = normal("x", n_rows * d).iter().map(|x| x * scale).collect();
            let (embedding, grad) = (normal("e", n_tokens * d), normal("g", n_rows));
            let device = device.clone().autodiff();
            let leaf = |values: &[f32], rows| {
                Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, d]), &device).require_grad()
            };
            let (leaf_x, leaf_e) = (leaf(&x, n_rows), leaf(&embedding, n_tokens));
            let result = log_partition(leaf_x.clone(), leaf_e.clone());
            let weights = Tensor::<2>::from_data(TensorData::new(grad.clone(), [n_rows, 1]), &device);
            let backward = (result.clone() * weights).sum().backward();
            let expected = log_partition_in_f64([&x, &embedding, &grad], d);
            let [e_result, e_x, e_e] = expected.map(|values| values.into_iter().map(|x| x as f32).collect::<Vec<_>>());
            assert_close(&name, &values(result), &e_result, Tolerance::new(1e-5, 1e-5));
            let gradient = |leaf: &Tensor<2>| values(leaf.grad(&backward).expect("a leaf has a gradient"));
            assert_close(&format!("{name}, dx"), &gradient(&leaf_x), &e_x, Tolerance::new(2e-5, 1e-4));
            assert_close(&format!("{name}, dE"), &gradient(&leaf_e), &e_e, Tolerance::new(2e-5, 1e-4));
        }
    }
}

/// Rows that share cells, name some twice, and end before the list does; heads narrower and wider than a vector.
#[test]
fn attention_over_cells_matches_its_twin_and_f64() {
    for (n_rows, n_heads, d_head, n_cells, width) in
        [(1, 1, 4, 1, 1), (5, 2, 8, 9, 7), (3, 4, 20, 150, 130), (70, 1, 70, 64, 64)]
    {
        let (d_model, name) = (n_heads * d_head, format!("{n_rows} rows, {n_heads} heads of {d_head}"));
        let (query, memory) = (normal("query", n_rows * d_model), normal("memory", n_cells * 2 * d_model));
        let numbers: Vec<i32> = (0..n_rows * width).map(|i| (i * 7 % n_cells) as i32).collect();
        let lengths: Vec<i32> = (0..n_rows).map(|row| (width - row % width) as i32).collect();
        let (mut twin, mut scores) = (vec![f32::NAN; n_rows * d_model], Vec::new());
        let mut exact = Vec::new();
        for row in 0..n_rows {
            let cells = &numbers[row * width..][..lengths[row] as usize];
            let (query, out) = (&query[row * d_model..][..d_model], &mut twin[row * d_model..][..d_model]);
            reference::attend::attend(query, &memory, cells, n_heads, &mut scores, out);
            exact.extend(attention_f64(query, &memory, cells, n_heads));
        }
        assert_close(&name, &twin, &exact, Tolerance::new(2e-6, 2e-6));
        for (device_name, device) in devices() {
            let cells = Cells {
                numbers: Tensor::from_data(TensorData::new(numbers.clone(), [n_rows, width]), &device),
                lengths: Tensor::from_data(TensorData::new(lengths.clone(), [n_rows]), &device),
            };
            let query = tensor(&query, &device).reshape([n_rows, d_model]);
            // With room behind the cells in use, as the cache of a decoder has.
            let memory = tensor(&memory, &device).reshape([n_cells, 2 * d_model]);
            let memory = Tensor::cat(vec![memory.clone(), memory.zeros_like() + f32::NAN], 0);
            let out = attend(query, memory, cells, n_heads);
            let tolerance = if device_name == "cpu" { Tolerance::EXACT } else { Tolerance::new(1e-5, 0.0) };
            assert_close(&format!("{device_name}, {name}"), &values(out), &twin, tolerance);
        }
    }
}

/// Rows shorter and longer than a workgroup, with ties, and with fewer values than are asked for.
#[test]
fn the_highest_values_match_a_sort() {
    for (n_rows, n_columns, n) in [(1, 1, 1), (3, 5, 7), (4, 256, 12), (9, 1003, 12), (2, 16_000, 60)] {
        let name = format!("{n} of {n_columns} in {n_rows} rows");
        // Rounded, so that many are equal.
        let mut x: Vec<f32> = normal("x", n_rows * n_columns).iter().map(|x| (x * 20.0).round() / 20.0).collect();
        x[0] = f32::NEG_INFINITY;
        let (mut exact, mut partitions) = (Vec::new(), Vec::new());
        for row in x.chunks(n_columns) {
            let mut columns: Vec<usize> = (0..n_columns).filter(|&i| row[i] > f32::NEG_INFINITY).collect();
            columns.sort_by(|&a, &b| row[b].total_cmp(&row[a]).then(a.cmp(&b)));
            columns.truncate(n);
            let missing = n - columns.len();
            exact.push(row[n_columns / 2]);
            exact.extend(columns.iter().map(|&i| row[i]).chain(std::iter::repeat_n(-3.0e38, missing)));
            exact.extend(columns.iter().map(|&i| i as f32).chain(std::iter::repeat_n(0.0, missing)));
            partitions.push(row.iter().map(|&x| f64::from(x).exp()).sum::<f64>().ln() as f32);
        }
        for (device_name, device) in devices() {
            let x = tensor(&x, &device).reshape([n_rows, n_columns]);
            let out = values(top(x, n, n_columns / 2));
            let rows = out.chunks(2 + 2 * n);
            let found: Vec<f32> = rows.clone().map(|row| row[0]).collect();
            if n_columns > 1 {
                assert_close(&format!("{device_name}, {name}"), &found, &partitions, Tolerance::new(1e-5, 1e-6));
            }
            let rest: Vec<f32> = rows.flat_map(|row| row[1..].to_vec()).collect();
            // −∞ is a value like others where it is asked for; equality says so, a difference would be NaN.
            assert_eq!(rest, exact, "{device_name}, {name}");
        }
    }
}

fn attention_f64(query: &[f32], memory: &[f32], cells: &[i32], n_heads: usize) -> Vec<f32> {
    let d_model = query.len();
    let d_head = d_model / n_heads;
    let cell = |cell: i32, place: usize| f64::from(memory[cell as usize * 2 * d_model + place]);
    let heads = (0..n_heads).flat_map(|head| {
        let columns = head * d_head..(head + 1) * d_head;
        let score = |&number: &i32| {
            let products = columns.clone().map(|i| f64::from(query[i]) * cell(number, i));
            (products.sum::<f64>() / (d_head as f64).sqrt()).exp()
        };
        let weights: Vec<f64> = cells.iter().map(score).collect();
        let total: f64 = weights.iter().sum();
        columns
            .map(move |i| {
                let mixed = cells.iter().zip(&weights).map(|(&number, weight)| weight * cell(number, d_model + i));
                (mixed.sum::<f64>() / total) as f32
            })
            .collect::<Vec<_>>()
    });
    heads.collect()
}
