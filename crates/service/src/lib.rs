//! What raters and administrators ask of a study, answered in the words of `repartee-wire`: the part of the server that is
//! not HTTP. The server and a browser's worker both call it.
//!
//! Owns the conversion between the study's types and the wire's, and how the study's errors are told. Raters' requests
//! are in [`rater`]: what raters get is copied field by field from types that know no system. Administrators' are in
//! [`admin`] and [`documents`].
//! No sessions, no threads, no clock (`now_ms` is an argument); builds for wasm.

pub mod admin;
mod convert;
pub mod documents;
pub mod rater;
mod refused;

pub use refused::Refused;
