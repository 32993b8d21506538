//! Parts that several pages use.

mod dialog;
mod meter;

pub(crate) use dialog::Dialog;
pub(crate) use meter::Meter;
