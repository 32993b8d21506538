//! Models of the project: exported ones and runs, as they lie in its folder, and those that are open.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::{Instant, SystemTime},
};

use repartee_answer::{Map, Speaker};
use repartee_engine::{CheckpointKind, ComputeDevice, Header, LoadedRun, RunDirectory, RunFile};
use repartee_wire::engine::{
    self as wire, Done, EngineError, EngineErrorCode, OpenEvent, OpenModel, OpenedModel, card_licence, card_name,
    plain_name,
};

use crate::{
    DONE,
    about::Devices,
    fault, lock,
    project::{Project, folders},
};

/// A model that is open.
pub(crate) struct Opened {
    run: LoadedRun,
    device: String,
    /// When its weights were written: training writes better ones.
    written: Option<SystemTime>,
    map: Mutex<Option<Map>>,
}

impl Opened {
    pub(crate) fn speaker(&self) -> Speaker<'_> {
        let run = self.run.run_file();
        Speaker { generator: self.run.generator(), max_side: run.batch.max_length, max_length: run.decoding.max_length }
    }

    /// The last map of its latent space.
    pub(crate) fn map(&self) -> MutexGuard<'_, Option<Map>> {
        lock(&self.map)
    }
}

/// The models that are open.
#[derive(Default)]
pub(crate) struct OpenModels(Mutex<BTreeMap<String, Arc<Opened>>>);

impl OpenModels {
    /// The open model of an id.
    pub(crate) fn get(&self, id: &str) -> Result<Arc<Opened>, EngineError> {
        let missing = || EngineError::new(EngineErrorCode::NotOpen, format!("model `{id}` is not open; open it first"));
        lock(&self.0).get(id).cloned().ok_or_else(missing)
    }

    /// Frees a model; who still uses it keeps it until then.
    pub(crate) fn close(&self, id: &str) -> Done {
        drop(lock(&self.0).remove(id));
        DONE
    }

    /// Opens a model, unless it is open as it is asked for.
    pub(crate) fn open(
        &self,
        project: &Project,
        devices: &Devices,
        task: &OpenModel,
        tell: &dyn Fn(OpenEvent),
    ) -> Result<(), EngineError> {
        let start = Instant::now();
        let folder = project.model(&task.model)?;
        let (id, choice) = devices.choose(task.device.as_deref())?;
        let written = weights(&folder).and_then(|path| path.metadata().ok()?.modified().ok());
        let is_same = |opened: &&Arc<Opened>| opened.device == id && opened.written == written;
        let known = lock(&self.0).get(&task.model).filter(is_same).cloned();
        let opened = match known {
            Some(opened) => opened,
            None => {
                tell(OpenEvent::Loading);
                self.close(&task.model);
                let device = ComputeDevice::open(choice).map_err(|error| fault::of(&error))?;
                let run = LoadedRun::open(&folder, &device).map_err(|error| fault::of(&error))?;
                let opened = Arc::new(Opened { run, device: id.clone(), written, map: Mutex::new(None) });
                lock(&self.0).insert(task.model.clone(), opened.clone());
                opened
            }
        };
        tell(OpenEvent::Opened(OpenedModel {
            model: task.model.clone(),
            device: id,
            device_name: opened.run.device_name().to_owned(),
            not_kept: None,
            n_pieces: opened.run.n_pieces() as u64,
            milliseconds: start.elapsed().as_millis() as u64,
        }));
        Ok(())
    }

    /// All models that can be opened: exported ones, then runs that were evaluated once.
    pub(crate) fn list(&self, project: &Project) -> Vec<wire::Model> {
        let exported = folders(project.models()).into_iter().map(|(name, path)| ("models", name, path));
        let runs = folders(project.runs()).into_iter().map(|(name, path)| ("runs", name, path));
        let models = exported.chain(runs).filter_map(|(kind, name, path)| {
            let id = format!("{kind}/{name}");
            let is_open = lock(&self.0).contains_key(&id);
            // What is no model is not shown; why it is none is told by whoever opens it.
            Some(wire::Model { is_open, ..described(id, (kind == "runs").then_some(name), &path)? })
        });
        models.collect()
    }
}

fn weights(folder: &Path) -> Option<std::path::PathBuf> {
    Some(RunDirectory::open(folder).ok()?.checkpoint_path(CheckpointKind::Best))
}

/// A model as its files describe it.
fn described(id: String, run_name: Option<String>, folder: &Path) -> Option<wire::Model> {
    let directory = RunDirectory::open(folder).ok()?;
    let path = directory.checkpoint_path(CheckpointKind::Best);
    let (run, manifest) = (directory.run_file().ok()?, directory.manifest().ok()?);
    // A damaged one is listed, so that opening it says what is wrong.
    let (n_parameters, update) = match Header::read(&path) {
        Ok(header) => (header.n_parameters, header.progress.update),
        Err(_) if path.is_file() => (0, 0),
        Err(_) => return None,
    };
    let card = fs_err::read_to_string(folder.join("MODEL.md")).unwrap_or_default();
    let (method, k) = method(&run);
    let language = manifest.language.name().to_owned();
    let name = run_name.or_else(|| card_name(&card)).unwrap_or_else(|| plain_name(&language, &method, k));
    let size = |path: &Path| path.metadata().map_or(0, |file| file.len());
    let bytes = size(&path) + size(&directory.vocabulary_path()) + size(&folder.join("run.toml"));
    Some(wire::Model {
        id,
        name,
        language,
        method,
        k,
        n_parameters,
        latent_size: run.model.latent_size as u64,
        update,
        licence: card_licence(&card),
        card,
        bytes,
        // Its parameters, and once more while they are loaded.
        memory_bytes: 2 * 4 * n_parameters,
        beam_size: run.decoding.beam_size,
        length_penalty: run.decoding.length_penalty,
        files: Vec::new(),
        is_kept: true,
        is_open: false,
    })
}

/// A run's method by its name in run files, and its K if it has one.
pub(crate) fn method(run: &RunFile) -> (String, Option<u64>) {
    let method = serde_json::to_value(&run.method).unwrap_or_default();
    (method["kind"].as_str().unwrap_or_default().to_owned(), method["k"].as_u64())
}
