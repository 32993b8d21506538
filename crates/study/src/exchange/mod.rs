//! Files in and out: replies from anywhere, the authors' score sheets, and exports that re-import to the same study.
//!
//! Owns the formats and the messages about malformed cells. An import works on values in memory; only what is whole
//! reaches the store.

mod authors;
mod automatic;
mod csv;
mod long;
mod record;
mod replies;
mod whole;
mod workbook;

pub use authors::{Sheet, SheetItem, ratings_of_sheets, replies_of_sheet, replies_of_sheets};
pub use automatic::{AutomaticScore, automatic_scores};
pub use long::{Format, design_path, export, reimport};
pub use replies::{Controls, RepliesFrom, add_controls, add_controls_of, add_replies, add_replies_of};
pub use whole::write_whole;
