//! Progress on stderr: a bar on a terminal, now and then a line elsewhere.

use std::{
    io::IsTerminal as _,
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use repartee_engine::{Event, UpdateRecord, corpus::Split};

use crate::context::Global;

/// Elsewhere than on a terminal, a line at most this often.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// One task's progress.
pub(crate) struct Progress {
    bar: ProgressBar,
    quiet: bool,
    is_terminal: bool,
    what: String,
    last_line: Instant,
}

impl Progress {
    /// Of `total` units, or of an unknown number.
    pub(crate) fn new(global: &Global, what: &str, total: Option<u64>) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let bar = if global.quiet || !is_terminal { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let progress = Self { bar, quiet: global.quiet, is_terminal, what: what.to_owned(), last_line: Instant::now() };
        progress.set_total(total);
        progress
    }

    /// The number of units becomes known.
    pub(crate) fn set_total(&self, total: Option<u64>) {
        let template = match total {
            Some(total) => {
                self.bar.set_length(total);
                "{prefix} [{bar:24}] {human_pos}/{human_len} {msg} ({elapsed}, ETA {eta})"
            }
            None => "{prefix} {spinner} {human_pos} {msg} ({elapsed})",
        };
        let style = ProgressStyle::with_template(template).expect("the template is fixed and valid");
        self.bar.set_style(style.progress_chars("━╸ "));
        self.bar.set_prefix(self.what.clone());
    }

    /// Start counting rates and the ETA from here, when a task is continued.
    pub(crate) fn start_at(&self, position: u64) {
        self.bar.set_position(position);
        self.bar.reset_eta();
    }

    /// `position` units are done, and nothing else has changed.
    pub(crate) fn advance(&self, position: u64) {
        self.bar.set_position(position);
    }

    /// `position` units are done.
    pub(crate) fn set(&mut self, position: u64, message: &str) {
        self.bar.set_position(position);
        self.bar.set_message(message.to_owned());
        if !self.is_terminal && !self.quiet && self.last_line.elapsed() >= LINE_EVERY {
            self.last_line = Instant::now();
            let total = self.bar.length().map_or_else(String::new, |total| format!("/{total}"));
            let eta =
                self.bar.length().map_or_else(String::new, |_| format!(", ETA {}", HumanDuration(self.bar.eta())));
            eprintln!("{} {position}{total} {message}{eta}", self.what);
        }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        if self.quiet {
            return;
        }
        if self.is_terminal { self.bar.println(text) } else { eprintln!("{text}") }
    }

    /// The task is done.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Shows the events of training.
pub(crate) struct TrainingProgress {
    progress: Progress,
}

impl TrainingProgress {
    /// Before the first event.
    pub(crate) fn new(global: &Global) -> Self {
        Self { progress: Progress::new(global, "reading", None) }
    }

    /// Shows one event.
    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::Reading { split, n_pairs } => self.progress.set(*n_pairs, &format!("pairs of {split}")),
            Event::Started {
                n_parameters,
                n_pairs: [train, dev],
                n_dropped,
                update,
                max_updates,
                updates_per_epoch,
            } => {
                let resumed = if *update > 0 { format!(", continuing after update {update}") } else { String::new() };
                self.progress.line(&format!(
                    "{n_parameters} parameters, {train} training pairs ({updates_per_epoch} updates an epoch), {dev} of {}, \
                     {n_dropped} left out as too long or empty{resumed}",
                    Split::Dev
                ));
                self.progress.what = "training".to_owned();
                self.progress.set_total(Some(*max_updates));
                self.progress.start_at(*update);
            }
            Event::Stepped { update } => self.progress.advance(*update),
            Event::Updated(record) => self.progress.set(record.update, &describe(record)),
            Event::Evaluated { update, evaluation, best } => self.progress.line(&format!(
                "update {update}: dev {}, NLL per token {:.4} nats, {} active units{}",
                nll_and_kl(evaluation.nll_nats_per_sentence, evaluation.kl_nats_per_sentence),
                evaluation.nll_nats_per_token,
                evaluation.diagnostics.n_active_units,
                if *best { " (best)" } else { "" }
            )),
        }
    }

    /// Training is over.
    pub(crate) fn finish(&self) {
        self.progress.finish();
    }
}

fn describe(record: &UpdateRecord) -> String {
    format!(
        "{} |g| {:.1} lr {:.1e} {:.0} tokens/s",
        nll_and_kl(record.nll_nats_per_sentence, record.kl_nats_per_sentence),
        record.gradient_norm,
        record.learning_rate,
        record.tokens_per_second
    )
}

/// NLL and, for methods that have one, KL, in nats per sentence.
pub(crate) fn nll_and_kl(nll_nats: f64, kl_nats: Option<f64>) -> String {
    let kl = kl_nats.map_or_else(String::new, |kl| format!(", KL {kl:.3}"));
    format!("NLL {nll_nats:.3}{kl}")
}
