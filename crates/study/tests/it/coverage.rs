//! Do 95 % intervals cover what was planted? 1,000 simulated studies of raters with known severity, noise and
//! carelessness; the truth is the same statistic over so many items that chance is gone.
//!
//! The intervals of means and differences are always tested; those of agreement take minutes and run with
//! RUN_SLOW_TESTS=1. Figures of the last full run: benches/results/study/coverage.md.

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use repartee_study::{
    simulate::SimulatedRater,
    statistics::{
        IccKind, KappaWeights, Level, Undefined, Units, Value, bootstrap, icc, krippendorff_alpha, pearson, spearman,
        weighted_kappa, within_one,
    },
};

const N_STUDIES: usize = 1_000;
const N_ITEMS: usize = 100;
/// Studies enough to see a wrong interval.
const N_FEW: usize = 300;
const MEANS: [f64; 3] = [3.66, 3.94, 2.4];

fn raters() -> [SimulatedRater; 3] {
    [(0.3, 0.6, 0.0), (-0.5, 0.9, 0.05), (0.1, 0.5, 0.2)].map(|(severity, noise, carelessness)| SimulatedRater {
        name: String::new(),
        severity,
        noise,
        carelessness,
    })
}

/// Scores by item, system, rater.
fn study(n_items: usize, random: &mut ChaCha8Rng) -> Vec<[[f64; 3]; 3]> {
    let raters = raters();
    let normal = |spread: f64, random: &mut ChaCha8Rng| -> f64 {
        let draw: f64 = StandardNormal.sample(random);
        spread * draw
    };
    (0..n_items)
        .map(|_| {
            let item = normal(0.6, random);
            MEANS.map(|mean| {
                let quality = mean + item + normal(0.8, random);
                [0, 1, 2].map(|rater: usize| f64::from(raters[rater].score(quality, 1, random)))
            })
        })
        .collect()
}

type Statistic = fn(&[[[f64; 3]; 3]], &[usize]) -> Value;

fn mean_of(study: &[[[f64; 3]; 3]], sample: &[usize], system: usize) -> f64 {
    sample.iter().map(|&item| study[item][system].iter().sum::<f64>()).sum::<f64>() / (3 * sample.len()) as f64
}

fn units(study: &[[[f64; 3]; 3]], sample: &[usize]) -> Units {
    let row = |item: usize, system: usize| study[item][system].iter().map(|&score| Some(score)).collect();
    Units::new((0..3).flat_map(|system| sample.iter().map(move |&item| (item, system))).map(|(i, s)| row(i, s)), 3)
}

fn centred(study: &[[[f64; 3]; 3]], sample: &[usize]) -> Units {
    let mean = |system: usize, rater: usize| {
        sample.iter().map(|&item| study[item][system][rater]).sum::<f64>() / sample.len() as f64
    };
    let means = [0, 1, 2].map(|system| [0, 1, 2].map(|rater| mean(system, rater)));
    let row = |item: usize, system: usize| {
        (0..3).map(|rater| Some(study[item][system][rater] - means[system][rater])).collect()
    };
    Units::new((0..3).flat_map(|system| sample.iter().map(move |&item| (item, system))).map(|(i, s)| row(i, s)), 3)
}

/// The share of studies whose interval covers the truth.
fn coverage(name: &str, statistic: Statistic, n_draws: usize) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let large = study(200_000, &mut random);
    let truth = statistic(&large, &(0..large.len()).collect::<Vec<_>>()).unwrap();
    let mut n_covered = 0;
    for number in 0..N_STUDIES {
        let mut random = ChaCha8Rng::seed_from_u64(1_000 + number as u64);
        let study = study(N_ITEMS, &mut random);
        let interval = bootstrap(N_ITEMS, n_draws, number as u64, |sample| statistic(&study, sample)).unwrap();
        n_covered += usize::from(interval.low <= truth && truth <= interval.high);
    }
    let share = n_covered as f64 / N_STUDIES as f64;
    println!("| {name} | {truth:.4} | {:.1} % |", 100.0 * share);
    share
}

#[track_caller]
fn assert_covers(name: &str, share: f64) {
    assert!((0.93..=0.97).contains(&share), "{name}: {share} is not 0.93 to 0.97");
}

#[test]
fn intervals_of_means_and_differences_cover_the_truth() {
    let mean: Statistic = |study, sample| Ok(mean_of(study, sample, 0));
    let low: Statistic = |study, sample| Ok(mean_of(study, sample, 2));
    let difference: Statistic = |study, sample| Ok(mean_of(study, sample, 1) - mean_of(study, sample, 0));
    for (name, statistic) in [("mean", mean), ("mean near the end of the scale", low), ("difference", difference)] {
        assert_covers(name, coverage(name, statistic, 1_000));
    }
}

#[test]
fn intervals_of_agreement_cover_the_truth() {
    if std::env::var_os("RUN_SLOW_TESTS").is_none() {
        println!("skipped; set RUN_SLOW_TESTS=1");
        return;
    }
    let statistics: [(&str, Statistic); 8] = [
        ("Pearson, pooled", |study, sample| units(study, sample).mean_of_pairs(pearson)),
        ("Pearson, within systems", |study, sample| centred(study, sample).mean_of_pairs(pearson)),
        ("Spearman", |study, sample| units(study, sample).mean_of_pairs(spearman)),
        ("alpha, interval", |study, sample| krippendorff_alpha(&units(study, sample), Level::Interval)),
        ("alpha, ordinal", |study, sample| krippendorff_alpha(&units(study, sample), Level::Ordinal)),
        ("kappa, quadratic", |study, sample| {
            units(study, sample).mean_of_pairs(|x, y| weighted_kappa(x, y, KappaWeights::Quadratic))
        }),
        ("ICC(A,1)", |study, sample| {
            icc(&units(study, sample).complete(), IccKind::Agreement).map(|icc| icc.single.value)
        }),
        ("within one point", |study, sample| units(study, sample).mean_of_pairs(within_one)),
    ];
    std::thread::scope(|scope| {
        let handles: Vec<_> = statistics
            .into_iter()
            .map(|(name, statistic)| (name, scope.spawn(move || coverage(name, statistic, 500))))
            .collect();
        for (name, handle) in handles {
            assert_covers(name, handle.join().unwrap());
        }
    });
}

#[test]
fn a_wrong_interval_would_be_found() {
    // An interval that takes the judgements of an item for independent is too short; the bound must notice.
    let mut n_covered = 0;
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let large = study(200_000, &mut random);
    let truth = mean_of(&large, &(0..large.len()).collect::<Vec<_>>(), 0);
    for number in 0..N_FEW {
        let study = study(N_ITEMS, &mut ChaCha8Rng::seed_from_u64(1_000 + number as u64));
        let scores: Vec<f64> = study.iter().flat_map(|item| item[0]).collect();
        let interval = bootstrap(scores.len(), 200, number as u64, |sample| {
            if sample.is_empty() {
                return Err(Undefined::TooFew);
            }
            Ok(sample.iter().map(|&index| scores[index]).sum::<f64>() / sample.len() as f64)
        })
        .unwrap();
        n_covered += usize::from(interval.low <= truth && truth <= interval.high);
    }
    assert!(n_covered * 10 < N_FEW * 9, "{n_covered} of {N_FEW} covered by intervals that ignore the items");
}
