//! Replies on the screen while they grow, and when they are complete.

use std::time::{Duration, Instant};

use console::Term;
use repartee_engine::{Partial, Reply};

use super::super::print_line;
use crate::context::Global;

/// Redrawing more often than this only flickers.
const REDRAW_EVERY: Duration = Duration::from_millis(40);

/// Growing replies on stderr, where it is a terminal.
pub(super) struct Display {
    term: Option<Term>,
    texts: Vec<String>,
    n_drawn: usize,
    last: Option<Instant>,
}

impl Display {
    /// Room for the replies of `n_samples` latents, as far as the screen goes.
    pub(super) fn new(global: &Global, n_samples: usize) -> Self {
        let term = Some(Term::stderr()).filter(|term| term.is_term() && !global.quiet);
        let n_rows = term.as_ref().map_or(0, |term| usize::from(term.size().0).saturating_sub(2));
        Self { term, texts: vec![String::new(); n_samples.min(n_rows)], n_drawn: 0, last: None }
    }

    /// Draws the replies as they stand. What goes wrong on the screen is no reason to stop.
    pub(super) fn show(&mut self, partials: &dyn Fn() -> Vec<Partial>) {
        let Some(term) = &self.term else { return };
        if self.last.is_some_and(|last| last.elapsed() < REDRAW_EVERY) {
            return;
        }
        self.last = Some(Instant::now());
        for partial in partials() {
            if let Some(text) = self.texts.get_mut(partial.sample) {
                *text = partial.text;
            }
        }
        let width = usize::from(term.size().1).saturating_sub(1);
        let lines: Vec<String> = self
            .texts
            .iter()
            .map(|text| console::truncate_str(&format!("  · {}", text.replace('\n', " ")), width, "…").into_owned())
            .collect();
        let _ = term.clear_last_lines(self.n_drawn).and_then(|()| term.write_line(&lines.join("\n")));
        self.n_drawn = lines.len();
    }

    /// Removes what was drawn.
    pub(super) fn clear(&mut self) {
        if let Some(term) = &self.term {
            let _ = term.clear_last_lines(self.n_drawn);
        }
        self.n_drawn = 0;
    }
}

/// Complete replies with their numbers, and the latents that gave them.
pub(super) fn print(replies: &[Reply]) -> anyhow::Result<()> {
    for (number, reply) in (1..).zip(replies) {
        let more = match reply.also_from.len() {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let latent = console::style(format!("  z {}{more}", reply.latent)).dim();
        print_line(&format!("{number:3}  {}{latent}", reply.text))?;
    }
    Ok(())
}
