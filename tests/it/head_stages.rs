//! The shaders of the output layer stage by stage against their twins; devices with narrow limits, with f16, and without
//! the fused loss; the winner's index; the gradient of an embedding.

use std::{collections::BTreeMap, sync::Mutex, time::Instant};

use burn::tensor::{
    Device, Int, Tensor, TensorData,
    wgpu::{WgpuSetup, wgpu},
};
use repartee_generate::block_on;
use repartee_kernels::{
    Precision, composed_latent_loss, embed, latent_loss, latent_scores_in, lowest,
    reference::{
        column_sums::column_sums,
        head_combine::head_combine,
        head_logits_grad::head_logits_grad,
        head_loss::head_loss,
        head_lowest::head_lowest,
        head_rows::{GradRow, head_rows},
        head_score::HeadRow,
        head_score_f16::{head_score_f16, to_f16},
        head_sentence::head_sentence,
        head_states::head_states,
        head_tokens::head_tokens,
        radix_sort::radix_sort,
    },
    scores_in_half, segment_sums,
};
use repartee_tests::{Tolerance, assert_close, compare, values, wgpu as wgpu_device};

use crate::head::{Case, SLOPE, Sizes, agrees, devices, normal};

/// A case with one latent a sentence, and what the twins of its stages give: losses, gradients of states, latent and E.
fn twins(case: &Case) -> [Vec<f32>; 4] {
    let Sizes { b, t, k, d, v } = case.sizes;
    assert_eq!(k, 1, "one latent a sentence");
    let position = |row: usize| &case.states[row * d..][..d];
    let latent = |row: usize| &case.latents[row / t * d..][..d];
    let x: Vec<Vec<f32>> =
        (0..b * t).map(|row| head_combine(position(row), latent(row), case.targets[row] >= 0, SLOPE)).collect();
    let partitions: Vec<f32> = case.expected().log_partition.iter().map(|&x| x as f32).collect();
    let mean = column_sums(&column_sums(&case.embedding, d, 128, 1.0), d, v.div_ceil(128), 1.0 / v as f32);
    let token = |token: usize| &case.embedding[token * d..][..d];
    let losses: Vec<[f32; 2]> = (0..b * t)
        .map(|row| head_loss(&x[row], usize::try_from(case.targets[row]).ok().map(token), &mean, partitions[row]))
        .collect();
    let both = |which: usize| losses.iter().map(|losses| losses[which]).collect::<Vec<_>>();
    let [nll, uniform] = [0, 1].map(|which| head_sentence(&both(which), t));
    let losses = nll.iter().zip(&uniform).flat_map(|(nll, uniform)| [*nll, *uniform]).collect();
    let rows: Vec<GradRow> = (0..b * t)
        .map(|row| {
            let weights = &case.weights[row / t * 2..][..2];
            head_rows(partitions[row], [weights[0], weights[1]], case.targets[row])
        })
        .collect();
    let (mut states, mut embedding) = (Vec::new(), vec![0.0; v * d]);
    for row in 0..b * t {
        let mut dx = vec![0.0; d];
        for (number, g) in head_logits_grad(&x[row], &case.embedding, rows[row]).into_iter().enumerate() {
            dx.iter_mut().zip(token(number)).for_each(|(dx, e)| *dx += g * e);
            embedding[number * d..][..d].iter_mut().zip(&x[row]).for_each(|(grad, x)| *grad += g * x);
        }
        states.extend(head_states(&dx, position(row), latent(row), SLOPE));
    }
    let latent = column_sums(&states, d, t, 1.0);
    [losses, states, latent, embedding]
}

#[test]
fn the_loss_and_its_gradients_match_their_twins() {
    for sizes in [[3, 7, 1, 20, 300], [2, 33, 1, 8, 65]] {
        let case = Case::new(Sizes::new(sizes));
        let [losses, states, latent, embedding] = twins(&case);
        for (name, device) in devices() {
            let actual = case.run(&device);
            for (part, expected) in [(2, &losses), (3, &states), (4, &latent), (5, &embedding)] {
                let name = format!("{name}, {sizes:?}, part {part}");
                assert_close(&name, &actual[part], expected, Tolerance::new(3e-5, 3e-5));
            }
            let mut wrong = embedding.clone();
            wrong[3] += 1e-3;
            compare(name, &actual[5], &wrong, Tolerance::new(3e-5, 3e-5)).expect_err("a wrong twin is noticed");
        }
    }
}

