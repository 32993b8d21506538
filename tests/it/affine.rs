//! Affine maps of a few rows on each device against f64 and against the twin.

use burn::tensor::{Device, Tensor, TensorData};
use repartee_kernels::{Block, affine, reference};
use repartee_tests::{Tolerance, assert_close, cpu, values};

use crate::head::{devices, normal};

fn matrix(values: &[f32], shape: [usize; 2], device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

/// Rows, rows and columns of the weights, and the block: below, at and above the tiles of rows, columns and sums; odd; more
/// rows than the stage takes; real sizes.
fn cases() -> Vec<(usize, [usize; 2], usize, Block)> {
    let whole = |n_rows, [k, n]: [usize; 2]| (n_rows, [k, n], k, Block::new(0, 0, n));
    vec![
        whole(1, [1, 1]),
        whole(7, [63, 31]),
        whole(8, [64, 32]),
        whole(9, [65, 33]),
        whole(64, [129, 40]),
        whole(65, [129, 40]),
        whole(6, [128, 1984]),
        whole(30, [512, 2048]),
        (5, [200, 384], 128, Block::new(0, 128, 128)),
        (5, [200, 384], 72, Block::new(128, 3, 301)),
    ]
}

#[test]
fn affine_matches_f64_and_its_twin() {
    for (device_name, device) in devices() {
        for (n_rows, [rows, columns], n_inputs, block) in cases() {
            let (x, weight, bias) = (
                normal("x", n_rows * n_inputs, 1.0),
                normal("weight", rows * columns, 1.0),
                normal("bias", columns, 1.0),
            );
            let transposed: Vec<f32> = (0..columns * rows).map(|i| weight[i % rows * columns + i / rows]).collect();
            for has_bias in [false, true] {
                let (mut in_f64, mut twin) = (Vec::new(), Vec::new());
                for row in x.chunks(n_inputs) {
                    for n in block.first_output..block.first_output + block.n_outputs {
                        let w = |k: usize| weight[(block.first_input + k) * columns + n];
                        let bias = if has_bias { bias[n] } else { 0.0 };
                        let sum: f64 = (0..n_inputs).map(|k| f64::from(row[k]) * f64::from(w(k))).sum();
                        in_f64.push((f64::from(bias) + sum) as f32);
                        twin.push(match device_name {
                            "wgpu" => reference::affine_whole::affine_whole(row, w, bias),
                            _ => reference::affine::affine(row, w, bias, 4),
                        });
                    }
                }
                let run = |weight: Tensor<2>| {
                    let bias = Tensor::from_data(TensorData::new(bias.clone(), [columns]), &device);
                    values(affine(matrix(&x, [n_rows, n_inputs], &device), weight, has_bias.then_some(bias), block))
                };
                let what = format!("{device_name}, {n_rows} rows, {rows} × {columns}, {block:?}, bias {has_bias}");
                let tolerance = Tolerance::new(1e-5 * (n_inputs as f64).sqrt(), 1e-5);
                let y = run(matrix(&weight, [rows, columns], &device));
                assert_close(&what, &y, &in_f64, tolerance);
                assert_close(&format!("{what}, twin"), &y, &twin, tolerance);
                // As it lies, read across.
                let across = run(matrix(&transposed, [columns, rows], &device).transpose());
                assert_close(&format!("{what}, transposed"), &across, &in_f64, tolerance);
                assert_eq!(y, run(matrix(&weight, [rows, columns], &device)), "{what}: equal bits in two runs");
            }
        }
    }
}

#[test]
fn nan_stays_in_its_row() {
    for (name, device) in devices() {
        let mut x = normal("x", 9 * 70, 1.0);
        x[4 * 70 + 69] = f32::NAN;
        let weight = matrix(&normal("weight", 70 * 33, 1.0), [70, 33], &device);
        let y = values(affine(matrix(&x, [9, 70], &device), weight, None, Block::new(0, 0, 33)));
        for (row, y) in y.chunks(33).enumerate() {
            assert!(y.iter().all(|y| y.is_nan() == (row == 4)), "{name}: row {row}");
        }
    }
}

#[test]
#[should_panic(expected = "are no part of")]
fn a_block_beyond_the_weights_is_refused() {
    let weight = matrix(&[0.0; 12], [3, 4], &cpu());
    _ = affine(matrix(&[0.0; 3], [1, 3], &cpu()), weight, None, Block::new(0, 2, 3));
}
