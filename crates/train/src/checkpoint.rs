//! Checkpoints: one safetensors file with the parameters, the optimiser's moments and the place in training, whole or
//! not at all, with a digest that finds any damage.

use std::{
    collections::{BTreeMap, HashMap},
    io::Read as _,
    path::Path,
};

use burn::{
    module::{Module, ModuleMapper, ModuleVisitor, Param},
    tensor::{Device, Tensor, TensorData},
};
use repartee_corpus::Vocabulary;
use repartee_model::{RandomStreams, Tcvae};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use serde::{Deserialize, Serialize};

use crate::{
    adam::{Adam, Moments},
    config::RunFile,
    error::TrainError,
    evaluation::Evaluation,
    run_directory::write_atomically,
    sums::Sums,
    weights::{self, Tensors, WeightFormat},
};

/// Where training stands.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Updates made or skipped: the position of schedules and random streams.
    pub update: u64,
    /// Updates skipped because a gradient was not finite.
    pub n_skipped: u64,
    /// The current pass over the training pairs, from 0.
    pub epoch: u64,
    /// Batches of this epoch already used.
    pub batch_idx: usize,
    /// The lowest dev loss so far.
    pub best: Option<Best>,
    /// Sums for the next line of the log.
    #[serde(default)]
    pub sums: Sums,
}

/// The best evaluation so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// After this many updates.
    pub update: u64,
    /// Its result.
    pub evaluation: Evaluation,
}

const MODEL: &str = "model.";
const FIRST: &str = "adam.first.";
const SECOND: &str = "adam.second.";

/// Saves a checkpoint; without `adam` it serves generation and evaluation only.
///
/// # Errors
/// When the file cannot be written; an older one stays as it was.
pub fn save(path: &Path, model: &Tcvae, adam: Option<&Adam>, progress: &Progress) -> Result<(), TrainError> {
    let mut tensors = Tensors::new();
    for (name, (shape, values)) in parameters(model) {
        tensors.insert(format!("{MODEL}{name}"), (shape, values));
    }
    for (name, moments) in adam.iter().flat_map(|adam| &adam.moments) {
        for (prefix, tensor) in [(FIRST, &moments.first), (SECOND, &moments.second)] {
            tensors.insert(format!("{prefix}{name}"), (tensor.dims().to_vec(), values_of(tensor.clone())));
        }
    }
    let n_updates = adam.map_or(0, |adam| adam.n_updates);
    let metadata = metadata(progress, n_updates, digest(&tensors));
    let views = tensors.iter().map(|(name, (shape, values))| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values)).expect("the shape fits");
        (name.as_str(), view)
    });
    let bytes = safetensors::serialize(views, Some(metadata)).expect("names are unique and shapes fit");
    write_atomically(path, &bytes)
}

fn metadata(progress: &Progress, adam_updates: u64, blake3: String) -> HashMap<String, String> {
    HashMap::from([
        // TOML, because JSON readers may round the last digit of a number, and a resumed run is equal to the bit.
        ("progress".to_owned(), toml::to_string(progress).expect("progress has only tables and plain values")),
        ("adam_updates".to_owned(), adam_updates.to_string()),
        ("blake3".to_owned(), blake3),
    ])
}

/// What a checkpoint's header says of it, without its values and unchecked.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// Parameters of the model.
    pub n_parameters: u64,
    /// Where training stood.
    pub progress: Progress,
}