/// Below, at and above the tiles of the shaders: 64 rows and 128 or 256 tokens; several splits and ranges of the vocabulary.
#[test]
fn tiles_of_the_shaders_match_f64() {
    for (name, device) in devices().into_iter().skip(1) {
        tiles_match(name, &device);
    }
}

fn tiles_match(name: &str, device: &Device) {
    for sizes in [[1, 33, 1, 4, 255], [2, 16, 2, 12, 256], [1, 63, 1, 6, 257], [5, 13, 1, 9, 63], [2, 5, 40, 4, 2305]] {
        let case = Case::new(Sizes::new(sizes));
        agrees(&format!("{name}, {sizes:?}"), &case.run(device), &case.expected()).expect("the device is right");
    }
}

/// The tokens of the paper's update with K = 40, which take minutes: only with `RUN_SLOW_TESTS=1`.
#[test]
fn an_update_of_the_papers_size_fits_narrow_limits() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        return;
    }
    let sizes = Sizes::new([960, 28, 40, 128, 1100]);
    let case = Case::new(sizes);
    let mut expected: Option<[Vec<f32>; 6]> = None;
    for (name, device) in devices() {
        let start = Instant::now();
        let actual = case.run(&device);
        println!("{name}: {sizes:?}, forward and backward: {:.1} s", start.elapsed().as_secs_f64());
        match &expected {
            None => expected = Some(actual),
            Some(expected) => {
                for (part, (actual, expected)) in actual.iter().zip(expected).enumerate() {
                    let largest = expected.iter().fold(0f32, |largest, x| largest.max(x.abs()));
                    let tolerance = Tolerance::new(f64::from(largest) * 3e-5, 3e-5);
                    assert_close(&format!("{name}, part {part}"), actual, expected, tolerance);
                }
            }
        }
    }
}

#[test]
fn the_composed_loss_agrees_with_the_fused_one() {
    for (name, device) in devices() {
        let case = Case::new(Sizes::new([3, 5, 1, 12, 70]));
        let device = device.autodiff();
        let outcome = |fused: bool| {
            let layer = case.layer(&device);
            let latent = Tensor::<2>::from_data(TensorData::new(case.latents.clone(), [3, 12]), &device).require_grad();
            let partition: Vec<f32> = case.expected().log_partition.iter().map(|&x| x as f32).collect();
            let partition = Tensor::<2>::from_data(TensorData::new(partition, [3, 5]), &device);
            let losses = if fused {
                latent_loss(layer.clone(), latent.clone(), partition)
            } else {
                composed_latent_loss(&layer, latent.clone())
            };
            let weights = Tensor::<2>::from_data(TensorData::new(case.weights.clone(), [3, 2]), &device);
            let gradients = (losses.clone() * weights).sum().backward();
            let gradient = |x: Option<Vec<f32>>| x.expect("a leaf has a gradient");
            [
                values(losses),
                gradient(layer.states.grad(&gradients).map(values)),
                gradient(latent.grad(&gradients).map(values)),
                gradient(layer.embedding.grad(&gradients).map(values)),
            ]
        };
        for (fused, composed) in outcome(true).iter().zip(&outcome(false)) {
            assert_close(name, fused, composed, Tolerance::new(3e-5, 3e-5));
        }
    }
}

/// The adapter opened with the limits that WebGPU guarantees, 128 MiB a binding and 256 invocations a workgroup, or with
/// bindings still smaller.
pub(crate) fn limited(max_binding: u64) -> Option<Device> {
    static OPENED: Mutex<BTreeMap<u64, Device>> = Mutex::new(BTreeMap::new());
    wgpu_device()?;
    let mut opened = OPENED.lock().expect("no test panics while it opens a device");
    Some(opened.entry(max_binding).or_insert_with(|| open_limited(max_binding)).clone())
}

