//! What went wrong, as the interface says it.

use std::{any::Any, error::Error};

use repartee_engine::{EngineError as Fault, TrainError, corpus::CorpusError};
use repartee_wire::engine::{EngineError, EngineErrorCode as Code};

pub(crate) fn invalid(message: impl Into<String>) -> EngineError {
    EngineError::new(Code::Invalid, message)
}

/// An error of a use case.
pub(crate) fn of(error: &Fault) -> EngineError {
    let code = match error {
        Fault::Train(error) => of_train(error),
        Fault::Corpus(CorpusError::Read { source, .. }) => of_io(source),
        Fault::Corpus(_) => Code::Corrupt,
        Fault::Generate(error) => return repartee_answer::refusal(error),
        Fault::NoAdapter | Fault::AdapterIndex { .. } => Code::NotFound,
        Fault::OpenAdapter { .. } => Code::LostDevice,
        Fault::NoRunFile { .. } | Fault::NoVocabulary { .. } => Code::NotFound,
        Fault::WriteResults { source, .. } => of_io(source),
        _ => Code::Invalid,
    };
    EngineError::new(code, one_line(error))
}

fn of_train(error: &TrainError) -> Code {
    match error {
        TrainError::Read { source, .. } | TrainError::Write { source, .. } => of_io(source),
        // A key or value that is not known: the file is of another version.
        TrainError::RunFile { .. } | TrainError::RunValue { .. } => Code::WrongVersion,
        TrainError::NotARun { .. } => Code::NotFound,
        TrainError::Busy { .. } => Code::Busy,
        TrainError::Checkpoint { .. } | TrainError::Changed { .. } | TrainError::Corpus(_) => Code::Corrupt,
        _ => Code::Invalid,
    }
}

fn of_io(error: &std::io::Error) -> Code {
    match error.kind() {
        std::io::ErrorKind::NotFound => Code::NotFound,
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::Quota,
        std::io::ErrorKind::OutOfMemory => Code::OutOfMemory,
        _ => Code::Internal,
    }
}

/// A file that cannot be read or written.
pub(crate) fn of_file(path: &std::path::Path, error: &std::io::Error) -> EngineError {
    EngineError::new(of_io(error), format!("`{}`: {error}; check the folder and the space on the disk", path.display()))
}

/// A panic, which is a bug.
pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> EngineError {
    let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let said = said.unwrap_or("it panicked").split_whitespace().collect::<Vec<_>>().join(" ");
    EngineError::new(Code::Internal, format!("the engine broke off ({said}); try again"))
}

/// An error and its causes on one line; causes that repeat what was said are left out.
fn one_line(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