impl Header {
    /// Reads the header alone.
    ///
    /// # Errors
    /// Unreadable, or not a checkpoint.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let failed = |source| TrainError::Read { path: path.to_owned(), source };
        let damaged = |reason: &str| TrainError::Checkpoint { path: path.to_owned(), reason: reason.to_owned() };
        let mut file = std::fs::File::open(path).map_err(failed)?;
        let mut length = [0; 8];
        file.read_exact(&mut length).map_err(failed)?;
        let length = u64::from_le_bytes(length);
        if length > MAX_HEADER_BYTES {
            return Err(damaged("it does not begin with a header"));
        }
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).map_err(failed)?;
        // The library reads headers of whole files only.
        let header: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(&bytes).map_err(|_| damaged("its header is damaged"))?;
        let size =
            |shape: &serde_json::Value| -> Option<u64> { shape.as_array()?.iter().map(|n| n.as_u64()).product() };
        let is_of_model = |name: &str| name.starts_with(MODEL) && !name.ends_with(".scale");
        let sizes = header.iter().filter(|(name, _)| is_of_model(name)).map(|(_, tensor)| size(&tensor["shape"]));
        let n_parameters = sizes.sum::<Option<u64>>().ok_or_else(|| damaged("its header is damaged"))?;
        let progress = header.get("__metadata__").and_then(|metadata| metadata["progress"].as_str());
        let progress = progress.and_then(|progress| toml::from_str(progress).ok());
        Ok(Self { n_parameters, progress: progress.ok_or_else(|| damaged("its header has no progress"))? })
    }
}

/// Far more than any model's names and shapes.
const MAX_HEADER_BYTES: u64 = 64 << 20;

/// A checkpoint as read and checked.
#[derive(Debug)]
pub struct Checkpoint {
    /// BLAKE3 of its tensors, in hexadecimal.
    pub blake3: String,
    path: std::path::PathBuf,
    tensors: Tensors,
    adam_updates: u64,
    /// Where training stood.
    pub progress: Progress,
}

impl Checkpoint {
    /// Reads a checkpoint and checks its digest.
    ///
    /// # Errors
    /// Unreadable, truncated, damaged or not a checkpoint.
    pub fn read(path: &Path) -> Result<Self, TrainError> {
        let bytes = std::fs::read(path).map_err(|source| TrainError::Read { path: path.to_owned(), source })?;
        Self::parse(&bytes, path)
    }

    /// A checkpoint from the bytes of its file, which `path` names in errors.
    ///
    /// # Errors
    /// As [`Checkpoint::read`].
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self, TrainError> {
        let damaged = |reason: String| TrainError::Checkpoint { path: path.to_owned(), reason };
        let unreadable = |error: &dyn std::fmt::Display| damaged(format!("it is truncated or damaged ({error})"));
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| unreadable(&error))?;
        let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(&error))?;
        let tensors = weights::read(&file).map_err(damaged)?;
        let entry = |key: &str| {
            let metadata = metadata.metadata().as_ref();
            metadata.and_then(|map| map.get(key)).ok_or_else(|| damaged(format!("it has no `{key}`")))
        };
        if *entry("blake3")? != digest(&tensors) {
            return Err(damaged("its values do not match its digest".to_owned()));
        }
        let progress = toml::from_str(entry("progress")?).map_err(|error| unreadable(&error))?;
        let adam_updates = entry("adam_updates")?.parse().map_err(|error| unreadable(&error))?;
        let blake3 = entry("blake3")?.clone();
        Ok(Self { path: path.to_owned(), blake3, tensors, adam_updates, progress })
    }

    /// Writes the parameters, without the optimiser's moments, in a format; returns the size of the file in bytes.
    ///
    /// # Errors
    /// Values that the format cannot hold, or a file that cannot be written.
    pub fn export(&self, path: &Path, format: WeightFormat) -> Result<usize, TrainError> {
        let refused = |reason: String| TrainError::Checkpoint { path: self.path.clone(), reason };
        let mut written = Vec::new();
        for (name, (shape, values)) in self.tensors.iter().filter(|(name, _)| name.starts_with(MODEL)) {
            written.extend(weights::write(name, shape, values, format).map_err(refused)?);
        }
        let serialise = |blake3: String| {
            let views = written.iter().map(|tensor| {
                let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes).expect("the shape fits");
                (tensor.name.as_str(), view)
            });
            let metadata = metadata(&self.progress, 0, blake3);
            safetensors::serialize(views, Some(metadata)).expect("names are unique and shapes fit")
        };
        // The digest is that of the values as they will be read.
        let bytes = serialise(String::new());
        let file = SafeTensors::deserialize(&bytes).expect("it was just written");
        let bytes = serialise(digest(&weights::read(&file).map_err(refused)?));
        write_atomically(path, &bytes)?;
        Ok(bytes.len())
    }

    /// The model of a run with these parameters.
    ///
    /// # Errors
    /// A run file that contradicts itself, or a parameter that is missing or of another shape.
    pub fn model(&self, run: &RunFile, vocabulary: &Vocabulary, device: &Device) -> Result<Tcvae, TrainError> {
        let architecture = run.architecture(vocabulary.size(), vocabulary.pad());
        let model = Tcvae::new(&architecture, RandomStreams::new(run.seed), device)
            .map_err(|source| TrainError::Model { path: self.path.clone(), source })?;
        self.load_model(model)
    }

    /// Puts the parameters into a model of the same configuration.
    ///
    /// # Errors
    /// A parameter that is missing or of another shape.
    pub fn load_model(&self, model: Tcvae) -> Result<Tcvae, TrainError> {
        let mut loader = Loader { path: Vec::new(), checkpoint: self, problem: None };
        let model = model.map(&mut loader);
        match loader.problem {
            Some(reason) => Err(TrainError::Checkpoint { path: self.path.clone(), reason }),
            None => Ok(model),
        }
    }

    /// The best evaluation so far.
    ///
    /// # Errors
    /// When the checkpoint was saved before any.
    pub fn best(&self) -> Result<&Best, TrainError> {
        let reason = || TrainError::Checkpoint { path: self.path.clone(), reason: "it has no evaluation".to_owned() };
        self.progress.best.as_ref().ok_or_else(reason)
    }

    /// Puts the moments into an optimiser.
    ///
    /// # Errors
    /// When the checkpoint has none.
    pub fn load_adam(&self, adam: &mut Adam, device: &Device) -> Result<(), TrainError> {
        let tensor = |prefix: &str, name: &str| {
            let (_, values) = self.tensors.get(&format!("{prefix}{name}"))?;
            Some(Tensor::<1>::from_data(TensorData::new(values.clone(), [values.len()]), device))
        };
        for name in self.tensors.keys().filter_map(|name| name.strip_prefix(FIRST)) {
            let (Some(first), Some(second)) = (tensor(FIRST, name), tensor(SECOND, name)) else {
                let reason = format!("it lacks the second moment of `{name}`");
                return Err(TrainError::Checkpoint { path: self.path.clone(), reason });
            };
            adam.moments.insert(name.to_owned(), Moments { first, second });
        }
        adam.n_updates = self.adam_updates;
        Ok(())
    }
}

