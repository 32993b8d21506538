//! Each rater: severity, spread, agreement with the others, controls, time. To be looked at before results are; whom to
//! leave out should be declared before the study.

use serde::Serialize;

use crate::{
    Criterion, Judgement,
    statistics::{Undefined, pearson, sign_flip_test, summary},
    store::{PageKind, PageState, RatedPage, Ratings},
};

use super::{
    Measure, ReportOptions,
    cube::{Cube, Judged},
};

/// A rater.
#[derive(Clone, Debug, Serialize)]
pub struct RaterReport {
    /// Id, or name if names were asked for.
    pub rater: String,
    /// Items finished.
    pub n_items: usize,
    /// Judgements skipped.
    pub n_skipped: usize,
    /// Replies judged too noisy.
    pub n_too_noisy: usize,
    /// Mean of the average score.
    pub mean: Option<f64>,
    /// Its standard deviation.
    pub standard_deviation: Option<f64>,
    /// Mean difference from the other raters of the same replies: below 0 is severe.
    pub severity: Option<f64>,
    /// Pearson's r with the mean of the other raters.
    pub agreement: Option<f64>,
    /// Why there is no agreement.
    pub agreement_undefined: Option<Undefined>,
    /// Longest run of replies with the same two scores.
    pub longest_run: usize,
    /// Share of judgements of gold replies within the expected range, and their number.
    pub gold: Option<(f64, usize)>,
    /// Share of repeated judgements that are the same, share within one point, and their number.
    pub repeats: Option<(f64, f64, usize)>,
    /// How much lower degraded copies score, two-sided p, and their number.
    pub degraded: Option<(f64, f64, usize)>,
    /// Median time on a page, in seconds, if it was reported.
    pub median_seconds: Option<f64>,
}

pub(super) fn all(ratings: &Ratings, cube: &Cube, options: &ReportOptions) -> Vec<RaterReport> {
    (0..ratings.raters.len()).map(|rater| one(ratings, cube, options, rater)).collect()
}

fn one(ratings: &Ratings, cube: &Cube, options: &ReportOptions, rater: usize) -> RaterReport {
    let mine: Vec<&RatedPage> = ratings.pages.iter().filter(|page| page.rater == rater).collect();
    let main = || mine.iter().copied().filter(|page| page.counts());
    let judged: Vec<Judged> = main().flat_map(|page| &page.cards).map(Judged::of).collect();
    let scores: Vec<f64> = judged.iter().filter_map(|judged| Measure::Average.read(judged)).collect();
    let spread = summary(&scores).ok();
    let (own, others) = beside_others(cube, rater);
    let differences: Vec<f64> = own.iter().zip(&others).map(|(own, others)| own - others).collect();
    let agreement = pearson(&own, &others);
    let is_skipped = |judgement: &Judgement| matches!(judgement, Judgement::Skipped { .. });
    let skipped = judged.iter().flat_map(|judged| Criterion::ALL.map(|criterion| judged.get(criterion)));
    RaterReport {
        rater: if options.names { ratings.raters[rater].1.clone() } else { ratings.raters[rater].0.clone() },
        n_items: main().filter(|page| page.state == PageState::Done).count(),
        n_skipped: skipped.filter(|judgement| is_skipped(judgement)).count(),
        n_too_noisy: judged.iter().filter(|judged| judged.specificity == Judgement::TooNoisy).count(),
        mean: spread.map(|spread| spread.mean),
        standard_deviation: spread.map(|spread| spread.standard_deviation),
        severity: summary(&differences).ok().map(|summary| summary.mean),
        agreement: agreement.ok(),
        agreement_undefined: agreement.err(),
        longest_run: longest_run(&judged),
        gold: gold(ratings, &mine),
        repeats: repeats(&mine),
        degraded: degraded(&mine, options),
        median_seconds: median_seconds(&mine),
    }
}

