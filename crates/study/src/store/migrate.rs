//! Migrations: numbered SQL files, each applied once; `user_version` counts them, `application_id` marks our files.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::StudyError;

/// One line for each file of `migrations`, in order; a released file never changes.
const MIGRATIONS: [&str; 2] =
    [include_str!("../../migrations/0001_study.sql"), include_str!("../../migrations/0002_access.sql")];

/// "rpst".
const APPLICATION_ID: i32 = 0x7270_7374;

/// Brings a database up to date; a new one becomes ours.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StudyError> {
    let not_ours = |reason: String| StudyError::NotAStudy { path: path.to_path_buf(), reason };
    let read = |connection: &Connection, name: &str| {
        connection.pragma_query_value(None, name, |row| row.get(0)).map_err(|error| not_ours(error.to_string()))
    };
    let (id, version): (i32, i32) = (read(connection, "application_id")?, read(connection, "user_version")?);
    let found = u32::try_from(version).map_err(|_| not_ours("its version is negative".to_owned()))?;
    let known = MIGRATIONS.len() as u32;
    if id != APPLICATION_ID && (id, found) != (0, 0) {
        return Err(not_ours("another program made it".to_owned()));
    }
    if found > known {
        return Err(StudyError::TooNew { path: path.to_path_buf(), found, known });
    }
    if found == known {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if found == 0 {
        let n_tables: u32 = transaction.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |row| row.get(0))?;
        if n_tables > 0 {
            return Err(not_ours("another program made it".to_owned()));
        }
    }
    for (migration, number) in MIGRATIONS.iter().zip(1..).skip(found as usize) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", number)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}
