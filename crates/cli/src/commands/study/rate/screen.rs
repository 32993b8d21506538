//! What a rater sees. Marks are letters as well as colours.

use anyhow::Context as _;
use console::{Term, style};
use repartee_study::{Card, Criterion, Judgement, PageState};

use super::session::Session;

/// The help.
pub(super) const KEYS: &str = "\
  1 to 5        sensibleness, then specificity of the marked reply
  q w e r t     specificity 1 to 5
  0             specificity: too noisy to judge
  s             skip the reply, with a reason
  u             undo
  Enter         finish the page, or go to what is missing
  up, down      previous and next reply (also Backspace and Tab)
  n             next reply that is not judged
  p, Page Up    previous page; Page Down: next page
  g             guidelines
  Esc, Ctrl-C   stop; everything is saved at once";

/// Draws the page.
pub(super) fn draw(terminal: &Term, session: &Session) -> anyhow::Result<()> {
    let page = session.page();
    let (card_idx, criterion) = session.place();
    let mut text = format!("Page {}", page.number);
    if page.training {
        text += " (practice)";
    }
    if page.state == PageState::Done {
        text += " (finished; changes are still saved)";
    }
    text += &format!("   {}\n\n", style("? keys  g guidelines  Esc stop").dim());
    text += &format!("  {}\n\n", style(&page.context).bold());
    for (index, card) in page.cards.iter().enumerate() {
        let is_here = index == card_idx;
        let mark = if is_here { style(">").bold().to_string() } else { " ".to_owned() };
        text += &format!("{mark} {}\n    {}\n\n", card.reply, scores(card, is_here.then_some(criterion)));
    }
    text += &if session.is_complete() {
        format!("{}\n", style("Everything is judged and saved. Enter: next page.").green())
    } else {
        format!("{}: {}\n", style(criterion).bold(), question(criterion))
    };
    if !session.message().is_empty() {
        text += &format!("{}\n", session.message());
    }
    terminal.clear_screen().and_then(|()| terminal.write_str(&text)).context("cannot write to the terminal")
}

fn question(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::Sensibleness => "does the reply make sense here? 1 not at all … 5 completely",
        Criterion::Specificity => "does it belong to this utterance? 1 fits anything … 5 fits only here; 0 too noisy",
    }
}

fn scores(card: &Card, asked: Option<Criterion>) -> String {
    let one = |criterion: Criterion| {
        let judgement = match card.judgement(criterion) {
            Judgement::Unrated if asked == Some(criterion) => "_".to_owned(),
            Judgement::Unrated => "·".to_owned(),
            Judgement::TooNoisy => "0 (too noisy)".to_owned(),
            Judgement::Points { points } => points.get().to_string(),
            Judgement::Skipped { reason } => format!("skipped ({reason})"),
        };
        let text = format!("{criterion} {judgement}");
        if asked == Some(criterion) { style(text).underlined().to_string() } else { style(text).dim().to_string() }
    };
    format!("{}   {}", one(Criterion::Sensibleness), one(Criterion::Specificity))
}
