//! The engine in a browser tab: opens a run's files and replies, on WebGPU or on the CPU. The same asynchronous code as
//! in the program; only where files come from and who waits differ.
//!
//! Texts and options cross the border to JavaScript as JSON, in the shapes that the program writes.
#![cfg(target_family = "wasm")]

use std::{ops::ControlFlow, path::Path};

use burn::tensor::Device;
use js_sys::Function;
use repartee_corpus::Vocabulary;
use repartee_generate::{GenerateOptions, Generator, Latent, Reply};
use repartee_train::{RunFile, checkpoint::Checkpoint};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

/// Panics become lines of the console.
#[wasm_bindgen(start)]
pub fn start() {
    console_error_panic_hook::set_once();
}

/// A trained model on a device.
#[wasm_bindgen]
pub struct Model {
    model: repartee_model::Tcvae,
    vocabulary: Vocabulary,
    run: RunFile,
    device: Device,
    update: u64,
}

/// What to reply to, and how.
#[derive(Deserialize)]
struct Request {
    utterance: String,
    /// None draws `n_samples`.
    latents: Option<Vec<Latent>>,
    options: GenerateOptions,
}

/// What is known about a model.
#[derive(Serialize)]
struct About<'a> {
    run: &'a RunFile,
    n_pieces: usize,
    update: u64,
}

fn shown(error: impl std::error::Error) -> JsError {
    JsError::new(&error.to_string())
}

#[wasm_bindgen]
impl Model {
    /// Opens a model: `device` is `webgpu` or `cpu`; `run`, `tokenizer` and `weights` are the contents of a run's
    /// `run.toml`, `tokenizer.json` and `checkpoints/best.safetensors`.
    ///
    /// # Errors
    /// No adapter, or a file that is damaged or does not belong to the others.
    pub async fn open(device: &str, run: &str, tokenizer: &str, weights: &[u8]) -> Result<Model, JsError> {
        let run = RunFile::parse(run, Path::new("run.toml")).map_err(shown)?;
        let vocabulary = Vocabulary::from_json(tokenizer.to_owned(), Path::new("tokenizer.json")).map_err(shown)?;
        let checkpoint = Checkpoint::parse(weights, Path::new("best.safetensors")).map_err(shown)?;
        let device = match device {
            "cpu" => Device::flex(),
            "webgpu" => Device::wgpu_options().init_async().await.map_err(shown)?,
            other => return Err(JsError::new(&format!("unknown device `{other}`; use webgpu or cpu"))),
        };
        let model = checkpoint.model(&run, &vocabulary, &device).map_err(shown)?;
        Ok(Self { model, vocabulary, run, device, update: checkpoint.progress.update })
    }

    /// The run file, the number of pieces and updates, as JSON.
    pub fn about(&self) -> String {
        let about = About { run: &self.run, n_pieces: self.vocabulary.size(), update: self.update };
        serde_json::to_string(&about).expect("a run file is JSON")
    }

    /// Replies to a request in JSON, the reply of each latent in order. After each step `on_step` is called with the
    /// texts so far as JSON; if it returns `false`, generation stops with an error that says so.
    ///
    /// # Errors
    /// A request that is no JSON or out of range, an utterance without tokens, a lost device.
    pub async fn reply(&self, request: String, on_step: Function) -> Result<String, JsError> {
        let Request { utterance, latents, options } = serde_json::from_str(&request).map_err(shown)?;
        let latents = latents.unwrap_or_else(|| {
            (0..options.n_samples as u64).map(|number| Latent::numbered(options.seed, &utterance, number)).collect()
        });
        let generator = Generator { model: &self.model, vocabulary: &self.vocabulary, device: &self.device };
        let mut watch = |partials: &dyn Fn() -> Vec<repartee_generate::Partial>| {
            let texts: Vec<String> = partials().into_iter().map(|partial| partial.text).collect();
            let texts = serde_json::to_string(&texts).expect("texts are JSON");
            match on_step.call1(&JsValue::NULL, &JsValue::from_str(&texts)) {
                Ok(answer) if answer == JsValue::FALSE => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        };
        let replies: Vec<Vec<Reply>> =
            generator.stream(&[utterance], &[latents], &options, &mut watch).await.map_err(shown)?;
        Ok(serde_json::to_string(&replies.concat()).expect("replies are JSON"))
    }
}
