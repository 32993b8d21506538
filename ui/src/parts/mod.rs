//! Parts that several pages use.

mod dialog;
mod download;
mod meter;

pub(crate) use dialog::Dialog;
pub(crate) use download::Download;
pub(crate) use meter::Meter;
