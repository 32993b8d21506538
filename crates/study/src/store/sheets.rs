//! Score sheets that an annotator filled in elsewhere, as pages of this study.

use crate::{Criterion, Judgement, StudyError, random};

use super::{CardTaken, Event, PageKind, PageState, PageTaken, Revision, Store, apply};

/// An item's key with, for each reply in order of presentation, its number and both judgements.
type SheetItem = (String, Vec<(usize, [Judgement; 2])>);

impl Store {
    /// Records a rater's sheets: one page for each item, its cards in the order given. All or nothing. Returns the number
    /// of pages.
    ///
    /// # Errors
    /// [`StudyError::Field`] if the rater has rated an item before, or an item has its k raters.
    pub fn add_sheets(&mut self, rater_name: &str, items: &[SheetItem], now_ms: i64) -> Result<usize, StudyError> {
        let rater = self.join(rater_name, now_ms)?;
        let ratings = self.ratings()?;
        let (seed, secret) = (self.design.seed, self.secret);
        let wanted = self.design.raters_per_item as usize;
        let first = ratings.pages.iter().filter(|page| ratings.raters[page.rater].0 == rater).count();
        self.write(|transaction| {
            for ((key, replies), position) in items.iter().zip(first as u32..) {
                let of_item = ratings.pages.iter().filter(|page| ratings.content.items[page.item].key == *key);
                let counting: Vec<_> = of_item.filter(|page| page.counts()).collect();
                let mine = counting.iter().any(|page| ratings.raters[page.rater].0 == rater);
                if mine || counting.len() >= wanted {
                    let problem = if mine { "has a page of this rater already" } else { "has all its raters" };
                    return Err(StudyError::Field {
                        field: "item",
                        problem: format!("`{key}` {problem}; nothing was imported"),
                    });
                }
                let page = random::opaque(&secret, &["page", &rater, key, PageKind::Main.name()]);
                let card = |reply: usize| random::opaque(&secret, &["card", &page, &reply.to_string()]);
                let cards = replies
                    .iter()
                    .map(|(reply, _)| CardTaken { card: card(*reply), reply: *reply as u32, degraded: None })
                    .collect();
                let taken = PageTaken {
                    page: page.clone(),
                    rater: rater.clone(),
                    item: key.clone(),
                    kind: PageKind::Main,
                    slot: counting.len() as u32,
                    position,
                    cards,
                };
                apply::record(transaction, seed, now_ms, &Event::Taken(taken))?;
                let mut complete = true;
                for (reply, judgements) in replies {
                    for (criterion, judgement) in Criterion::ALL.into_iter().zip(judgements) {
                        if *judgement == Judgement::Unrated {
                            complete = false;
                            continue;
                        }
                        let id = random::opaque(&secret, &["sheet", &card(*reply), criterion.name()]);
                        let judgement = judgement.clone();
                        let revision = Revision { id, card: card(*reply), criterion, judgement, active_ms: 0 };
                        apply::record(transaction, seed, now_ms, &Event::Saved(revision))?;
                    }
                }
                if complete {
                    let event = Event::Closed { page, state: PageState::Done };
                    apply::record(transaction, seed, now_ms, &event)?;
                }
            }
            Ok(items.len())
        })
    }
}
