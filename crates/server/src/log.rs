//! The log of requests: one JSON object a line. It has routes, not paths, and no bodies: no link, no reply, no judgement,
//! no name comes into it.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Where the log goes.
#[derive(Clone)]
pub struct Log(Arc<Mutex<Box<dyn Write + Send>>>);

impl Log {
    /// To a writer.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(writer))))
    }

    /// To stderr.
    #[must_use]
    pub fn stderr() -> Self {
        Self::to(std::io::stderr())
    }

    /// Nowhere.
    #[must_use]
    pub fn silent() -> Self {
        Self::to(std::io::sink())
    }

    /// One line. A log that cannot be written must not stop the server.
    pub(crate) fn line(&self, value: &Value) {
        let mut writer = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(writer, "{value}");
    }
}
