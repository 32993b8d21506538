//! Judgements as numbers: items by systems by raters, read under a measure. The only place where a judgement becomes a
//! number.

use serde::Serialize;

use crate::{
    Criterion, Judgement,
    store::{ItemKind, RatedCard, Ratings},
};

/// A way to read judgements as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Sensibleness, 1 to 5.
    Sensibleness,
    /// Specificity, too noisy counted as 0: the paper's reading.
    SpecificityZeroCounted,
    /// Specificity, too noisy left out.
    SpecificityZeroLeftOut,
    /// Whether the reply was too noisy: 1 or 0. Its mean is a share.
    TooNoisy,
    /// Mean of sensibleness and specificity (too noisy as 0): the paper's "Avg.".
    Average,
}

impl Measure {
    /// All, in the order of tables.
    pub const ALL: [Self; 5] =
        [Self::Sensibleness, Self::SpecificityZeroCounted, Self::SpecificityZeroLeftOut, Self::TooNoisy, Self::Average];

    /// Its name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sensibleness => "Sensibleness",
            Self::SpecificityZeroCounted => "Specificity (0 counted)",
            Self::SpecificityZeroLeftOut => "Specificity (0 left out)",
            Self::TooNoisy => "Share of 0",
            Self::Average => "Average",
        }
    }

    /// The number of a pair of judgements; none where something is unrated or skipped.
    pub(super) fn read(self, judged: &Judged) -> Option<f64> {
        let points = |judgement: &Judgement| match judgement {
            Judgement::Points { points } => Some(f64::from(points.get())),
            _ => None,
        };
        let counted = match judged.specificity {
            Judgement::TooNoisy => Some(0.0),
            ref other => points(other),
        };
        match self {
            Self::Sensibleness => points(&judged.sensibleness),
            Self::SpecificityZeroCounted => counted,
            Self::SpecificityZeroLeftOut => points(&judged.specificity),
            Self::TooNoisy => counted.map(|score| f64::from(u8::from(score == 0.0))),
            Self::Average => points(&judged.sensibleness).zip(counted).map(|(one, other)| f64::midpoint(one, other)),
        }
    }
}

/// Both judgements of a reply by a rater.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    pub(super) sensibleness: Judgement,
    pub(super) specificity: Judgement,
}

impl Judged {
    /// What was said on a card in the end.
    pub(super) fn of(card: &RatedCard) -> Self {
        let [sensibleness, specificity] = Criterion::ALL.map(|criterion| card.judgement(criterion));
        Self { sensibleness, specificity }
    }

    pub(super) fn get(&self, criterion: Criterion) -> &Judgement {
        match criterion {
            Criterion::Sensibleness => &self.sensibleness,
            Criterion::Specificity => &self.specificity,
        }
    }
}

/// All counting judgements of the study's items.
pub(super) struct Cube {
    pub(super) systems: Vec<String>,
    pub(super) n_items: usize,
    pub(super) n_raters: usize,
    /// By item, system, rater; none where the reply was never shown to the rater.
    cells: Vec<Option<Judged>>,
}

impl Cube {
    pub(super) fn of(ratings: &Ratings) -> Self {
        let main: Vec<usize> = (0..ratings.content.items.len())
            .filter(|&index| ratings.content.items[index].kind == ItemKind::Main)
            .collect();
        let systems = ratings.content.systems.clone();
        let (n_items, n_raters) = (main.len(), ratings.raters.len());
        let mut cube = Self { n_items, n_raters, cells: vec![None; n_items * systems.len() * n_raters], systems };
        for page in ratings.pages.iter().filter(|page| page.counts()) {
            let Ok(item) = main.binary_search(&page.item) else { continue };
            for card in &page.cards {
                let system = ratings.content.items[page.item].replies[card.reply].system.as_ref();
                let system = system.and_then(|name| cube.systems.iter().position(|known| known == name));
                if let Some(system) = system {
                    let place = cube.place(item, system, page.rater);
                    cube.cells[place] = Some(Judged::of(card));
                }
            }
        }
        cube
    }

    fn place(&self, item: usize, system: usize, rater: usize) -> usize {
        (item * self.systems.len() + system) * self.n_raters + rater
    }

    /// What a rater said of a reply.
    pub(super) fn judged(&self, item: usize, system: usize, rater: usize) -> Option<&Judged> {
        self.cells[self.place(item, system, rater)].as_ref()
    }

    /// That as a number.
    pub(super) fn read(&self, measure: Measure, item: usize, system: usize, rater: usize) -> Option<f64> {
        self.judged(item, system, rater).and_then(|judged| measure.read(judged))
    }

    /// Numbers of all raters of a reply.
    pub(super) fn of_reply(&self, measure: Measure, item: usize, system: usize) -> impl Iterator<Item = f64> {
        (0..self.n_raters).filter_map(move |rater| self.read(measure, item, system, rater))
    }

    /// Mean over the raters of a reply.
    pub(super) fn mean_of_reply(&self, measure: Measure, item: usize, system: usize) -> Option<f64> {
        let (sum, n) = self.of_reply(measure, item, system).fold((0.0, 0), |(sum, n), score| (sum + score, n + 1));
        (n > 0).then(|| sum / f64::from(n))
    }

    fn is_judged(judged: &Judged) -> bool {
        judged.sensibleness != Judgement::Unrated || judged.specificity != Judgement::Unrated
    }

    /// Replies judged, each rater's counted.
    pub(super) fn n_judged(&self) -> usize {
        self.cells.iter().flatten().filter(|judged| Self::is_judged(judged)).count()
    }

    /// Items with a judgement.
    pub(super) fn items_judged(&self) -> usize {
        let per_item = (self.systems.len() * self.n_raters).max(1);
        self.cells.chunks(per_item).filter(|item| item.iter().flatten().any(Self::is_judged)).count()
    }

    /// Raters with a judgement.
    pub(super) fn raters_judging(&self) -> usize {
        let judges = |rater: usize| self.cells.iter().skip(rater).step_by(self.n_raters).flatten().any(Self::is_judged);
        (0..self.n_raters).filter(|&rater| judges(rater)).count()
    }
}

/// Mean of [`Measure::Average`] at each position of the study's pages.
pub(super) fn mean_by_position(ratings: &Ratings) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); ratings.content.systems.len()];
    for page in ratings.pages.iter().filter(|page| page.counts()) {
        for (card, (sum, n)) in page.cards.iter().zip(&mut sums) {
            if let Some(score) = Measure::Average.read(&Judged::of(card)) {
                *sum += score;
                *n += 1;
            }
        }
    }
    sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / f64::from(n))).collect()
}
