//! Replies from a trained model: many latents an utterance, each decoded by a strategy (beam search, sampling, greedy).
//! Owns decoding; reads no file.
//!
//! A strategy is one file in `strategies` and one line of its list. What it chooses from is a [`NextToken`], made in
//! `next_token` from the model's logits and the rules that hold for all strategies; `search` runs the searches of a
//! batch together, `decoder` makes the batches (tokens in, tokens out), `generator` turns texts into tokens and back,
//! `reply_set` merges, ranks and chooses; `draws` has the latents of a pair that a map shows.

mod batches;
mod controls;
mod decoder;
mod draws;
mod error;
mod generator;
mod latent;
mod next_token;
mod reply;
mod reply_set;
mod scoring;
mod search;
pub mod strategies;

pub use controls::Controls;
pub use decoder::{Decoder, Draw, Step};
pub use draws::{DrawOptions, Draws};
pub use error::GenerateError;
pub use generator::{Generator, MAX_UTTERANCE_TOKENS, Partial, Watch, block_on};
pub use latent::{Latent, Toward};
pub use next_token::NextToken;
pub use reply::{GenerateOptions, Reply};
pub use reply_set::{MAX_MARGINAL_LATENTS, Marginal};
pub use search::Ended;
pub use strategies::{DecodingStrategy, Strategy, beam::Beam, greedy::Greedy, sample::Sample};
