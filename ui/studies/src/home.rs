//! Where the files lie: in the browser's own file system for this site (OPFS), or in memory.
//!
//! A new study is made in memory and kept once it is whole: the browser's file gets its name last, so that a tab that ends
//! half-way leaves nothing. SQLite's journals bring an interrupted change of a kept study to an end.

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf};

use repartee_service::{Refused, admin};
use repartee_study::{Store, StudyError};
use repartee_wire::{ErrorCode, tab};
use sqlite_wasm_rs::{
    WasmOsCallback,
    vfs::{VfsFilesManager as _, memvfs::MemVfsUtil, transfer::DbTransfer as _},
};
use sqlite_wasm_vfs::sahpool::{OpfsSAHError, OpfsSAHPoolCfgBuilder, OpfsSAHPoolUtil, install};
use wasm_bindgen::{JsCast as _, JsValue};

/// SQLite's name of the layer below, and the folder.
const VFS: &str = "repartee-opfs";
const FOLDER: &str = "repartee/studies";

/// In memory: the study that is being made.
const MAKING: &str = "making";

/// Files that may be needed beside a study and its journal.
const SPARE: usize = 4;

/// See the module.
pub(crate) struct Home {
    /// The browser's files; none where there is only memory.
    pool: Option<OpfsSAHPoolUtil>,
    why_not: Option<String>,
    /// Files by the ids of their studies.
    files: RefCell<BTreeMap<String, String>>,
}

impl Home {
    /// Takes the files, or memory where the browser keeps none.
    pub(crate) async fn open() -> Result<Self, JsValue> {
        let how = OpfsSAHPoolCfgBuilder::new().vfs_name(VFS).directory(FOLDER).initial_capacity(SPARE + 2).build();
        let (pool, why_not) = match install::<WasmOsCallback>(&how, false).await {
            Ok(pool) => (Some(pool), None),
            Err(error) if is_taken(&error) => return Err(error.to_string().into()),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Self { pool, why_not, files: RefCell::default() })
    }

    /// Takes the files that [`Home::close`] gave away.
    pub(crate) async fn again(&self) -> Result<(), JsValue> {
        self.files.borrow_mut().clear();
        match &self.pool {
            Some(pool) => pool.resume().await.map_err(|error| error.to_string().into()),
            None => Ok(()),
        }
    }

    /// Gives the files away. Whether they are free.
    pub(crate) fn close(&self) -> bool {
        self.pool.as_ref().is_none_or(|pool| pool.pause().is_ok())
    }

    /// What whoever asks is told.
    pub(crate) fn about(&self) -> Result<tab::Home, Refused> {
        let damaged = self.names()?.into_iter().filter_map(|file| {
            let error = Store::open_again(&self.path(&file)).err()?;
            Some(tab::Damaged { message: error.to_string(), file })
        });
        Ok(tab::Home { is_kept: self.pool.is_some(), why_not: self.why_not.clone(), damaged: damaged.collect() })
    }

    /// The names of the studies' files.
    pub(crate) fn names(&self) -> Result<Vec<String>, Refused> {
        let names = match &self.pool {
            Some(pool) => pool.names().map_err(storage)?,
            None => memory()?.names().unwrap_or_default(),
        };
        let mut names: Vec<String> = names.into_iter().filter(|name| name.ends_with(".sqlite")).collect();
        names.sort();
        Ok(names)
    }

    fn path(&self, file: &str) -> PathBuf {
        // Names of files are letters, digits and hyphens, which need no escape.
        if self.pool.is_some() { format!("file:{file}?vfs={VFS}").into() } else { file.into() }
    }

    /// Opens a file.
    pub(crate) fn store(&self, file: &str) -> Result<Store, StudyError> {
        Store::open_again(&self.path(file))
    }

    /// The file of a study.
    pub(crate) fn file(&self, study: &str) -> Result<String, Refused> {
        if let Some(file) = self.files.borrow().get(study) {
            return Ok(file.clone());
        }
        for file in self.names()? {
            if let Ok(store) = self.store(&file) {
                self.files.borrow_mut().insert(store.uid()?, file);
            }
        }
        let gone = || Refused::new(ErrorCode::NotFound, "there is no such study; load the list of studies again");
        self.files.borrow().get(study).cloned().ok_or_else(gone)
    }

    /// Makes a study in memory by `make`, which gets a path, and keeps it. Returns the name of its file.
    pub(crate) async fn make(
        &self,
        make: impl FnOnce(&std::path::Path) -> Result<Store, StudyError>,
    ) -> Result<String, Refused> {
        self.clear()?;
        let made = make(MAKING.as_ref()).map_err(Refused::from).and_then(|store| self.name(&store));
        let file = match made {
            Ok(file) => file,
            Err(refused) => {
                self.clear()?;
                return Err(refused);
            }
        };
        let bytes = memory()?.export_db(MAKING).map_err(|error| internal(&error));
        self.clear()?;
        self.keep(&file, &bytes?).await?;
        Ok(file)
    }

