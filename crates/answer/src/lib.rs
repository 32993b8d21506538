//! Answers to an engine's tasks about an open model: replies and maps of latents, with the events that `repartee-wire`
//! has for them. The same code in a browser's worker and in the program, so that equal names give equal replies.
//!
//! Owns no model, no file, no clock and no thread: whoever calls has a [`Listener`], and between steps the futures give way
//! once, so that a browser hears its messages.

mod map;
mod pause;
mod replies;

use repartee_generate::{GenerateError, Generator};
use repartee_wire::engine::{EngineError, EngineErrorCode};
use serde::Serialize;

pub use map::{Map, arrange, draw};
pub use replies::{decode, generate};

/// An open model.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    /// It, with its vocabulary and device.
    pub generator: Generator<'a>,
    /// Tokens of a side of a pair that it was trained on at most, `</s>` included.
    pub max_side: usize,
    /// Tokens after which its replies are ended, where the task does not say.
    pub max_length: usize,
}

/// Who hears of a task.
pub trait Listener {
    /// An event, as JSON.
    fn tell(&self, event: String);

    /// Whether the task was told to stop.
    fn is_stopped(&self) -> bool;

    /// Milliseconds since some moment.
    fn now_ms(&self) -> f64;
}

fn tell(listener: &dyn Listener, event: &impl Serialize) {
    listener.tell(serde_json::to_string(event).expect("events are plain data"));
}

fn invalid(message: impl Into<String>) -> EngineError {
    EngineError::new(EngineErrorCode::Invalid, message)
}

/// A refusal of generation, as the interface says it.
pub fn refusal(error: &GenerateError) -> EngineError {
    let code = match error {
        GenerateError::Stopped => EngineErrorCode::Stopped,
        GenerateError::Device { message } if message.to_lowercase().contains("memory") => EngineErrorCode::OutOfMemory,
        GenerateError::Device { .. } => EngineErrorCode::LostDevice,
        GenerateError::NotFinite { .. } => EngineErrorCode::Corrupt,
        _ => EngineErrorCode::Invalid,
    };
    EngineError::new(code, error.to_string())
}