/// The rater's average scores beside the means of the other raters of the same replies.
fn beside_others(cube: &Cube, rater: usize) -> (Vec<f64>, Vec<f64>) {
    let replies = (0..cube.n_items).flat_map(|item| (0..cube.systems.len()).map(move |system| (item, system)));
    let pair = |(item, system)| {
        let own = cube.read(Measure::Average, item, system, rater)?;
        let others = (0..cube.n_raters)
            .filter(|&other| other != rater)
            .filter_map(|other| cube.read(Measure::Average, item, system, other));
        let (sum, n) = others.fold((0.0, 0), |(sum, n), score| (sum + score, n + 1));
        (n > 0).then(|| (own, sum / f64::from(n)))
    };
    replies.filter_map(pair).unzip()
}

fn longest_run(judged: &[Judged]) -> usize {
    let mut longest = 0;
    let mut run = 0;
    let mut last = None;
    for judged in judged.iter().filter(|judged| judged.sensibleness.digit().is_some()) {
        let scores = (judged.sensibleness.digit(), judged.specificity.digit());
        run = if last == Some(scores) { run + 1 } else { 1 };
        last = Some(scores);
        longest = longest.max(run);
    }
    longest
}

/// Judgements of gold replies within the expected range; a skip is neither right nor wrong.
fn gold(ratings: &Ratings, mine: &[&RatedPage]) -> Option<(f64, usize)> {
    let (mut n_right, mut n) = (0, 0);
    for page in mine.iter().filter(|page| page.kind == PageKind::Gold) {
        for card in &page.cards {
            let expected = &ratings.content.items[page.item].replies[card.reply].expectation;
            for (criterion, range) in Criterion::ALL.into_iter().zip([expected.sensibleness, expected.specificity]) {
                if let Some((digit, (least, most))) = card.judgement(criterion).digit().zip(range) {
                    n += 1;
                    n_right += usize::from((least..=most).contains(&digit));
                }
            }
        }
    }
    (n > 0).then(|| (n_right as f64 / n as f64, n))
}

/// Cards of repeated pages beside the first judgements of the same replies.
fn again<'a>(mine: &'a [&RatedPage], is_degraded: bool) -> impl Iterator<Item = (Judged, Judged)> + 'a {
    let repeated = mine.iter().filter(|page| matches!(page.kind, PageKind::Repeat | PageKind::Degraded));
    repeated.flat_map(move |page| {
        let first = mine.iter().find(|other| other.item == page.item && other.kind == PageKind::Main);
        let cards = page.cards.iter().filter(move |card| card.degraded.is_some() == is_degraded);
        cards.filter_map(move |card| {
            let before = first?.cards.iter().find(|other| other.reply == card.reply)?;
            Some((Judged::of(before), Judged::of(card)))
        })
    })
}

fn repeats(mine: &[&RatedPage]) -> Option<(f64, f64, usize)> {
    let (mut n_same, mut n_close, mut n) = (0, 0, 0);
    for (before, after) in again(mine, false) {
        for criterion in Criterion::ALL {
            if let Some((before, after)) = before.get(criterion).digit().zip(after.get(criterion).digit()) {
                n += 1;
                n_same += usize::from(before == after);
                n_close += usize::from(before.abs_diff(after) <= 1);
            }
        }
    }
    (n > 0).then(|| (n_same as f64 / n as f64, n_close as f64 / n as f64, n))
}

fn degraded(mine: &[&RatedPage], options: &ReportOptions) -> Option<(f64, f64, usize)> {
    let drops: Vec<f64> = again(mine, true)
        .filter_map(|(before, after)| Some(Measure::Average.read(&before)? - Measure::Average.read(&after)?))
        .collect();
    let test = sign_flip_test(&drops, options.n_permutations, options.seed).ok()?;
    Some((test.difference, test.p, drops.len()))
}

fn median_seconds(mine: &[&RatedPage]) -> Option<f64> {
    let seconds: Vec<f64> =
        mine.iter().map(|page| page.active_ms()).filter(|&ms| ms > 0).map(|ms| ms as f64 / 1_000.0).collect();
    summary(&seconds).ok().map(|summary| summary.median)
}
