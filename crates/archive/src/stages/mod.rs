//! The stages of a build: `read` posts, `link` them to trees, `pair` them, and write the `split`s. What fits in
//! memory stays there; else each leaves files in the work folder and is not done again when they are there.

pub(crate) mod judge;
pub(crate) mod link;
mod link_in_memory;
pub(crate) mod near_duplicates;
pub(crate) mod pair;
mod pairs;
pub(crate) mod read;
pub(crate) mod resolve;
pub(crate) mod segments;
pub(crate) mod split;
pub(crate) mod tree;