/// Every parameter of a model by its name.
pub fn parameters(model: &Tcvae) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    struct Collector(Vec<String>, Tensors);
    impl ModuleVisitor for Collector {
        fn enter_module(&mut self, name: &str, _container_type: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _name: &str, _container_type: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let tensor = param.val();
            self.1.insert(self.0.join("."), (tensor.dims().to_vec(), values_of(tensor)));
        }
    }
    let mut collector = Collector(Vec::new(), Tensors::new());
    model.visit(&mut collector);
    collector.1
}

fn values_of<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().expect("parameters and moments are f32")
}

/// BLAKE3 over names, shapes and values.
fn digest(tensors: &Tensors) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, (shape, values)) in tensors {
        hasher.update(name.as_bytes()).update(format!("{shape:?}").as_bytes()).update(bytemuck::cast_slice(values));
    }
    hasher.finalize().to_hex().to_string()
}

struct Loader<'a> {
    path: Vec<String>,
    checkpoint: &'a Checkpoint,
    problem: Option<String>,
}

impl ModuleMapper for Loader<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.join(".");
        let (id, tensor, mapper) = param.consume();
        let tensor = match self.checkpoint.tensors.get(&format!("{MODEL}{name}")) {
            Some((shape, values)) if shape[..] == tensor.dims() => {
                let device = tensor.device();
                let loaded = Tensor::from_data(TensorData::new(values.clone(), shape.clone()), &device);
                if device.is_autodiff() { loaded.require_grad() } else { loaded }
            }
            Some((shape, _)) => {
                self.problem = Some(format!("`{name}` has shape {shape:?}, this model needs {:?}", tensor.dims()));
                tensor
            }
            None => {
                self.problem = Some(format!("it has no parameter `{name}`"));
                tensor
            }
        };
        Param::from_mapped_value(id, tensor, mapper)
    }
}
