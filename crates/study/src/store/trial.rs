//! A trial: a new study of the same design and items, whose every id and order follows from a seed. For simulations that
//! can be made again; people's ids come from the operating system, so that no one can know them.

use std::path::Path;

use rusqlite::TransactionBehavior;

use crate::{StudyError, random};

use super::{Store, content};

impl Store {
    /// Writes a frozen trial of this study into a new file, which appears whole or not at all. Equal seeds, designs and
    /// items give equal ids and orders.
    ///
    /// # Errors
    /// [`StudyError::Exists`], [`StudyError::Incomplete`].
    pub fn trial(&self, path: &Path, seed: u64, now_ms: i64) -> Result<Self, StudyError> {
        let content = self.content()?;
        content.check_complete(&self.design)?;
        let mut hasher = blake3::Hasher::new_derive_key("repartee study trial v1");
        hasher.update(&seed.to_le_bytes()).update(content.hash(&self.design).as_bytes());
        let secret = *hasher.finalize().as_bytes();
        let uid = random::opaque(&secret, &["study"]);
        let mut trial = Self::create_as(path, &self.design, &uid, secret, now_ms)?;
        let written = trial.begin(&content).and_then(|()| trial.freeze(now_ms));
        if let Err(error) = written {
            drop(trial);
            // The error to tell is the first one, whether or not the useless file can be removed.
            let _ = fs_err::remove_file(path);
            return Err(error);
        }
        Ok(trial)
    }

    fn begin(&mut self, content: &content::Content) -> Result<(), StudyError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        content::write(&transaction, content)?;
        Ok(transaction.commit()?)
    }
}
