//! One line of JSON output: an utterance, its replies, and everything that made them.

use repartee_engine::{GenerateOptions, Latent, LoadedRun, MAX_UTTERANCE_TOKENS, Presentation, Reply, ReplyRequest};
use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::commands) struct Record {
    pub(super) context: String,
    /// Of a longer utterance, only so many tokens were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cut_after_tokens: Option<usize>,
    pub(super) replies: Vec<Reply>,
    #[serde(flatten)]
    pub(super) settings: Settings,
}

/// What replies depend on beside the utterance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::commands) struct Settings {
    #[serde(flatten)]
    options: GenerateOptions,
    presentation: Presentation,
    /// The latents that were asked for, if any were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latents: Option<Vec<Latent>>,
    /// Updates that the model had seen.
    update: u64,
}

impl Settings {
    pub(super) fn new(run: &LoadedRun, request: &ReplyRequest) -> Self {
        let ReplyRequest { options, latents, presentation } = request.clone();
        Self { options, presentation, latents, update: run.update }
    }
}

impl Record {
    /// The record of one answer.
    ///
    /// # Errors
    /// When the utterance's tokens cannot be told.
    pub(in crate::commands) fn new(
        context: String,
        replies: Vec<Reply>,
        run: &LoadedRun,
        request: &ReplyRequest,
    ) -> anyhow::Result<Self> {
        let cut_after_tokens = run.is_cut(&context)?.then_some(MAX_UTTERANCE_TOKENS);
        Ok(Self { context, cut_after_tokens, replies, settings: Settings::new(run, request) })
    }

    /// As text: the utterance, then one reply a line after a tab.
    pub(super) fn text(&self) -> String {
        let lines = self.replies.iter().map(|reply| format!("\n\t{}", reply.text));
        std::iter::once(self.context.clone()).chain(lines).collect()
    }
}
