//! Simulated raters who work through the real API, all at once: to try a server before people come, and to test that it
//! loses nothing when it is killed.

use std::collections::BTreeMap;
use std::thread;
use std::time::{Duration, Instant};

use repartee_study::{
    Criterion,
    simulate::{Judge, Key, Qualities, SimulatedRater},
};
use repartee_wire::{
    ErrorCode, Judgement,
    rater::{Change, Finished, Next, OpenSession, Page, Saved, Study},
};

use crate::{Client, ClientError};

/// A simulated rater with a personal link.
#[derive(Clone, Debug)]
pub struct Guest {
    /// The rater.
    pub rater: SimulatedRater,
    /// The token of the link.
    pub token: String,
}

/// How the raters work.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Seed of their noise; equal seeds give equal keys for equal pages.
    pub seed: u64,
    /// A request without a reply is sent again for so long.
    pub patience: Duration,
    /// Who must wait for items of others gives up after so long.
    pub longest_wait: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { seed: 0, patience: Duration::from_secs(10), longest_wait: Duration::ZERO }
    }
}

/// What a rater did.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// Judgements that the server acknowledged: by revision, the card and the digit under its criterion.
    pub acknowledged: BTreeMap<String, (String, Criterion, u8)>,
    /// Pages finished, practice and controls included.
    pub n_pages: usize,
    /// Requests that were sent again because there was no reply.
    pub n_retries: usize,
    /// How long each save took that needed no retry, in milliseconds.
    pub save_ms: Vec<f64>,
    /// Pages that went to another rater before they were finished.
    pub n_handed_on: usize,
}

/// Lets all raters work until nothing is left for any of them; one thread each.
///
/// # Errors
/// The first refusal, or a server that did not reply for as long as the raters' patience lasts.
pub fn simulate(base: &str, guests: &[Guest], qualities: &Qualities, pace: Pace) -> Result<Vec<Work>, ClientError> {
    thread::scope(|scope| {
        let at_work = guests.iter().map(|guest| scope.spawn(move || work(base, guest, qualities, pace)));
        let at_work: Vec<_> = at_work.collect();
        let done = at_work.into_iter().map(|rater| {
            rater
                .join()
                .unwrap_or_else(|_| Err(ClientError::NoReply { reason: "a simulated rater fell over".to_owned() }))
        });
        done.collect()
    })
}

/// A rater at a client.
struct Desk {
    client: Client,
    pace: Pace,
    work: Work,
}

impl Desk {
    /// Sends until there is a reply.
    fn insist<R>(&mut self, ask: impl Fn(&mut Client) -> Result<R, ClientError>) -> Result<R, ClientError> {
        let begun = Instant::now();
        loop {
            match ask(&mut self.client) {
                Err(ClientError::NoReply { .. }) if begun.elapsed() < self.pace.patience => {
                    self.work.n_retries += 1;
                    thread::sleep(Duration::from_millis(20));
                }
                result => return result,
            }
        }
    }

    fn judge(&mut self, page: &Page, judge: &mut Judge, qualities: &Qualities) -> Result<(), ClientError> {
        for card in &page.cards {
            for (criterion, quality) in Criterion::ALL.into_iter().zip(qualities.of(&page.context, &card.reply)) {
                let Key { digit, active_ms, revision } = judge.press(criterion, quality);
                let judged = match criterion {
                    Criterion::Sensibleness => Judgement::from_digit(repartee_wire::Criterion::Sensibleness, digit),
                    Criterion::Specificity => Judgement::from_digit(repartee_wire::Criterion::Specificity, digit),
                };
                let mut change = Change { card: card.id.clone(), active_ms, ..Change::default() };
                match criterion {
                    Criterion::Sensibleness => change.sensibleness = judged,
                    Criterion::Specificity => change.specificity = judged,
                }
                let (n_retries, begun) = (self.work.n_retries, Instant::now());
                let path = format!("/api/rater/revision/{revision}");
                let _: Saved = self.insist(|client| client.send("PUT", &path, &change))?;
                if self.work.n_retries == n_retries {
                    self.work.save_ms.push(begun.elapsed().as_secs_f64() * 1e3);
                }
                self.work.acknowledged.insert(revision, (card.id.clone(), criterion, digit));
            }
        }
        let _: Finished = self.insist(|client| client.send("POST", &format!("/api/rater/finish/{}", page.id), &()))?;
        self.work.n_pages += 1;
        Ok(())
    }
}

fn work(base: &str, guest: &Guest, qualities: &Qualities, pace: Pace) -> Result<Work, ClientError> {
    let mut judge = Judge::new(guest.rater.clone(), pace.seed);
    let mut desk = Desk { client: Client::new(base), pace, work: Work::default() };
    let open = OpenSession { token: guest.token.clone() };
    let _: Study = desk.insist(|client| client.send("POST", "/api/rater/session", &open))?;
    let mut waiting_since = None;
    loop {
        match desk.insist(|client| client.get("/api/rater/next"))? {
            Next::Done { .. } => return Ok(desk.work),
            Next::Wait { wait_ms, .. } => {
                let since = *waiting_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= pace.longest_wait {
                    return Ok(desk.work);
                }
                thread::sleep(Duration::from_millis(wait_ms.clamp(10, 1_000)));
            }
            Next::Page { page, .. } => {
                waiting_since = None;
                match desk.judge(&page, &mut judge, qualities) {
                    Err(ClientError::Refused { error, .. }) if error.code == ErrorCode::HandedOn => {
                        desk.work.n_handed_on += 1;
                    }
                    result => result?,
                }
            }
        }
    }
}
