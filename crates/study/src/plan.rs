//! How many items and raters a study needs: power by simulation, and the smallest difference it can find.

use rand_distr::{Distribution as _, StandardNormal};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use crate::{
    Criterion, Judgement,
    random::stream,
    store::{ItemKind, Ratings},
};

/// Standard deviations of a judgement's parts, in points. The defaults are assumptions; a pilot gives better ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Components {
    /// Between items.
    pub item: f64,
    /// Between replies of a system beyond that.
    pub reply: f64,
    /// Between raters: severity.
    pub rater: f64,
    /// Of a rater's single judgement.
    pub noise: f64,
}

impl Default for Components {
    fn default() -> Self {
        Self { item: 0.6, reply: 0.8, rater: 0.4, noise: 0.8 }
    }
}

/// What to plan for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Mean of the weaker system.
    pub mean: f64,
    /// The difference to be found.
    pub difference: f64,
    /// The parts of a judgement.
    pub components: Components,
    /// Level of the two-sided test, before any correction.
    pub level: f64,
    /// Simulated studies of each size.
    pub n_simulations: u32,
    /// Seed.
    pub seed: u64,
}

/// What a size of study can do.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Power {
    /// Items.
    pub n_items: usize,
    /// Raters of each.
    pub n_raters: usize,
    /// Judgements of both systems together, one criterion.
    pub n_judgements: usize,
    /// Share of simulated studies in which a paired t-test over items finds the difference.
    pub power: f64,
    /// The difference that such a study finds in 80 of 100 cases, by the normal approximation and without rounding.
    pub detectable: f64,
}

impl Plan {
    /// Power of a study of two systems: whole scores from 1 to 5, the same raters for both.
    #[must_use]
    pub fn power(&self, n_items: usize, n_raters: usize) -> Power {
        let place = [n_items.to_string(), n_raters.to_string()];
        let mut random = stream(self.seed, "plan", &[&place[0], &place[1]]);
        let mut normal = move |spread: f64| -> f64 {
            let draw: f64 = StandardNormal.sample(&mut random);
            spread * draw
        };
        let Components { item, reply, rater, noise } = self.components;
        let critical = (n_items >= 2).then(|| {
            let student = StudentsT::new(0.0, 1.0, n_items as f64 - 1.0).expect("a degree of freedom or more");
            student.inverse_cdf(1.0 - self.level / 2.0)
        });
        let mut n_found = 0_u32;
        for _ in 0..self.n_simulations {
            let severities: Vec<f64> = (0..n_raters).map(|_| normal(rater)).collect();
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n_items {
                let of_item = normal(item);
                let mut means = [self.mean, self.mean + self.difference].map(|mean| mean + of_item + normal(reply));
                for mean in &mut means {
                    let scores =
                        severities.iter().map(|severity| (*mean + severity + normal(noise)).round().clamp(1.0, 5.0));
                    *mean = scores.sum::<f64>() / n_raters as f64;
                }
                let difference = means[1] - means[0];
                sum += difference;
                squares += difference * difference;
            }
            let n = n_items as f64;
            let variance = (squares - sum * sum / n) / (n - 1.0);
            let t = sum / n / (variance / n).sqrt();
            n_found += u32::from(critical.is_some_and(|critical| t.abs() > critical));
        }
        let normal = Normal::standard();
        let reach = normal.inverse_cdf(1.0 - self.level / 2.0) + normal.inverse_cdf(0.8);
        let variance = 2.0 * (reply.powi(2) + noise.powi(2) / n_raters as f64) / n_items as f64;
        Power {
            n_items,
            n_raters,
            n_judgements: 2 * n_items * n_raters,
            power: f64::from(n_found) / f64::from(self.n_simulations.max(1)),
            detectable: reach * variance.sqrt(),
        }
    }
}

