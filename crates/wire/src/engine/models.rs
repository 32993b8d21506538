//! The engine and its models.

use serde::{Deserialize, Serialize};

/// What the engine is and can do -> [`About`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutEngine {}

/// What the engine is and can do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// Where it runs.
    pub home: Home,
    /// The engine's version.
    pub version: String,
    /// Whether it trains, and answers what has to do with corpora and runs.
    pub trains: bool,
    /// What it can compute on, the one that it takes by itself first.
    pub devices: Vec<Device>,
    /// Why a device that could have been there is not, as a code: `no-webgpu`, `no-adapter`, `no-timestamp-query`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<String>,
    /// Bytes that this site keeps and may keep, in a browser.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_bytes: Option<[u64; 2]>,
}

/// Where an engine runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Home {
    /// In a worker of the tab.
    Browser,
    /// In the desktop app.
    Desktop,
    /// On a server.
    Server,
}

/// Something to compute on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// What [`OpenModel::device`] calls it: `cpu`, `wgpu`, `wgpu:1`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Of a graphics adapter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adapter: Option<Adapter>,
}

/// A graphics adapter's limits and features.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// The graphics API, for instance `vulkan` or `webgpu`.
    pub backend: String,
    /// Maker or architecture, as far as it says.
    pub vendor: String,
    /// Driver and version, as far as it says.
    pub driver: String,
    /// Whether it computes in software.
    pub is_software: bool,
    /// Largest storage buffer binding.
    pub max_binding_bytes: u64,
    /// Largest buffer.
    pub max_buffer_bytes: u64,
    /// Largest workgroup.
    pub max_invocations_per_workgroup: u64,
    /// Shared memory of a workgroup.
    pub max_workgroup_memory_bytes: u64,
    /// Names of its features.
    pub features: Vec<String>,
}

/// The models that are there -> list of [`Model`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Models {}

/// A model to reply with; also an entry of the static site's `models.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// What it is called in calls: a folder's name, or a run's.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// `en` or `ja`.
    pub language: String,
    /// The method it was trained with, as in its run file: `vanilla`, `speculative` …
    pub method: String,
    /// K, for methods that choose among K latents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u64>,
    /// Parameters.
    pub n_parameters: u64,
    /// Dimensions of z.
    pub latent_size: u64,
    /// Updates that it was trained for.
    pub update: u64,
    /// SPDX expression, or empty where it is not known.
    pub licence: String,
    /// Its model card as Markdown, or empty.
    pub card: String,
    /// All files together.
    pub bytes: u64,
    /// Memory that it takes when open, estimated.
    pub memory_bytes: u64,
    /// How its replies are made if nothing else is asked for.
    pub beam_size: usize,
    /// α of beam search.
    pub length_penalty: f64,
    /// Its files, where they are fetched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ModelFile>,
    /// Whether it lies on this device, so that it opens without a connection.
    #[serde(default)]
    pub is_kept: bool,
    /// Whether it is open.
    #[serde(default)]
    pub is_open: bool,
}

/// A file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelFile {
    /// `run.toml`, `tokenizer.json` or `best.safetensors`.
    pub name: String,
    /// Where it lies, relative to the site.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 in hexadecimal, which browsers compute by themselves.
    pub sha256: String,
}

/// Opens a model, fetching it first where that is needed -> [`OpenEvent`]s, of which the last is `Opened`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenModel {
    /// Which.
    pub model: String,
    /// [`Device::id`]; none takes the engine's first. A model that is open on another device is opened anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

/// On the way to an open model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum OpenEvent {
    /// Its files are being fetched.
    Fetching {
        /// Bytes that are here, from an earlier attempt also.
        done: u64,
        /// Bytes of all files.
        total: u64,
    },
    /// All is here, and its hash is right; it is being loaded.
    Loading,
    /// It is open.
    Opened(OpenedModel),
}

/// A model that is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedModel {
    /// Which.
    pub model: String,
    /// [`Device::id`] of where it computes.
    pub device: String,
    /// The device's name.
    pub device_name: String,
    /// Why it is not kept on this device, if it could not be; one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_kept: Option<String>,
    /// Pieces of its vocabulary.
    pub n_pieces: u64,
    /// Milliseconds that loading took, without fetching.
    pub milliseconds: u64,
}

/// Frees a model's memory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseModel {
    /// Which.
    pub model: String,
}

/// Takes a kept model away from this device; it can be fetched again. Only in a browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoveModel {
    /// Which.
    pub model: String,
}
