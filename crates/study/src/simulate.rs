//! Simulated raters with known severity, noise and carelessness: to try a study before people do, and to test that the
//! statistics find what was planted. They see what a rater sees, contexts and replies, and save as a rater does.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use crate::{
    Criterion, Judgement, StudyError,
    random::stream,
    store::{Content, Finish, Next, Revision, Save, Store},
};

/// A simulated rater.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedRater {
    /// Its name in the study.
    pub name: String,
    /// Added to every judgement, in points; below 0 is severe.
    pub severity: f64,
    /// Standard deviation of its own noise, in points.
    pub noise: f64,
    /// Share of judgements given without looking, 0 to 1.
    pub carelessness: f64,
}

impl SimulatedRater {
    /// The whole score that this rater gives to something of true quality `quality`, from `lowest` to 5.
    pub fn score(&self, quality: f64, lowest: u8, random: &mut ChaCha8Rng) -> u8 {
        let noise: f64 = StandardNormal.sample(random);
        let guess = random.random_range(lowest..=5);
        if random.random_bool(self.carelessness) {
            return guess;
        }
        (quality + self.severity + self.noise * noise).round().clamp(f64::from(lowest), 5.0) as u8
    }
}

/// The true qualities of replies, in points.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Mean sensibleness and specificity of each system.
    pub systems: BTreeMap<String, [f64; 2]>,
    /// Standard deviation between items.
    pub item: f64,
    /// Standard deviation of a system's replies beyond that.
    pub reply: f64,
}

impl Truth {
    /// Systems in even steps from 2.5 to 4 points, for a first try.
    #[must_use]
    pub fn in_steps(systems: &[String]) -> Self {
        let last = (systems.len().max(2) - 1) as f64;
        let mean = |index: usize| 2.5 + 1.5 * index as f64 / last;
        let systems = systems.iter().enumerate().map(|(index, name)| (name.clone(), [mean(index), mean(index) - 1.0]));
        Self { systems: systems.collect(), item: 0.6, reply: 0.8 }
    }

    /// The qualities of all replies of a study.
    #[must_use]
    pub fn qualities(&self, content: &Content, seed: u64) -> Qualities {
        let mut qualities = BTreeMap::new();
        for item in &content.items {
            let mut random = stream(seed, "quality", &[&item.key]);
            let mut normal = |spread: f64| -> f64 {
                let draw: f64 = StandardNormal.sample(&mut random);
                spread * draw
            };
            let of_item = normal(self.item);
            for reply in &item.replies {
                let middle = |range: Option<(u8, u8)>| {
                    range.map_or(3.0, |(least, most)| f64::midpoint(least.into(), most.into()))
                };
                let mean = match &reply.system {
                    Some(system) => self.systems.get(system).copied().unwrap_or([3.0, 2.0]).map(|mean| mean + of_item),
                    None => [middle(reply.expectation.sensibleness), middle(reply.expectation.specificity)],
                };
                let spread = if reply.system.is_some() { self.reply } else { 0.0 };
                let quality = mean.map(|mean| mean + normal(spread));
                qualities.insert((item.context.clone(), reply.text.clone()), quality);
            }
        }
        Qualities(qualities)
    }
}

/// True sensibleness and specificity of replies by what a rater sees of them: context and text.
#[derive(Clone, Debug, PartialEq)]
pub struct Qualities(BTreeMap<(String, String), [f64; 2]>);

/// Quality of what the study does not know: a degraded copy.
const DEGRADED: [f64; 2] = [1.3, 0.6];

impl Qualities {
    /// Of a reply to a context.
    #[must_use]
    pub fn of(&self, context: &str, reply: &str) -> [f64; 2] {
        self.0.get(&(context.to_owned(), reply.to_owned())).copied().unwrap_or(DEGRADED)
    }
}

/// A simulated rater at work.
pub struct Judge {
    rater: SimulatedRater,
    random: ChaCha8Rng,
}

/// One key of a simulated rater.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// 1 to 5, or 0 for specificity.
    pub digit: u8,
    /// Time it took.
    pub active_ms: u64,
    /// A random id of the change.
    pub revision: String,
}

impl Judge {
    /// The rater at the beginning; equal seeds give equal keys.
    #[must_use]
    pub fn new(rater: SimulatedRater, seed: u64) -> Self {
        let random = stream(seed, "rater", &[&rater.name]);
        Self { rater, random }
    }

    /// What the rater says of a reply under a criterion.
    pub fn press(&mut self, criterion: Criterion, quality: f64) -> Key {
        let lowest = u8::from(criterion == Criterion::Sensibleness);
        let digit = self.rater.score(quality, lowest, &mut self.random);
        let active_ms = self.random.random_range(2_000..9_000);
        Key { digit, active_ms, revision: format!("{:032x}", self.random.random::<u128>()) }
    }
}

/// What simulated raters did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Simulated {
    /// Pages finished, training and controls included.
    pub n_pages: usize,
    /// Judgements saved.
    pub n_judgements: usize,
}

/// Lets raters work in turns, a page each, until nothing is left for any of them. Time starts at `now_ms` and passes as it
/// would for people.
///
/// # Errors
/// What the study refuses.
pub fn simulate(
    store: &mut Store,
    raters: &[SimulatedRater],
    truth: &Truth,
    seed: u64,
    now_ms: i64,
) -> Result<Simulated, StudyError> {
    let qualities = truth.qualities(&store.content()?, seed);
    let mut working = Vec::new();
    for rater in raters {
        let id = store.join(&rater.name, now_ms)?;
        working.push((store.desk(&id)?, id, Judge::new(rater.clone(), seed)));
    }
    let mut done = Simulated::default();
    let mut clock_ms = now_ms;
    while !working.is_empty() {
        let mut still = Vec::new();
        for (mut desk, id, mut judge) in working {
            let page = match store.take(&id, clock_ms)? {
                Next::Page(page) => page,
                Next::Wait { until_ms } => {
                    clock_ms = clock_ms.max(until_ms);
                    still.push((desk, id, judge));
                    continue;
                }
                Next::Done => continue,
            };
            let seen = desk.page(&page)?;
            for card in &seen.cards {
                for (criterion, quality) in Criterion::ALL.into_iter().zip(qualities.of(&seen.context, &card.reply)) {
                    let Key { digit, active_ms, revision } = judge.press(criterion, quality);
                    clock_ms += active_ms as i64 / raters.len().max(1) as i64;
                    let judgement = Judgement::from_digit(criterion, digit)?;
                    let revision = Revision { id: revision, card: card.id.clone(), criterion, judgement, active_ms };
                    done.n_judgements += usize::from(desk.save(&revision, clock_ms)? == Save::Saved);
                }
            }
            done.n_pages += usize::from(desk.finish(&page, clock_ms)? == Finish::Done);
            still.push((desk, id, judge));
        }
        working = still;
    }
    Ok(done)
}