fn open_limited(max_binding: u64) -> Device {
    let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
    descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::DX12 | wgpu::Backends::METAL | wgpu::Backends::GL;
    let instance = wgpu::Instance::new(descriptor);
    let adapter = block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())).expect("an adapter");
    let limits = wgpu::Limits { max_storage_buffer_binding_size: max_binding, ..wgpu::Limits::default() };
    assert_eq!(limits.max_compute_invocations_per_workgroup, 256);
    // The runtime goes by the adapter's features; these are those that its own kernels use.
    let of_runtime = wgpu::Features::SHADER_INT64
        | wgpu::Features::SHADER_F64
        | wgpu::Features::SHADER_F16
        | wgpu::Features::SHADER_FLOAT32_ATOMIC
        | wgpu::Features::SUBGROUP
        | wgpu::Features::TIMESTAMP_QUERY;
    let descriptor = wgpu::DeviceDescriptor {
        required_features: adapter.features() & of_runtime,
        required_limits: limits,
        ..wgpu::DeviceDescriptor::default()
    };
    let (device, queue) = block_on(adapter.request_device(&descriptor)).expect("the device opens");
    let backend = adapter.get_info().backend;
    let setup = WgpuSetup { instance, adapter, device, queue, backend };
    Device::wgpu_options().setup(setup).init().expect("the device is registered")
}

/// With 1 MiB a binding the scores of these 14,400 rows take two chunks, and the gradients 20 ranges of the vocabulary.
#[test]
fn narrow_limits_change_no_result() {
    for max_binding in [128 << 20, 1 << 20] {
        let Some(device) = limited(max_binding) else { return };
        let case = Case::new(Sizes::new([30, 12, 40, 4, 2500]));
        let name = format!("{} KiB a binding", max_binding >> 10);
        agrees(&name, &case.run(&device), &case.expected()).expect("the device is right");
    }
}

#[test]
fn scores_in_f16_match_their_twin_and_choose_as_well() {
    let Some(device) = wgpu_device().filter(scores_in_half) else { return };
    let case = Case::new(Sizes::new([60, 6, 20, 20, 300]));
    let Sizes { b, t, k, d, .. } = case.sizes;
    let layer = case.layer(&device.clone().autodiff());
    let latents = || Tensor::from_data(TensorData::new(case.latents.clone(), [b, k, d]), &device);
    let nll_nats = latent_scores_in(&layer, latents(), Precision::Half).nll_nats;
    let half = values(nll_nats.clone());
    let token_nll = |row: usize| {
        let (latent, j) = (row / t, row % t);
        let position = latent / k * t + j;
        let [state, latent] = [&case.states[position * d..][..d], &case.latents[latent * d..][..d]];
        let row = HeadRow { state, latent, slope: SLOPE };
        let target = usize::try_from(case.targets[position]).ok();
        let partial = head_score_f16(row, &case.embedding);
        head_tokens(row, target.map(|y| &case.embedding[y * d..][..d]), &[partial])[1]
    };
    // The sentences of the first two.
    let twin = head_sentence(&(0..2 * k * t).map(token_nll).collect::<Vec<_>>(), t);
    assert_close("NLL in f16", &half[..2 * k], &twin, Tolerance::new(4e-3, 0.0));
    let exact = case.expected().nll;
    let differs = half.iter().zip(&exact).any(|(half, exact)| (f64::from(*half) - exact).abs() > 1e-4);
    assert!(differs, "f16 was used");
    let winners: Vec<i64> = lowest(nll_nats).into_data().iter::<i64>().collect();
    let regret: f64 = winners
        .iter()
        .zip(exact.chunks(k))
        .map(|(winner, nll)| nll[*winner as usize] - nll.iter().copied().fold(f64::INFINITY, f64::min))
        .sum::<f64>();
    assert!(regret / b as f64 <= 1e-3, "mean regret {} nats", regret / b as f64);
}

#[test]
fn f16_rounds_to_eleven_bits() {
    for (x, expected) in [
        (1.0, 1.0),
        (1.000_488_3, 1.0),
        (1.001, 1.000_976_6),
        (-3.3, -3.300_781_2),
        (0.000_03, 0.000_030_0),
        (0.0, 0.0),
    ] {
        assert!((to_f16(x) - expected).abs() <= 1e-7, "{x} became {}", to_f16(x));
    }
}

#[test]
fn the_lowest_matches_its_twin() {
    for (n, k) in [(1, 1), (255, 2), (256, 5), (257, 40)] {
        // Rounded, so that some are equal.
        let mut scores: Vec<f32> = normal("scores", n * k, 2.0).iter().map(|x| x.round()).collect();
        scores[n * k / 2] = f32::NAN;
        let expected: Vec<i32> = scores.chunks(k).map(head_lowest).collect();
        for (name, device) in devices() {
            let scores = Tensor::<2>::from_data(TensorData::new(scores.clone(), [n, k]), &device);
            let found: Vec<i32> = lowest(scores).into_data().iter::<i32>().collect();
            assert_eq!(found, expected, "{name}, {n} of {k}");
        }
    }
}

