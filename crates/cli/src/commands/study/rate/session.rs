//! What keys do: a page, the card and criterion that come next, and undo. Knows no terminal but its keys.

use std::time::Instant;

use console::Key;
use repartee_study::{Card, Criterion, Desk, Finish, Judgement, Page, PageState, Revision, StudyError};

/// Pauses longer than this are no work.
const MAX_PAUSE_MS: u128 = 60_000;

/// What the session asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Nothing,
    Help,
    Guidelines,
    /// A reason for a skip.
    Reason,
    /// To finish the page.
    Finish,
    PreviousPage,
    NextPage,
    Quit,
}

/// Card, criterion, and what it was before.
type Change = (String, Criterion, Judgement);

/// A rater at work.
pub(super) struct Session {
    desk: Desk,
    page: Page,
    card_idx: usize,
    criterion: Criterion,
    /// What undo goes back to, the last key last: all that the key changed.
    changes: Vec<Vec<Change>>,
    message: String,
    last_key: Instant,
}

impl Session {
    /// At no page yet.
    pub(super) fn new(desk: Desk) -> Self {
        let page = Page {
            id: String::new(),
            number: 0,
            training: false,
            context: String::new(),
            cards: Vec::new(),
            state: PageState::Open,
        };
        let (changes, message) = (Vec::new(), String::new());
        let criterion = Criterion::Sensibleness;
        Self { desk, page, card_idx: 0, criterion, changes, message, last_key: Instant::now() }
    }

    pub(super) fn pages(&self) -> Result<Vec<(String, bool)>, StudyError> {
        self.desk.pages()
    }

    pub(super) fn page(&self) -> &Page {
        &self.page
    }

    /// Index of the card at hand and the criterion that the next digit is for.
    pub(super) fn place(&self) -> (usize, Criterion) {
        (self.card_idx, self.criterion)
    }

    pub(super) fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn say(&mut self, message: &str) {
        message.clone_into(&mut self.message);
    }

    /// Goes to a page, at what is not judged yet.
    pub(super) fn open(&mut self, page: &str) -> Result<(), StudyError> {
        self.page = self.desk.page(page)?;
        self.changes.clear();
        self.message.clear();
        self.last_key = Instant::now();
        self.go_to_unrated();
        Ok(())
    }

    /// Does what a key means.
    pub(super) fn press(&mut self, key: Key) -> Result<Ask, StudyError> {
        self.message.clear();
        match key {
            Key::Char(letter) => return self.press_letter(letter),
            Key::ArrowUp | Key::ArrowLeft | Key::Backspace => self.go_to(self.card_idx.saturating_sub(1)),
            Key::ArrowDown | Key::ArrowRight | Key::Tab => self.go_to(self.card_idx + 1),
            Key::Enter if self.is_complete() => return Ok(Ask::Finish),
            Key::Enter => self.go_to_unrated(),
            Key::PageUp => return Ok(Ask::PreviousPage),
            Key::PageDown => return Ok(Ask::NextPage),
            Key::Escape | Key::CtrlC => return Ok(Ask::Quit),
            _ => {}
        }
        Ok(Ask::Nothing)
    }

    fn press_letter(&mut self, letter: char) -> Result<Ask, StudyError> {
        // Japanese input methods may give digits and letters of full width.
        let letter = match letter {
            '！'..='～' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
            _ => letter,
        };
        match letter {
            '1'..='5' => self.judge(self.criterion, letter as u8 - b'0')?,
            '0' => self.judge(Criterion::Specificity, 0)?,
            'q' | 'w' | 'e' | 'r' | 't' => {
                let points = "qwert".find(letter).unwrap_or_default() as u8 + 1;
                self.judge(Criterion::Specificity, points)?;
            }
            'u' => self.undo()?,
            's' => return Ok(Ask::Reason),
            'n' => self.go_to_unrated(),
            'g' => return Ok(Ask::Guidelines),
            '?' | 'h' => return Ok(Ask::Help),
            'p' => return Ok(Ask::PreviousPage),
            _ => self.say("press ? for the keys"),
        }
        Ok(Ask::Nothing)
    }

    fn card(&self) -> &Card {
        &self.page.cards[self.card_idx]
    }

    fn judge(&mut self, criterion: Criterion, digit: u8) -> Result<(), StudyError> {
        let judgement = Judgement::from_digit(criterion, digit)?;
        self.change(&[criterion], &judgement)?;
        match criterion {
            Criterion::Sensibleness => self.criterion = Criterion::Specificity,
            Criterion::Specificity if self.is_judged(Criterion::Sensibleness) => self.advance(),
            Criterion::Specificity => self.criterion = Criterion::Sensibleness,
        }
        Ok(())
    }

    /// Skips both criteria of the card.
    pub(super) fn skip(&mut self, reason: &str) -> Result<(), StudyError> {
        if reason.is_empty() {
            self.say("nothing skipped: a skip needs a reason");
            return Ok(());
        }
        let judgement = Judgement::Skipped { reason: reason.chars().take(500).collect() };
        self.change(&Criterion::ALL, &judgement)?;
        self.advance();
        Ok(())
    }

