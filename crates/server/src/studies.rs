//! The studies of a server and the connections to them.
//!
//! Of each study one connection writes at a time: whoever wants to write waits in line for it, in order of arrival, so that
//! SQLite's own lock is contested only by other programs. Reading never waits.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use repartee_study::{Desk, Store, StudyError};
use repartee_wire::ErrorCode;

use crate::{ServerError, refusal::Refusal};

/// Connections of one kind that are kept open when nobody uses them.
const MAX_IDLE: usize = 4;

/// All studies.
pub(crate) struct Studies {
    all: RwLock<Vec<Arc<Study>>>,
    /// Where new studies are made.
    folder: PathBuf,
    /// The folders that are served: studies that other programs make there are served, too.
    folders: Vec<PathBuf>,
    /// Held by whoever makes or looks for studies.
    turn: Mutex<()>,
}

/// A study that is served.
pub(crate) struct Study {
    /// The study's own id.
    pub(crate) id: String,
    path: PathBuf,
    writer: Arc<tokio::sync::Mutex<Store>>,
    readers: Pool<Store>,
    desks: Pool<Desk>,
}

/// Connections that wait for use.
struct Pool<T>(Mutex<Vec<T>>);

impl<T> Pool<T> {
    fn take(&self) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    fn give(&self, connection: T) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(connection);
        }
    }
}

impl Study {
    fn new(store: Store) -> Result<Self, StudyError> {
        let reader = store.reopen()?;
        Ok(Self {
            id: store.uid()?,
            path: store.path().to_path_buf(),
            writer: Arc::new(tokio::sync::Mutex::new(store)),
            readers: Pool(Mutex::new(vec![reader])),
            desks: Pool(Mutex::new(Vec::new())),
        })
    }

    /// The name of its file.
    pub(crate) fn file(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    fn reader(&self) -> Result<Store, StudyError> {
        match self.readers.take() {
            Some(reader) => Ok(reader),
            None => Store::open_again(&self.path),
        }
    }

    /// One more connection for the office.
    pub(crate) fn office_connection(&self) -> Result<Store, StudyError> {
        Store::open_again(&self.path)
    }

    /// Reads as the office.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Store) -> Result<T, StudyError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let study = self.clone();
        blocking(move || {
            let mut reader = study.reader()?;
            let result = work(&mut reader);
            study.readers.give(reader);
            result
        })
        .await
    }

    /// Writes as the office, when it is this one's turn.
    pub(crate) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Store) -> Result<T, StudyError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let mut writer = self.writer.clone().lock_owned().await;
        blocking(move || work(&mut writer)).await
    }

    /// Reads at a rater's desk.
    pub(crate) async fn at_desk<T: Send + 'static>(
        self: &Arc<Self>,
        rater: &str,
        work: impl FnOnce(&Desk) -> Result<T, StudyError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (study, rater) = (self.clone(), rater.to_owned());
        blocking(move || {
            let desk = study.desk(&rater)?;
            let result = work(&desk);
            study.desks.give(desk);
            result
        })
        .await
    }

    /// Writes at a rater's desk, when it is this one's turn.
    pub(crate) async fn write_at_desk<T: Send + 'static>(
        self: &Arc<Self>,
        rater: &str,
        work: impl FnOnce(&mut Desk) -> Result<T, StudyError> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (study, rater) = (self.clone(), rater.to_owned());
        let turn = self.writer.clone().lock_owned().await;
        blocking(move || {
            let mut desk = study.desk(&rater)?;
            let result = work(&mut desk);
            drop(turn);
            study.desks.give(desk);
            result
        })
        .await
    }

    fn desk(&self, rater: &str) -> Result<Desk, StudyError> {
        match self.desks.take() {
            Some(mut desk) => {
                desk.seat(rater)?;
                Ok(desk)
            }
            None => {
                let reader = self.reader()?;
                let desk = reader.desk(rater);
                self.readers.give(reader);
                desk
            }
        }
    }
}

/// Runs what blocks where it may. A client that goes away does not stop what has begun.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StudyError> + Send + 'static,
) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result.map_err(Refusal::from),
        Err(error) => Err(Refusal::internal(error.to_string())),
    }
}

impl Studies {
    /// Opens all studies: files, and the studies in folders.
    pub(crate) fn open(paths: &[PathBuf]) -> Result<Self, ServerError> {
        let first = paths.first().ok_or(ServerError::Nothing)?;
        let folder = if first.is_dir() {
            first.clone()
        } else {
            first.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_path_buf()
        };
        let folders = paths.iter().filter(|path| path.is_dir()).cloned().collect();
        let studies = Self { all: RwLock::new(Vec::new()), folder, folders, turn: Mutex::new(()) };
        for path in paths {
            let files = if path.is_dir() { files_of(path)? } else { vec![path.clone()] };
            for file in files {
                let study = Study::new(Store::open(&file)?)?;
                if studies.get(&study.id).is_ok() {
                    return Err(ServerError::Copy { path: file });
                }
                studies.add(study);
            }
        }
        Ok(studies)
    }

    fn add(&self, study: Study) -> Arc<Study> {
        let study = Arc::new(study);
        self.all.write().unwrap_or_else(PoisonError::into_inner).push(study.clone());
        study
    }

    /// Takes in studies that have come into the folders, with the administrator's password if there is one. What is no whole
    /// study, such as one that is just being made, waits for the next time; a copy of a known study stays out.
    pub(crate) fn look_again(&self, password_hash: &str) {
        let _turn = self.turn();
        // A folder that cannot be read any more brings nothing new.
        let files = self.folders.iter().filter_map(|folder| files_of(folder).ok()).flatten();
        for file in files {
            if self.all().iter().any(|study| study.path == file) {
                continue;
            }
            _ = Store::open(&file).and_then(|mut store| {
                let uid = store.uid()?;
                if self.all().iter().any(|study| study.id == uid) {
                    return Ok(());
                }
                if !password_hash.is_empty() {
                    store.set_password_hash(password_hash)?;
                }
                self.admit(store).map(drop)
            });
        }
    }

    /// All studies in the order in which they came.
    pub(crate) fn all(&self) -> Vec<Arc<Study>> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The study of this id.
    pub(crate) fn get(&self, id: &str) -> Result<Arc<Study>, Refusal> {
        let found = self.all().into_iter().find(|study| study.id == id);
        found.ok_or_else(|| Refusal::new(ErrorCode::NotFound, "there is no such study; load the list of studies again"))
    }

    /// Waits for the turn to make a study: until then nobody finds the file that is being made.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where a new study of this name goes.
    pub(crate) fn path_for(&self, name: &str) -> Result<PathBuf, StudyError> {
        Ok(self.folder.join(repartee_service::admin::file_name(name)?))
    }

    /// Serves a study that was made or found just now.
    pub(crate) fn admit(&self, store: Store) -> Result<Arc<Study>, StudyError> {
        Ok(self.add(Study::new(store)?))
    }
}

/// The studies of a folder, by name.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>, ServerError> {
    let error = |source| ServerError::Folder { path: folder.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(error)? {
        let path = entry.map_err(error)?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "sqlite") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