/// The parts of the judgements of a pilot under a criterion, by moments; none if no reply has two judgements or there are
/// fewer than two systems. Too noisy counts as 0.
#[must_use]
pub fn components(pilot: &Ratings, criterion: Criterion) -> Option<Components> {
    let (n_systems, n_raters) = (pilot.content.systems.len(), pilot.raters.len());
    // By item and system, each rater's score.
    let mut cells = vec![vec![vec![None; n_raters]; n_systems]; pilot.content.items.len()];
    for page in pilot.pages.iter().filter(|page| page.counts()) {
        let item = &pilot.content.items[page.item];
        for card in page.cards.iter().filter(|_| item.kind == ItemKind::Main) {
            let system = item.replies[card.reply].system.as_ref()?;
            let system = pilot.content.systems.iter().position(|known| known == system)?;
            let judgement: Judgement = card.judgement(criterion);
            cells[page.item][system][page.rater] = judgement.digit().map(f64::from);
        }
    }
    let mean_of = |scores: &mut dyn Iterator<Item = f64>| {
        let (sum, n) = scores.fold((0.0, 0.0), |(sum, n), score| (sum + score, n + 1.0));
        (n > 0.0).then(|| sum / n)
    };
    let mut severities = Vec::new();
    for system in 0..n_systems {
        for rater in 0..n_raters {
            let mean = mean_of(&mut cells.iter().filter_map(|item| item[system][rater]));
            for item in &mut cells {
                item[system][rater] = item[system][rater].zip(mean).map(|(score, mean)| score - mean);
            }
            severities.push((system, mean));
        }
    }
    let (mut within, mut degrees, mut n_cells, mut n_scores) = (0.0, 0.0, 0.0, 0.0);
    for cell in cells.iter().flatten() {
        let scores: Vec<f64> = cell.iter().flatten().copied().collect();
        if let Some(mean) = mean_of(&mut scores.iter().copied()) {
            within += scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>();
            degrees += scores.len() as f64 - 1.0;
            n_cells += 1.0;
            n_scores += scores.len() as f64;
        }
    }
    if degrees < 1.0 || n_systems < 2 {
        return None;
    }
    let noise = within / degrees;
    let means: Vec<Vec<Option<f64>>> = cells
        .iter()
        .map(|item| item.iter().map(|cell| mean_of(&mut cell.iter().flatten().copied())).collect())
        .collect();
    let (mut difference, mut together, mut n_pairs) = (0.0, 0.0, 0.0);
    for item in &means {
        for one in 0..n_systems {
            for other in one + 1..n_systems {
                if let (Some(one), Some(other)) = (item[one], item[other]) {
                    difference += (one - other).powi(2);
                    together += one * other;
                    n_pairs += 1.0;
                }
            }
        }
    }
    if n_pairs < 2.0 {
        return None;
    }
    let reply = difference / n_pairs / 2.0 - noise * n_cells / n_scores;
    let root = |variance: f64| variance.max(0.0).sqrt();
    Some(Components {
        item: root(together / n_pairs),
        reply: root(reply),
        rater: severity_spread(&severities),
        noise: root(noise),
    })
}

/// Spread of raters' means of the same system.
fn severity_spread(means: &[(usize, Option<f64>)]) -> f64 {
    let (mut squares, mut degrees) = (0.0, 0.0);
    let n_systems = means.iter().map(|(system, _)| system + 1).max().unwrap_or(0);
    for system in 0..n_systems {
        let of_system: Vec<f64> =
            means.iter().filter(|(known, _)| *known == system).filter_map(|(_, mean)| *mean).collect();
        let mean = of_system.iter().sum::<f64>() / of_system.len().max(1) as f64;
        squares += of_system.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        degrees += (of_system.len() as f64 - 1.0).max(0.0);
    }
    if degrees > 0.0 { f64::sqrt(squares / degrees) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_items_beat_more_raters() {
        let plan = Plan {
            mean: 3.66,
            difference: 0.28,
            components: Components::default(),
            level: 0.05,
            n_simulations: 1_000,
            seed: 1,
        };
        // 100 items by 2 raters find the paper's own gap in about half of the cases.
        for (n_items, n_raters, expected) in [(100, 1, 0.36), (100, 2, 0.47), (300, 2, 0.91), (100, 5, 0.57)] {
            let power = plan.power(n_items, n_raters).power;
            assert!((power - expected).abs() < 0.06, "{n_items} by {n_raters}: {power}");
        }
        let none = Plan { difference: 0.0, ..plan.clone() }.power(100, 2).power;
        assert!((none - 0.05).abs() < 0.03, "the test keeps its level: {none}");
        assert!(plan.power(400, 2).detectable < plan.power(100, 2).detectable);
        assert!(plan.power(1, 2).power == 0.0, "one item has no spread");
    }
}
