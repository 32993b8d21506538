//! Memory that is used again: fresh pages for every block of a file cost more than what is read into them.

use std::sync::{Mutex, PoisonError};

/// Empty vectors that keep what they allocated, for all threads.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Vec<Vec<u8>>>);

impl Memory {
    /// One that was given back, or a new one.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Takes back what is needed no more.
    pub(crate) fn give(&self, mut used: Vec<u8>) {
        used.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(used);
    }
}
