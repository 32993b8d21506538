//! Loss parts: per sentence, in nats, `[B]`. One place reduces them: the training loop.

pub mod bow;
pub mod fusion;
pub mod kl;
pub mod reconstruction;
