//! Why nothing could be generated.

use repartee_corpus::CorpusError;

/// See the module.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says what its fields are")]
pub enum GenerateError {
    #[error("utterance {number} has no token left after normalisation; give it some text")]
    EmptyUtterance { number: usize },
    #[error("the model gave a probability that is not a number for utterance {number}; train it again")]
    NotFinite { number: usize },
    #[error("{rule}; correct it")]
    Options { rule: String },
    #[error("`{text}` names no latent; write a z seed, as replies carry it, or two as 12-34@0.5 for one between them")]
    Latent { text: String },
    #[error("the {side} `{text}` has {n_tokens} tokens; give 1 to {most}")]
    Side { side: &'static str, text: String, n_tokens: usize, most: usize },
    #[error("the device gave no answer: {message}; try again, or use --device cpu")]
    Device { message: String },
    #[error("stopped before the replies were complete")]
    Stopped,
    #[error(transparent)]
    Corpus(#[from] CorpusError),
}

impl GenerateError {
    /// A device that was lost, or has no memory left.
    pub(crate) fn device(error: impl std::fmt::Display) -> Self {
        Self::Device { message: error.to_string().split_whitespace().collect::<Vec<_>>().join(" ") }
    }
}
