//! A study from its export: the same items, raters, pages, judgements and times in a new file.

use std::path::Path;

use rusqlite::TransactionBehavior;

use crate::{StudyError, random};

use super::{CardTaken, Event, PageState, PageTaken, Ratings, Store, apply, content, log};

impl Store {
    /// Writes a study that was exported into a new file, which appears whole or not at all. Its log is made anew from the
    /// times in the export.
    ///
    /// # Errors
    /// [`StudyError::Reimport`] if the export contradicts itself; [`StudyError::Exists`].
    pub fn restore(path: &Path, ratings: &Ratings, now_ms: i64) -> Result<Self, StudyError> {
        if path.exists() {
            return Err(StudyError::Exists { path: path.to_path_buf() });
        }
        let refuse = |reason: String| Err(StudyError::Reimport { reason });
        let is_frozen = !ratings.design_hash.is_empty();
        if is_frozen && ratings.content.hash(&ratings.design) != ratings.design_hash {
            return refuse("design or items were changed, their hash is another one".to_owned());
        }
        let events = events(ratings)?;
        let begin_ms = events.first().map_or(now_ms, |(at_ms, _)| *at_ms);
        let secret = random::secret()?;
        let mut store = Self::create_as(path, &ratings.design, &ratings.uid, secret, begin_ms)?;
        let written = store.fill(ratings, &events, begin_ms);
        if let Err(error) = written {
            drop(store);
            // The error to tell is the first one, whether or not the useless file can be removed.
            let _ = fs_err::remove_file(path);
            return Err(error);
        }
        Ok(store)
    }

    fn fill(&mut self, ratings: &Ratings, events: &[(i64, Event)], begin_ms: i64) -> Result<(), StudyError> {
        let seed = self.design.seed;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        content::write(&transaction, &ratings.content)
            .map_err(|error| StudyError::Reimport { reason: format!("its items contradict each other ({error})") })?;
        if !ratings.design_hash.is_empty() {
            transaction.execute("UPDATE study SET design_hash = ?1", [&ratings.design_hash])?;
            log::append(&transaction, begin_ms, &Event::Frozen { design_hash: ratings.design_hash.clone() })?;
        }
        for (at_ms, event) in events {
            apply::record(&transaction, seed, *at_ms, event).map_err(|error| StudyError::Reimport {
                reason: format!("its rows contradict each other ({error})"),
            })?;
        }
        transaction.commit()?;
        Ok(())
    }
}

/// What must have happened, in order of time.
fn events(ratings: &Ratings) -> Result<Vec<(i64, Event)>, StudyError> {
    // Of things at one moment: join, take, save, close.
    let mut events: Vec<(i64, u8, Event)> = Vec::new();
    for (index, (rater, name)) in ratings.raters.iter().enumerate() {
        let first = ratings.pages.iter().filter(|page| page.rater == index).map(|page| page.taken_ms).min();
        let event = Event::Joined { rater: rater.clone(), name: name.clone() };
        events.push((first.unwrap_or_default(), 0, event));
    }
    for page in &ratings.pages {
        let cards = page.cards.iter().map(|card| CardTaken {
            card: card.id.clone(),
            reply: card.reply as u32,
            degraded: card.degraded.clone(),
        });
        let taken = PageTaken {
            page: page.id.clone(),
            rater: ratings.raters[page.rater].0.clone(),
            item: ratings.content.items[page.item].key.clone(),
            kind: page.kind,
            slot: page.slot,
            position: page.position,
            cards: cards.collect(),
        };
        events.push((page.taken_ms, 1, Event::Taken(taken)));
        let revisions = page.cards.iter().flat_map(|card| &card.revisions);
        let revisions = revisions.map(|(revision, at_ms)| (*at_ms, &revision.id, Event::Saved(revision.clone())));
        let notes = page.cards.iter().flat_map(|card| &card.notes);
        let notes = notes.map(|(noted, at_ms)| (*at_ms, &noted.id, Event::Noted(noted.clone())));
        for (saved_ms, id, event) in revisions.chain(notes) {
            if saved_ms < page.taken_ms {
                let reason = format!("revision `{id}` is older than its page");
                return Err(StudyError::Reimport { reason });
            }
            events.push((saved_ms, 2, event));
        }
        if page.state != PageState::Open {
            let closed_ms = page.closed_ms.unwrap_or(page.taken_ms);
            events.push((closed_ms, 3, Event::Closed { page: page.id.clone(), state: page.state }));
        }
    }
    // Stable: revisions of one card at one moment keep their order.
    events.sort_by_key(|(at_ms, rank, _)| (*at_ms, *rank));
    Ok(events.into_iter().map(|(at_ms, _, event)| (at_ms, event)).collect())
}
