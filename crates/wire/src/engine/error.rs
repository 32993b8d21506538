//! Why an engine refuses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A refusal: a code for programs and a line for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineError {
    /// For programs.
    pub code: EngineErrorCode,
    /// One line: what is wrong and what to do. In English.
    pub message: String,
}

impl EngineError {
    /// A refusal.
    pub fn new(code: EngineErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for EngineError {}

/// Kinds of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EngineErrorCode {
    /// A value is out of range, or the utterance has no text.
    Invalid,
    /// The pages were opened without the key that the program gave.
    Unauthorized,
    /// There is no such model, run, corpus or configuration.
    NotFound,
    /// The model is not open; open it first.
    NotOpen,
    /// This engine cannot do that, for instance train in a browser.
    Unsupported,
    /// A file is damaged: its hash or its contents are wrong.
    Corrupt,
    /// A file is of a version that this engine does not read.
    WrongVersion,
    /// The files cannot be fetched; the connection may be gone.
    Unreachable,
    /// The browser's storage for this site, or the disk, is full.
    Quota,
    /// There is not enough memory.
    OutOfMemory,
    /// WebGPU or a feature of it is missing.
    NoWebgpu,
    /// The graphics device was lost.
    LostDevice,
    /// Something else is under way that does not go together with this.
    Busy,
    /// It was stopped as asked.
    Stopped,
    /// The engine's own fault.
    Internal,
}
