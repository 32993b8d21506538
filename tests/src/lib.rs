//! The harness of the integration tests: comparison that fails on NaN, devices, small models and batches.

pub mod ranks;

use burn::{
    module::{Module, ModuleVisitor, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor},
};
use repartee_engine::{ComputeDevice, DeviceChoice, adapters};
use repartee_model::{Architecture, Batch, Heads, ModelConfig, RandomStreams, Tcvae, batch::Specials};
use std::collections::BTreeMap;

/// How far two numbers may differ: `absolute + relative · |expected|`.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    /// In the values' unit.
    pub absolute: f64,
    /// As a share of the expected value.
    pub relative: f64,
}

impl Tolerance {
    /// Equal to the bit.
    pub const EXACT: Self = Self { absolute: 0.0, relative: 0.0 };

    /// Both parts.
    pub fn new(absolute: f64, relative: f64) -> Self {
        Self { absolute, relative }
    }
}

/// `Err` with the worst place unless every value is finite and within tolerance.
///
/// # Errors
/// Other lengths, a value that is not finite, or a difference beyond the tolerance.
pub fn compare(name: &str, actual: &[f32], expected: &[f32], tolerance: Tolerance) -> Result<(), String> {
    if actual.len() != expected.len() {
        return Err(format!("{name}: {} values, expected {}", actual.len(), expected.len()));
    }
    let mut worst: Option<(usize, f64)> = None;
    for (idx, (&actual, &expected)) in actual.iter().zip(expected).enumerate() {
        let (a, e) = (f64::from(actual), f64::from(expected));
        let excess = (a - e).abs() - (tolerance.absolute + tolerance.relative * e.abs());
        // A comparison that NaN cannot pass.
        let holds = a.is_finite() && e.is_finite() && excess <= 0.0;
        if !holds && worst.is_none_or(|(_, worst)| excess.is_nan() || excess > worst) {
            worst = Some((idx, excess));
        }
    }
    match worst {
        None => Ok(()),
        Some((idx, _)) => {
            let (a, e) = (actual[idx], expected[idx]);
            let n_bad = actual.iter().zip(expected).filter(|(a, e)| a != e).count();
            Err(format!(
                "{name}: worst at {idx}: {a} instead of {e} (absolute {:e}, relative {:e}); {n_bad} of {} differ",
                (a - e).abs(),
                ((a - e) / e).abs(),
                actual.len()
            ))
        }
    }
}

/// Panics unless [`compare`] is content.
#[track_caller]
pub fn assert_close(name: &str, actual: &[f32], expected: &[f32], tolerance: Tolerance) {
    if let Err(problem) = compare(name, actual, expected, tolerance) {
        panic!("{problem}");
    }
}

/// The values of a tensor.
pub fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("the tensor is f32")
}

/// The cpu device.
pub fn cpu() -> Device {
    ComputeDevice::open(DeviceChoice::Cpu).expect("the cpu device always opens").raw().clone()
}

/// The first wgpu adapter. Without one the test is skipped aloud, or fails where `REQUIRE_GPU=1` is set.
pub fn wgpu() -> Option<Device> {
    if adapters().is_empty() {
        assert!(std::env::var("REQUIRE_GPU").as_deref() != Ok("1"), "REQUIRE_GPU=1, but there is no wgpu adapter");
        eprintln!("skipped: no wgpu adapter (see `cargo xtask setup`)");
        return None;
    }
    Some(ComputeDevice::open(DeviceChoice::Wgpu(None)).expect("the adapter opens").raw().clone())
}

/// Sizes that differ from one another, so that a swapped axis shows.
pub fn small_config() -> ModelConfig {
    ModelConfig {
        d_model: 16,
        n_heads: 2,
        n_layers: 2,
        d_feedforward: 24,
        latent_size: 10,
        dropout: 0.1,
        attention_dropout: 0.1,
        activation_dropout: 0.1,
        share_decoder: true,
        log_variance_limit: 20.0,
    }
}

/// Vocabulary of the small model.
pub const VOCABULARY_SIZE: usize = 37;

/// Its specials, numbered as fairseq does.
pub const SPECIALS: Specials = Specials { pad: 1, eos: 2 };

/// The plain T-CVAE of these sizes over the small vocabulary.
pub fn architecture(config: ModelConfig) -> Architecture {
    Architecture { config, heads: Heads::GAUSSIAN, vocabulary_size: VOCABULARY_SIZE, pad: SPECIALS.pad }
}

/// A small model with weights from `seed`.
pub fn small_model(seed: u64, device: &Device) -> Tcvae {
    Tcvae::new(&architecture(small_config()), RandomStreams::new(seed), device).expect("the configuration is right")
}

/// Four pairs of unlike lengths.
pub fn small_pairs() -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let contexts = vec![vec![5, 6, 7, 8], vec![9], vec![10, 11, 12, 13, 14, 15], vec![4, 4, 36]];
    let responses = vec![vec![20, 21], vec![22, 23, 24, 25, 26], vec![27], vec![28, 29, 30]];
    (contexts, responses)
}

/// The small pairs as a batch.
pub fn small_batch(device: &Device) -> Batch {
    let (contexts, responses) = small_pairs();
    Batch::new(&contexts, &responses, SPECIALS, device)
}

/// Every gradient by parameter name.
pub fn gradients(model: &Tcvae, gradients: &GradientsParams) -> BTreeMap<String, Vec<f32>> {
    struct Collector<'a>(&'a GradientsParams, Vec<String>, BTreeMap<String, Vec<f32>>);
    impl ModuleVisitor for Collector<'_> {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.1.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.1.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let name = self.1.join(".");
            let gradient = self.0.get::<D>(param.id).unwrap_or_else(|| panic!("`{name}` has no gradient"));
            self.2.insert(name, values(gradient));
        }
    }
    let mut collector = Collector(gradients, Vec::new(), BTreeMap::new());
    model.visit(&mut collector);
    collector.2
}
