//! What went wrong, as the interface says it.

use repartee_train::TrainError;
use repartee_wire::engine::{EngineError, EngineErrorCode};
use wasm_bindgen::JsValue;

/// A model's file that cannot be used.
pub(crate) fn of_file(error: TrainError) -> EngineError {
    let code = match error {
        // A key or value that is not known: the file is of another version.
        TrainError::RunFile { .. } | TrainError::RunValue { .. } => EngineErrorCode::WrongVersion,
        _ => EngineErrorCode::Corrupt,
    };
    EngineError::new(code, error.to_string())
}

pub(crate) fn invalid(message: impl Into<String>) -> EngineError {
    EngineError::new(EngineErrorCode::Invalid, message)
}

/// As JSON, for the worker's script to pass on.
pub(crate) fn thrown(error: &EngineError) -> JsValue {
    serde_json::to_string(error).expect("a refusal is plain data").into()
}
