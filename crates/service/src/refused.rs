//! How the study's errors are told.

use repartee_study::StudyError;
use repartee_wire::{ApiError, ErrorCode, ImportPlace};

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// For whoever asked.
    pub error: ApiError,
    /// What is not theirs to know: paths, and the words of SQLite.
    pub detail: Option<String>,
}

impl Refused {
    /// With words for whoever asked.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { error: ApiError { code, message: message.into(), place: None }, detail: None }
    }

    fn at(message: String, place: ImportPlace) -> Self {
        let error = ApiError { code: ErrorCode::Import, message, place: Some(place) };
        Self { error, detail: None }
    }
}

impl From<StudyError> for Refused {
    fn from(error: StudyError) -> Self {
        let message = error.to_string();
        if error.is_full() {
            let told = "no space is left where the study lies, and nothing was written; free some, then try again";
            return Self { detail: Some(message), ..Self::new(ErrorCode::StorageFull, told) };
        }
        let place = |path: &std::path::Path, row, column, reason: String| ImportPlace {
            file: path.display().to_string(),
            row,
            column,
            reason,
        };
        let code = match error {
            StudyError::Cell { path, row, column, reason } => {
                return Self::at(message, place(&path, Some(row), Some(column), reason));
            }
            StudyError::ImportFile { path, reason } => return Self::at(message, place(&path, None, None, reason)),
            StudyError::NotYours { .. } | StudyError::UnknownInvite { .. } | StudyError::UnknownRater { .. } => {
                ErrorCode::NotFound
            }
            StudyError::Abandoned => ErrorCode::HandedOn,
            StudyError::RevisionClash { .. } => ErrorCode::RevisionClash,
            StudyError::Judgement { .. }
            | StudyError::Field { .. }
            | StudyError::RaterName { .. }
            | StudyError::Design { .. }
            | StudyError::DesignSyntax { .. }
            | StudyError::Workbook { .. } => ErrorCode::Invalid,
            StudyError::Frozen => ErrorCode::Frozen,
            StudyError::NotFrozen => ErrorCode::NotFrozen,
            StudyError::Incomplete { .. } => ErrorCode::Incomplete,
            StudyError::NoRatings => ErrorCode::NoRatings,
            StudyError::Tampered { .. } => ErrorCode::Tampered,
            StudyError::Exists { .. } => {
                return Self::new(ErrorCode::Exists, "a study of this name is there already; choose another name");
            }
            _ => {
                let told = "the server could not do this; try again, and tell whoever runs it";
                return Self { detail: Some(message), ..Self::new(ErrorCode::Internal, told) };
            }
        };
        Self::new(code, message)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn a_full_disk_is_told_and_paths_are_not() {
        let write = |kind: io::ErrorKind| {
            let path = "/secret/a.sqlite".into();
            Refused::from(StudyError::Write { path, source: kind.into() })
        };
        let full = write(io::ErrorKind::StorageFull);
        assert_eq!((full.error.code, full.error.code.status()), (ErrorCode::StorageFull, 507));
        let other = write(io::ErrorKind::PermissionDenied);
        assert_eq!(other.error.code, ErrorCode::Internal);
        for refused in [full, other] {
            assert!(!refused.error.message.contains("secret"), "{}", refused.error.message);
            assert!(refused.detail.is_some_and(|detail| detail.contains("secret")));
        }
    }
}