    /// Makes a study of a file's bytes, which must be one.
    pub(crate) async fn admit(&self, mut bytes: Vec<u8>) -> Result<String, Refused> {
        // Where readers do not wait for writers (WAL), the header says 2; here there is no such thing.
        if let Some([write, read]) = bytes.get_mut(18..20) {
            (*write, *read) = ((*write).min(1), (*read).min(1));
        }
        let not_one = "this is no study; choose a file that `repartee study create` or an export of a study made";
        self.clear()?;
        memory()?.import_db(MAKING, &bytes).map_err(|_| Refused::new(ErrorCode::Invalid, not_one))?;
        drop(bytes);
        let making = |path: &std::path::Path| match Store::open(path) {
            Err(StudyError::NotAStudy { .. }) => {
                Err(StudyError::Field { field: "file", problem: "is no study; choose another".to_owned() })
            }
            other => other,
        };
        let made = making(MAKING.as_ref()).map_err(Refused::from).and_then(|store| self.name(&store));
        let bytes = memory()?.export_db(MAKING).map_err(|error| internal(&error));
        self.clear()?;
        let file = made?;
        self.keep(&file, &bytes?).await?;
        Ok(file)
    }

    /// A name for a study that is not here yet.
    fn name(&self, store: &Store) -> Result<String, Refused> {
        let is_here = self.file(&store.uid()?).is_ok();
        let told =
            "this study is here already; export it and delete it first, or merge both with `repartee study merge`";
        if is_here { Err(Refused::new(ErrorCode::Exists, told)) } else { Ok(admin::file_name(&store.design().name)?) }
    }

    async fn keep(&self, file: &str, bytes: &[u8]) -> Result<(), Refused> {
        let Some(pool) = &self.pool else { return memory()?.import_db(file, bytes).map_err(|error| internal(&error)) };
        // Each study has a journal; the pool gives files only where it has some to spare.
        let wanted = 2 * (self.names()?.len() + 1) + SPARE;
        pool.ensure_capacity(wanted).await.map_err(storage)?;
        pool.import_db(file, bytes).map_err(storage)
    }

    /// The bytes of a study's file.
    pub(crate) fn bytes(&self, file: &str) -> Result<Vec<u8>, Refused> {
        match &self.pool {
            Some(pool) => pool.export_db(file).map_err(storage),
            None => memory()?.export_db(file).map_err(|error| internal(&error)),
        }
    }

    /// Takes a study away.
    pub(crate) fn remove(&self, file: &str) -> Result<(), Refused> {
        self.files.borrow_mut().retain(|_, known| known != file);
        // First the study: a journal without one is nothing.
        for name in [file.to_owned(), format!("{file}-journal")] {
            match &self.pool {
                Some(pool) => _ = pool.remove(&name).map_err(storage)?,
                None => _ = memory()?.remove(&name),
            }
        }
        Ok(())
    }

    fn clear(&self) -> Result<(), Refused> {
        let memory = memory()?;
        for name in [MAKING.to_owned(), format!("{MAKING}-journal")] {
            _ = memory.remove(&name);
        }
        Ok(())
    }
}

#[expect(unsafe_code, reason = "the one thread of this worker is all that ever uses SQLite")]
fn memory() -> Result<MemVfsUtil, Refused> {
    // SAFETY: a worker has one thread, which installed the layer.
    unsafe { MemVfsUtil::get() }.map_err(|error| internal(&error))
}

fn internal(error: &impl ToString) -> Refused {
    Refused { detail: Some(error.to_string()), ..Refused::new(ErrorCode::Internal, "this could not be done") }
}

/// The name that the browser gave to an error.
fn name_of(error: &OpfsSAHError) -> String {
    let OpfsSAHError::Opfs { value, .. } = error else { return String::new() };
    value.dyn_ref::<js_sys::Error>().map(|error| String::from(error.name())).unwrap_or_default()
}

/// Whether another worker has the files.
fn is_taken(error: &OpfsSAHError) -> bool {
    ["NoModificationAllowedError", "InvalidStateError"].contains(&name_of(error).as_str())
}

/// What the browser's files could not do.
fn storage(error: OpfsSAHError) -> Refused {
    if let OpfsSAHError::Cleanup { error, .. } = error {
        return storage(*error);
    }
    if name_of(&error) == "QuotaExceededError" {
        let told = "no space is left where the studies lie, and nothing was written; free some, then try again";
        return Refused::new(ErrorCode::StorageFull, told);
    }
    internal(&error)
}