    fn undo(&mut self) -> Result<(), StudyError> {
        let Some(changes) = self.changes.pop() else {
            self.say("nothing to undo on this page");
            return Ok(());
        };
        for (card, criterion, before) in changes.into_iter().rev() {
            self.save(&card, criterion, before)?;
            self.card_idx = self.page.cards.iter().position(|known| known.id == card).unwrap_or(self.card_idx);
            self.criterion = criterion;
        }
        self.say("undone");
        Ok(())
    }

    /// Says this of the card at hand under these criteria.
    fn change(&mut self, criteria: &[Criterion], judgement: &Judgement) -> Result<(), StudyError> {
        let mut changes = Vec::new();
        for &criterion in criteria {
            let card = self.card();
            let (id, before) = (card.id.clone(), card.judgement(criterion).clone());
            if before != *judgement {
                self.save(&id, criterion, judgement.clone())?;
                changes.push((id, criterion, before));
            }
        }
        if !changes.is_empty() {
            self.changes.push(changes);
        }
        Ok(())
    }

    /// On the disk when this returns.
    fn save(&mut self, card: &str, criterion: Criterion, judgement: Judgement) -> Result<(), StudyError> {
        let active_ms = self.last_key.elapsed().as_millis().min(MAX_PAUSE_MS) as u64;
        let id = repartee_study::new_id()?;
        let revision = Revision { id, card: card.to_owned(), criterion, judgement, active_ms };
        self.desk.save(&revision, super::now_ms())?;
        self.last_key = Instant::now();
        self.page = self.desk.page(&self.page.id)?;
        Ok(())
    }

    fn is_judged(&self, criterion: Criterion) -> bool {
        *self.card().judgement(criterion) != Judgement::Unrated
    }

    fn unrated(&self) -> Option<(usize, Criterion)> {
        let cards = self.page.cards.iter().enumerate();
        let mut all = cards.flat_map(|(index, card)| Criterion::ALL.map(|criterion| (index, card, criterion)));
        let first = all.find(|(_, card, criterion)| *card.judgement(*criterion) == Judgement::Unrated);
        first.map(|(index, _, criterion)| (index, criterion))
    }

    pub(super) fn is_complete(&self) -> bool {
        self.unrated().is_none()
    }

    fn go_to(&mut self, card_idx: usize) {
        self.card_idx = card_idx.min(self.page.cards.len().saturating_sub(1));
        self.criterion = Criterion::Sensibleness;
    }

    fn advance(&mut self) {
        self.go_to(self.card_idx + 1);
    }

    fn go_to_unrated(&mut self) {
        (self.card_idx, self.criterion) = self.unrated().unwrap_or((0, Criterion::Sensibleness));
    }

    /// Finishes the page if all of it is judged.
    pub(super) fn finish(&mut self) -> Result<Finish, StudyError> {
        self.desk.finish(&self.page.id, super::now_ms())
    }

    /// Goes to the first thing that is missing.
    pub(super) fn point_at(&mut self, missing: &[(String, Criterion)]) {
        self.go_to_unrated();
        self.say(&format!("{} judgements are missing on this page", missing.len()));
    }

    /// The page before or after this one in the rater's sequence.
    pub(super) fn neighbour(&self, step: isize) -> Result<Option<String>, StudyError> {
        let pages = self.desk.pages()?;
        let here = pages.iter().position(|(page, _)| *page == self.page.id);
        let there = here.and_then(|here| here.checked_add_signed(step));
        Ok(there.and_then(|there| pages.get(there)).map(|(page, _)| page.clone()))
    }

    /// What was expected on a training page that is done; else nothing.
    pub(super) fn feedback(&self) -> Result<String, StudyError> {
        let mut lines = Vec::new();
        for feedback in self.desk.feedback(&self.page.id)? {
            let Some(card) = self.page.cards.iter().find(|card| card.id == feedback.card) else { continue };
            lines.push(format!("  {}", card.reply));
            let ranges = [feedback.expected.sensibleness, feedback.expected.specificity];
            for (criterion, range) in Criterion::ALL.into_iter().zip(ranges) {
                let Some((least, most)) = range else { continue };
                let range = if least == most { least.to_string() } else { format!("{least} to {most}") };
                let said = card.judgement(criterion).digit();
                let is_right = said.is_some_and(|digit| (least..=most).contains(&digit));
                let said = said.map_or("–".to_owned(), |digit| digit.to_string());
                let mark = if is_right { "yes" } else { "no" };
                lines.push(format!("    {criterion}: {range}; you said {said} ({mark})"));
            }
            lines.extend(feedback.expected.explanation.map(|explanation| format!("    {explanation}")));
        }
        Ok(lines.join("\n"))
    }
}
