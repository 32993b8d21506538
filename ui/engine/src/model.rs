//! A model that is open.

use std::path::Path;

use burn::tensor::Device;
use repartee_answer::Speaker;
use repartee_corpus::Vocabulary;
use repartee_generate::Generator;
use repartee_train::{RunFile, checkpoint::Checkpoint};
use repartee_wire::engine::{EngineError, EngineErrorCode};

use crate::fault;

/// A trained model on a device.
pub(crate) struct Model {
    pub(crate) vocabulary: Vocabulary,
    run: RunFile,
    model: repartee_model::Tcvae,
    device: Device,
}

/// The files of a model, whose names in errors are those that they have in an export.
pub(crate) struct Files<'a> {
    pub(crate) run: &'a str,
    pub(crate) tokenizer: &'a str,
    pub(crate) weights: &'a [u8],
}

impl Model {
    /// Opens a model on `cpu` or `wgpu`.
    pub(crate) async fn open(device: &str, files: &Files<'_>) -> Result<Self, EngineError> {
        let run = RunFile::parse(files.run, Path::new("run.toml")).map_err(fault::of_file)?;
        let vocabulary = Vocabulary::from_json(files.tokenizer.to_owned(), Path::new("tokenizer.json"))
            .map_err(|error| EngineError::new(EngineErrorCode::Corrupt, error.to_string()))?;
        let checkpoint = Checkpoint::parse(files.weights, Path::new("best.safetensors")).map_err(fault::of_file)?;
        let device = match device {
            "cpu" => Device::flex(),
            "wgpu" => Device::wgpu_options().init_async().await.map_err(|error| {
                let message = format!("WebGPU gave no device ({error}); compute on the CPU");
                EngineError::new(EngineErrorCode::NoWebgpu, message)
            })?,
            other => return Err(fault::invalid(format!("unknown device `{other}`; use wgpu or cpu"))),
        };
        let model = checkpoint.model(&run, &vocabulary, &device).map_err(fault::of_file)?;
        Ok(Self { vocabulary, run, model, device })
    }

    pub(crate) fn speaker(&self) -> Speaker<'_> {
        Speaker {
            generator: Generator { model: &self.model, vocabulary: &self.vocabulary, device: &self.device },
            max_side: self.run.batch.max_length,
            max_length: self.run.decoding.max_length,
        }
    }
}