/// The numbers of `n` rows: many equal ones as in language, all equal, all different as far as they go, or as padding is.
fn numbers_of_rows(kind: &str, n: usize, numbers: usize) -> Vec<i32> {
    let number = |i: usize| match kind {
        "language" if i.is_multiple_of(3) => 0,
        "language" => i * 7919 % numbers,
        "equal" => numbers - 1,
        "different" => (i + numbers / 2) % numbers,
        _ if i % 28 > 20 => 1 % numbers,
        _ => i * 31 % numbers,
    };
    (0..n).map(|i| number(i) as i32).collect()
}

/// Rows of equal numbers add up in their order, to the bit. A lane of the sort has one row up to 256 rows, then more; numbers
/// have one to five digits.
#[test]
fn segment_sums_match_their_twin() {
    let sizes = [(1, 1, 1), (2, 4, 2), (255, 3, 7), (256, 64, 300), (257, 65, 8), (1003, 20, 4100), (2048, 8, 16_000)];
    for (n, width, numbers) in sizes {
        for kind in ["language", "equal", "different", "padding"] {
            let x = normal("x", n * width, 1.0);
            let ids = numbers_of_rows(kind, n, numbers);
            let (order, starts) = radix_sort(&ids, numbers);
            for (v, ends) in starts.windows(2).enumerate() {
                let rows = &order[ends[0]..ends[1]];
                assert!(rows.is_sorted() && rows.iter().all(|&i| ids[i] as usize == v), "number {v}");
            }
            assert_eq!(starts[numbers], n, "every row has a number");
            let mut expected = vec![0f32; numbers * width];
            for (i, &id) in ids.iter().enumerate() {
                for c in 0..width {
                    expected[id as usize * width + c] += x[i * width + c];
                }
            }
            for (name, device) in devices() {
                let name = format!("{name}, {n} rows of {width}, {numbers} numbers, {kind}");
                let tensor = Tensor::<2>::from_data(TensorData::new(x.clone(), [n, width]), &device);
                let indices = Tensor::<1, Int>::from_data(TensorData::new(ids.clone(), [n]), &device);
                let sums = || values(segment_sums(tensor.clone(), indices.clone(), numbers));
                assert_close(&name, &sums(), &expected, Tolerance::EXACT);
                assert_close(&format!("{name}, again"), &sums(), &expected, Tolerance::EXACT);
            }
        }
    }
}

/// Numbers that no segment has are left out, on every device.
#[test]
fn foreign_numbers_are_in_no_segment() {
    let ids = [-1, 3, 0, i32::MAX, 3, i32::MIN, 4];
    for (name, device) in devices() {
        let x = Tensor::<2>::from_data(TensorData::new((1..=7).map(|i| i as f32).collect(), [7, 1]), &device);
        let ids = Tensor::<1, Int>::from_data(TensorData::new(ids.to_vec(), [7]), &device);
        assert_eq!(values(segment_sums(x, ids, 4)), [3.0, 0.0, 0.0, 7.0], "{name}");
    }
}

#[test]
fn the_gradient_of_an_embedding_is_a_segment_sum() {
    let (n, width, numbers) = (257, 65, 8);
    let (x, ids) = (normal("x", n * width, 1.0), numbers_of_rows("language", n, numbers));
    for (name, device) in devices() {
        let indices = Tensor::<1, Int>::from_data(TensorData::new(ids.clone(), [n]), &device);
        let upstream = Tensor::<2>::from_data(TensorData::new(x.clone(), [n, width]), &device);
        let expected = values(segment_sums(upstream.clone(), indices.clone(), numbers));
        let weight = TensorData::new(normal("weight", numbers * width, 1.0), [numbers, width]);
        let weight = Tensor::<2>::from_data(weight, &device.autodiff()).require_grad();
        let rows = embed(weight.clone(), indices);
        let gradient = weight.grad(&(rows * upstream.autodiff()).sum().backward()).expect("a leaf has a gradient");
        assert_close(name, &values(gradient), &expected, Tolerance::EXACT);
    }
}
