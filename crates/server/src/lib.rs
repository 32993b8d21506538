//! The server of a study.
