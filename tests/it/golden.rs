//! The training methods against an independent PyTorch implementation: `tests/golden/methods.py` wrote the values, in
//! f64, that are compared here. PyTorch is not needed to run the tests.
//!
//! Every case has four sentences of unlike lengths, run as they are and with further padding, and a batch of one.

use std::{collections::BTreeMap, path::PathBuf};

use burn::{
    module::{Module, ModuleMapper, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use repartee_model::{
    Architecture, Batch, Heads, ModelConfig, Noise, Pass, RandomStreams, Tcvae,
    config::BowHeadKind,
    losses::bow::{BowConfig, BowForm},
    methods::{LossParts, LossSettings, MethodConfig},
    schedules::{InverseSquareRoot, KlSchedule},
};
use repartee_tests::{SPECIALS, Tolerance, assert_close, cpu, gradients, values, wgpu};
use repartee_train::{
    adam::{Adam, squared_norms},
    checkpoint::parameters,
    config::OptimizerConfig,
};
use safetensors::SafeTensors;
use serde::Deserialize;

/// Losses agree to 1e-5 of their value; the absolute part is for differences of larger numbers, as in `fusion`.
const LOSS: Tolerance = Tolerance { absolute: 1e-6, relative: 1e-5 };

/// What stands in a file's metadata. Fields that only the script needs are skipped.
#[derive(Deserialize)]
pub(crate) struct Golden {
    case: Case,
    pub(crate) sentences: BTreeMap<String, Sentences>,
    /// Of a search: what was asked, and the hypotheses of each sentence.
    #[serde(default)]
    pub(crate) searches: serde_json::Value,
    #[serde(skip)]
    tensors: BTreeMap<String, TensorData>,
}

#[derive(Deserialize)]
struct Case {
    model: ModelConfig,
    vocabulary_size: usize,
    method: MethodConfig,
    loss: Loss,
    trace: Option<Trace>,
}

#[derive(Deserialize)]
struct Loss {
    kl_weight: f32,
    smoothing: f32,
    free_nats: f32,
    bow: Option<BowConfig>,
    bow_hidden: Option<usize>,
}

#[derive(Deserialize)]
struct Trace {
    n_updates: usize,
    optimizer: OptimizerConfig,
    learning_rate: InverseSquareRoot,
    kl: KlSchedule,
}

#[derive(Deserialize)]
pub(crate) struct Sentences {
    pub(crate) contexts: Vec<Vec<u32>>,
    responses: Vec<Vec<u32>>,
}

impl Golden {
    pub(crate) fn read(name: &str) -> Self {
        let bytes = fs_err::read(folder().join(format!("{name}.safetensors"))).expect("the golden file is there");
        let (_, metadata) = SafeTensors::read_metadata(&bytes).expect("it is a safetensors file");
        let metadata = metadata.metadata().as_ref().expect("it has metadata");
        let golden: Self = serde_json::from_str(&metadata["golden"]).expect("its metadata fit");
        let file = SafeTensors::deserialize(&bytes).expect("it is whole");
        let tensors = file.iter().map(|(name, view)| {
            assert_eq!(view.dtype(), safetensors::Dtype::F32, "`{name}`");
            let values = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect::<Vec<_>>();
            (name.to_owned(), TensorData::new(values, view.shape().to_vec()))
        });
        Self { tensors: tensors.collect(), ..golden }
    }

    /// The tensors whose names start with `prefix`, by the rest of their names.
    pub(crate) fn part(&self, prefix: &str) -> BTreeMap<String, Vec<f32>> {
        let part = self.tensors.iter().filter_map(|(name, data)| {
            let values = data.clone().try_into_vec().expect("all tensors are f32");
            Some((name.strip_prefix(prefix)?.to_owned(), values))
        });
        part.collect()
    }

    fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        Tensor::from_data(self.tensors[name].clone(), device)
    }

    /// A model of this case with the golden parameters.
    pub(crate) fn model(&self, device: &Device) -> Tcvae {
        let Case { model, vocabulary_size, method, loss, .. } = &self.case;
        let bow = loss.bow.map(|bow| match bow.form {
            BowForm::Set => BowHeadKind::Linear,
            BowForm::Sequence => BowHeadKind::Hidden(loss.bow_hidden.expect("the case says how wide")),
        });
        let heads = Heads { latent: method.method().latent(), bow };
        let architecture =
            Architecture { config: model.clone(), heads, vocabulary_size: *vocabulary_size, pad: SPECIALS.pad };
        let fresh = Tcvae::new(&architecture, RandomStreams::new(0), device).expect("the configuration is right");
        let model = fresh.map(&mut Filler { path: Vec::new(), golden: self });
        let ours: BTreeMap<_, _> = parameters(&model).into_iter().map(|(name, (_, values))| (name, values)).collect();
        assert_eq!(ours, self.part("parameter."), "the model has just these parameters");
        model
    }

    fn batch(&self, group: &str, [source, target]: [usize; 2], device: &Device) -> Batch {
        let Sentences { contexts, responses } = &self.sentences[group];
        Batch::with_widths(contexts, responses, SPECIALS, [source, target], device)
    }

    fn loss(&self, model: &Tcvae, batch: &Batch, noise: Noise, kl_weight: f32) -> LossParts {
        let Loss { smoothing, free_nats, bow, .. } = self.case.loss;
        let settings = LossSettings { kl_weight, free_nats, smoothing, bow };
        self.case.method.method().loss(model, batch, noise, settings, &mut Pass::plain())
    }
}

/// Puts golden parameters into a model by name.
struct Filler<'a> {
    path: Vec<String>,
    golden: &'a Golden,
}

