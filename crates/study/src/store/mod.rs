//! The file of a study: one SQLite database, in WAL mode outside of browsers. The only module with SQL.
//!
//! [`Store`] is the office's side and knows everything; [`Desk`] is a rater's side and can read only what a rater may
//! see. Every change after the freeze is an event of the log; the tables are a function of it.

mod access;
mod apply;
mod assign;
mod change;
mod content;
mod desk;
mod event;
mod file;
mod log;
mod merge;
mod migrate;
mod overview;
mod read;
mod restore;
mod sheets;
mod trial;
mod verify;

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::{Design, StudyError, random};

pub use access::{Invite, NewInvite, Visitor};
pub use assign::Next;
pub use change::{Change, Save};
pub use content::{Content, Expectation, Item, ItemKind, Reply};
pub use desk::{Card, Desk, Feedback, Finish, Page};
pub use event::{Note, Noted, PageKind, PageState, Revision};
pub use merge::merge;
pub use overview::{PageOverview, Standing};
pub use read::{Counts, Progress, RatedCard, RatedPage, Ratings};
pub use verify::Verified;

pub(crate) use event::{CardTaken, Event, PageTaken};

/// How long a connection waits for another one's transaction.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// A study, from the office's side. One connection; open one per thread.
pub struct Store {
    connection: Connection,
    path: PathBuf,
    secret: [u8; 32],
    design: Design,
}

impl Store {
    /// Makes a new study; the file appears whole or not at all.
    ///
    /// # Errors
    /// [`StudyError::Exists`], [`StudyError::Design`], or the file cannot be written.
    pub fn create(path: &Path, design: &Design, now_ms: i64) -> Result<Self, StudyError> {
        let (secret, uid) = (random::secret()?, random::opaque(&random::secret()?, &["study"]));
        Self::create_as(path, design, &uid, secret, now_ms)
    }

    fn create_as(path: &Path, design: &Design, uid: &str, secret: [u8; 32], now_ms: i64) -> Result<Self, StudyError> {
        design.check()?;
        file::create(path, |connection| {
            connection.execute_batch("PRAGMA foreign_keys = ON;")?;
            migrate::migrate(connection, path)?;
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO study (id, uid, design, secret) VALUES (1, ?1, ?2, ?3)",
                params![uid, design_json(design), secret],
            )?;
            let event = Event::Created { study: uid.to_owned(), secret: blake3::hash(&secret).to_hex().to_string() };
            log::append(&transaction, now_ms, &event)?;
            Ok(transaction.commit()?)
        })?;
        Self::open(path)
    }

    /// Opens a study, migrates it if an older program made it, and checks that the file is whole.
    ///
    /// # Errors
    /// [`StudyError::Missing`], [`StudyError::NotAStudy`], [`StudyError::TooNew`], [`StudyError::Damaged`].
    pub fn open(path: &Path) -> Result<Self, StudyError> {
        let store = Self::open_again(path)?;
        let damaged = |detail: String| StudyError::Damaged { path: path.to_path_buf(), detail };
        let verdict: String = store.connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict != "ok" {
            return Err(damaged(verdict));
        }
        let orphan: Option<String> =
            store.connection.query_row("PRAGMA foreign_key_check", [], |row| row.get(0)).optional()?;
        match orphan {
            Some(table) => Err(damaged(format!("a row of `{table}` refers to nothing"))),
            None => Ok(store),
        }
    }

    /// Another connection to the same study, for another thread; it was checked when it was opened first.
    ///
    /// # Errors
    /// As [`Store::open`], but for damage.
    pub fn reopen(&self) -> Result<Self, StudyError> {
        Self::open_again(&self.path)
    }

    /// A connection to a study that this program has opened, and so checked, before.
    ///
    /// # Errors
    /// As [`Store::open`], but for damage.
    pub fn open_again(path: &Path) -> Result<Self, StudyError> {
        let missing = || StudyError::Missing { path: path.to_path_buf() };
        if file::is_missing(path) {
            return Err(missing());
        }
        let foreign = |source: rusqlite::Error| {
            let not_a_study = || StudyError::NotAStudy { path: path.to_path_buf(), reason: source.to_string() };
            if file::was_missing(&source) { missing() } else { not_a_study() }
        };
        let mut connection = connect(path).map_err(foreign)?;
        migrate::migrate(&mut connection, path)?;
        let (design, secret): (String, [u8; 32]) = connection
            .query_row("SELECT design, secret FROM study", [], |row| Ok((row.get(0)?, row.get(1)?)))
            .map_err(foreign)?;
        let design = serde_json::from_str(&design).map_err(|error| StudyError::Damaged {
            path: path.to_path_buf(),
            detail: format!("its design: {error}"),
        })?;
        Ok(Self { connection, path: path.to_path_buf(), secret, design })
    }

    /// Writes a copy while others may go on rating; the copy appears whole or not at all.
    ///
    /// # Errors
    /// [`StudyError::Exists`], or the copy cannot be written.
    pub fn backup(&self, to: &Path) -> Result<(), StudyError> {
        file::create(to, |copy| {
            let backup = rusqlite::backup::Backup::new(&self.connection, copy)?;
            backup.run_to_completion(1_000, Duration::from_millis(1), None)?;
            drop(backup);
            // A journal mode is part of the file; WAL would leave two more files beside the temporary one.
            Ok(copy.pragma_update(None, "journal_mode", "DELETE")?)
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The design.
    #[must_use]
    pub fn design(&self) -> &Design {
        &self.design
    }

    /// The hash of design and content, once they are frozen.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn design_hash(&self) -> Result<Option<String>, StudyError> {
        Ok(self.connection.query_row("SELECT design_hash FROM study", [], |row| row.get(0))?)
    }

    /// The study's own id: copies of one study share it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn uid(&self) -> Result<String, StudyError> {
        Ok(self.connection.query_row("SELECT uid FROM study", [], |row| row.get(0))?)
    }

    /// How many events the log has and the hash of the last one: equal heads, equal ratings.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn log_head(&self) -> Result<(i64, [u8; 32]), StudyError> {
        log::head(&self.connection)
    }

    /// Runs `work` in one writing transaction.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&rusqlite::Transaction<'_>) -> Result<T, StudyError>,
    ) -> Result<T, StudyError> {
        // IMMEDIATE takes the write lock at once: a deferred one could fail half-way when two want to write.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// The design as it is stored and hashed: fields in the order of the struct.
fn design_json(design: &Design) -> String {
    serde_json::to_string(design).expect("a design is plain data")
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, file::FLAGS)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", file::JOURNAL_MODE)?;
    // FULL: an acknowledged rating survives a loss of power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}