impl ModuleMapper for Filler<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = format!("parameter.{}", self.path.join("."));
        let (id, tensor, mapper) = param.consume();
        let golden = self.golden.tensors.get(&name).unwrap_or_else(|| panic!("there is no golden `{name}`"));
        assert_eq!(golden.shape()[..], tensor.dims(), "`{name}`");
        Param::from_mapped_value(id, self.golden.tensor(&name, &tensor.device()).require_grad(), mapper)
    }
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

pub(crate) fn devices() -> impl Iterator<Item = (&'static str, Device)> {
    [Some(("cpu", cpu())), wgpu().map(|device| ("wgpu", device))].into_iter().flatten()
}

/// Every loss part under the name that the script gives it.
fn named_parts(parts: LossParts) -> BTreeMap<String, Vec<f32>> {
    let LossParts { objective, nll_nats, kl_nats, scores, winner, extra } = parts;
    let mut named: BTreeMap<_, _> = extra.into_iter().map(|(name, part)| (name.to_owned(), values(part))).collect();
    named.extend([("objective".to_owned(), values(objective)), ("nll_nats".to_owned(), values(nll_nats))]);
    named.extend(kl_nats.map(|part| ("kl_nats".to_owned(), values(part))));
    named.extend(scores.map(|part| ("scores".to_owned(), values(part))));
    named.extend(winner.map(|part| ("winner".to_owned(), values(part.float()))));
    named
}

/// Loss parts and gradients on every device.
fn check(name: &str) {
    let golden = Golden::read(name);
    for (device_name, device) in devices() {
        let device = device.autodiff();
        let model = golden.model(&device);
        for (group, widths) in [("four", [0, 0]), ("four", [9, 8]), ("one", [0, 0])] {
            let place = format!("{device_name}, {group}, at least {widths:?} wide");
            check_batch(&golden, &model, group, widths, &place, &device);
        }
    }
}

fn check_batch(golden: &Golden, model: &Tcvae, group: &str, widths: [usize; 2], place: &str, device: &Device) {
    let batch = golden.batch(group, widths, device);
    let noise = Noise {
        normal: golden.tensor(&format!("{group}.normal"), device),
        uniform: golden.tensor(&format!("{group}.uniform"), device),
    };
    let parts = golden.loss(model, &batch, noise, golden.case.loss.kl_weight);
    let backward = GradientsParams::from_grads(parts.objective.clone().mean().backward(), model);
    let (actual, expected) = (named_parts(parts), golden.part(&format!("{group}.expected.")));
    assert_eq!(actual.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{place}");
    for (part, expected) in &expected {
        assert_close(&format!("{place}: {part}"), &actual[part], expected, LOSS);
    }
    let (actual, expected) = (gradients(model, &backward), golden.part(&format!("{group}.gradient.")));
    assert_eq!(actual.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{place}");
    for (parameter, expected) in &expected {
        assert_close(&format!("{place}: gradient of {parameter}"), &actual[parameter], expected, of_gradient(expected));
    }
}

/// Each value of a gradient agrees to 1e-4 of itself; the absolute part is the rounding of sums that cancel.
fn of_gradient(expected: &[f32]) -> Tolerance {
    let largest = expected.iter().fold(0f32, |largest, value| largest.max(value.abs()));
    Tolerance::new(1e-6 + 1e-6 * f64::from(largest), 1e-4)
}

/// Ten updates on one batch: loss, gradient norm and learning rate of each, and the parameters that come out.
fn check_trace(name: &str) {
    let golden = Golden::read(name);
    for (device_name, device) in devices() {
        let (actual, last) = run_trace(&golden, &device.autodiff());
        for (part, expected) in golden.part("expected.") {
            assert_close(&format!("{device_name}: {part}"), &actual[part.as_str()], &expected, LOSS);
        }
        let last = parameters(&last);
        for (name, expected) in golden.part("final.") {
            let (_, actual) = &last[&name];
            let [actual, expected] = [actual, &expected].map(|values| without_key_bias(&name, values));
            assert_close(&format!("{device_name}: {name}"), &actual, &expected, Tolerance::new(1e-6, 1e-5));
        }
    }
}

/// What each update reports, by name, and the model that comes out.
fn run_trace(golden: &Golden, device: &Device) -> (BTreeMap<&'static str, Vec<f32>>, Tcvae) {
    let Trace { n_updates, optimizer, learning_rate, kl } = golden.case.trace.as_ref().expect("the case is a trace");
    let mut model = golden.model(device);
    let batch = golden.batch("four", [0, 0], device);
    let (normal, uniform) = (golden.tensor::<4>("normal", device), golden.tensor::<2>("uniform", device));
    let mut adam = Adam::new(optimizer);
    let mut reports: BTreeMap<_, Vec<f32>> = BTreeMap::new();
    for update in 0..*n_updates {
        let noise = Noise {
            normal: normal.clone().narrow(0, update, 1).squeeze_dim(0),
            uniform: uniform.clone().narrow(0, update, 1).squeeze_dim(0),
        };
        let loss = golden.loss(&model, &batch, noise, kl.weight(update as u64, 1)).objective.mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        let squares = values(squared_norms(&model, &gradients));
        let norm = squares.into_iter().map(f64::from).sum::<f64>().sqrt();
        let rate = learning_rate.rate(update as u64);
        model = adam.step(model, gradients, rate, norm);
        reports.entry("loss").or_default().extend(values(loss));
        reports.entry("gradient_norm").or_default().push(norm as f32);
        reports.entry("learning_rate").or_default().push(rate as f32);
    }
    (reports, model)
}

/// The values of a parameter, but not the keys' third of an attention's bias: softmax ignores what it adds to all
/// scores of a query, so its gradient is 0 but for rounding, and Adam makes full steps of any rounding.
fn without_key_bias(name: &str, values: &[f32]) -> Vec<f32> {
    if !name.ends_with("in_projection.bias") {
        return values.to_vec();
    }
    let third = values.len() / 3;
    [&values[..third], &values[2 * third..]].concat()
}

/// A test for each file of the folder.
macro_rules! golden {
    ($($check:ident: $($name:ident),* $(,)?;)*) => {
        const NAMES: &[&str] = &[$($(stringify!($name)),*),*];

        $($(#[test]
        fn $name() {
            $check(stringify!($name));
        })*)*
    };
}

golden! {
    check:
        bow_sequence, bow_set, monte_carlo_latent, monte_carlo_loss, monte_carlo_state, spacefusion,
        spacefusion_unclipped, speculative, speculative_bow, speculative_ties, vanilla, vanilla_annealed_unsmoothed,
        vanilla_clamped, vanilla_free_bits, vanilla_unshared;
    check_trace: trace_cyclical, trace_speculative, trace_vanilla;
}

#[test]
fn every_golden_file_has_its_test() {
    let names = fs_err::read_dir(folder()).expect("the folder is there").map(|entry| entry.expect("readable").path());
    let mut names: Vec<_> = names.filter(|path| path.extension().is_some_and(|end| end == "safetensors")).collect();
    names.sort();
    let names: Vec<_> = names.iter().filter_map(|path| path.file_stem()?.to_str()).collect();
    let mut tested = NAMES.to_vec();
    tested.push(crate::generation::golden::NAME);
    tested.sort_unstable();
    assert_eq!(names, tested);
}
