//! Table 3 of Sato et al. 2021 exactly as the authors' script computes it (scripts/human_eval, function by function), with
//! what is wrong about it. For comparison with the paper only.

use serde::Serialize;

use crate::statistics::{Undefined, pearson};

use super::{Measure, cube::Cube};

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperTable {
    /// A row for each system.
    pub rows: Vec<PaperRow>,
    /// "Pearson correlation between evaluators" with the script's divisor.
    pub pearson_of_script: Option<f64>,
    /// The mean over pairs of raters, as it was meant.
    pub pearson_mean: Option<f64>,
    /// Why there is no correlation.
    pub undefined: Option<Undefined>,
    /// Number of raters.
    pub n_raters: usize,
    /// Cells that the script takes for 0 though they are not rated or skipped.
    pub n_taken_for_zero: usize,
    /// What is wrong with these numbers.
    pub notes: Vec<String>,
}

/// A system's row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PaperRow {
    /// The system.
    pub system: String,
    /// Mean sensibleness, empty cells as 0.
    pub sensibleness: f64,
    /// Mean specificity, empty cells as 0.
    pub specificity: f64,
    /// Mean of both.
    pub average: f64,
}

/// The script needs a full table: every rater has every item.
pub(super) fn table(cube: &Cube) -> Result<PaperTable, String> {
    let shown = |item, system, rater| cube.judged(item, system, rater).is_some();
    for rater in 0..cube.n_raters {
        let n_items =
            (0..cube.n_items).filter(|&item| (0..cube.systems.len()).all(|system| shown(item, system, rater))).count();
        if n_items < cube.n_items {
            return Err(format!(
                "the authors' script needs every rater on every item; one rater has {n_items} of {}",
                cube.n_items
            ));
        }
    }
    let mut n_taken_for_zero = 0;
    // By rater: the averages of all replies, system after system, as the script concatenates them.
    let mut concatenated: Vec<Vec<f64>> = vec![Vec::new(); cube.n_raters];
    let mut rows = Vec::new();
    for (system, name) in cube.systems.iter().enumerate() {
        let mut sums = [0.0; 3];
        for (rater, averages) in concatenated.iter_mut().enumerate() {
            for item in 0..cube.n_items {
                let [sensibleness, specificity] =
                    [Measure::Sensibleness, Measure::SpecificityZeroCounted].map(|measure| {
                        cube.read(measure, item, system, rater).unwrap_or_else(|| {
                            n_taken_for_zero += 1;
                            0.0
                        })
                    });
                let average = f64::midpoint(sensibleness, specificity);
                averages.push(average);
                for (sum, score) in sums.iter_mut().zip([sensibleness, specificity, average]) {
                    *sum += score;
                }
            }
        }
        let [sensibleness, specificity, average] = sums.map(|sum| sum / (cube.n_items * cube.n_raters) as f64);
        rows.push(PaperRow { system: name.clone(), sensibleness, specificity, average });
    }
    let correlation = correlation(&concatenated);
    let notes = notes(cube.n_raters, n_taken_for_zero);
    Ok(PaperTable {
        rows,
        pearson_of_script: correlation.ok().and_then(|(script, _)| script),
        pearson_mean: correlation.ok().map(|(_, mean)| mean),
        undefined: correlation.err(),
        n_raters: cube.n_raters,
        n_taken_for_zero,
        notes,
    })
}

/// The script's value, where its divisor is not 0, and the mean over pairs.
fn correlation(by_rater: &[Vec<f64>]) -> Result<(Option<f64>, f64), Undefined> {
    let (mut sum, mut n_pairs) = (0.0, 0);
    for one in 0..by_rater.len() {
        for other in one + 1..by_rater.len() {
            // Both halves of the symmetric matrix are summed.
            sum += 2.0 * pearson(&by_rater[one], &by_rater[other])?;
            n_pairs += 1;
        }
    }
    if n_pairs == 0 {
        return Err(Undefined::NoOverlap);
    }
    let n = by_rater.len() as i64;
    // `n^2 - n` in Python: the difference binds closer than the exclusive or.
    let divisor = n ^ (2 - n);
    Ok(((divisor != 0).then(|| sum / divisor as f64), sum / f64::from(2 * n_pairs)))
}

fn notes(n_raters: usize, n_taken_for_zero: usize) -> Vec<String> {
    let mut notes = vec![
        "A cell that is empty counts as 0 under both criteria, the same as \"too noisy\"; sensibleness, too, can so be 0."
            .to_owned(),
        "The correlation pools all systems, people's replies included: that systems differ raises it.".to_owned(),
        "There are no intervals and no tests; the script's paired t-test is never called.".to_owned(),
    ];
    if n_taken_for_zero > 0 {
        notes.push(format!("In this study {n_taken_for_zero} cells are empty and lower these means."));
    }
    if n_raters != 2 {
        let n = n_raters as i64;
        notes.push(format!(
            "The divisor `n^2 - n` is n XOR (2 - n) in Python: right for two raters, here {} instead of {}.",
            n ^ (2 - n),
            n * n - n
        ));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scripts_divisor_is_right_for_two_raters_only() {
        let (x, y, z) = (vec![1.0, 2.0, 3.0, 5.0], vec![1.0, 3.0, 2.0, 4.0], vec![2.0, 2.0, 4.0, 5.0]);
        let (script, mean) = correlation(&[x.clone(), y.clone()]).unwrap();
        assert!((script.unwrap() - mean).abs() < 1e-12);
        // Python: 3^2-3 == -4, 4^2-4 == -6, 5^2-5 == -8.
        let (script, mean) = correlation(&[x.clone(), y.clone(), z.clone()]).unwrap();
        assert!((script.unwrap() - mean * 6.0 / -4.0).abs() < 1e-12);
        let (script, mean) = correlation(&[x.clone(), y.clone(), z.clone(), x.clone()]).unwrap();
        assert!((script.unwrap() - mean * 12.0 / -6.0).abs() < 1e-12);
        assert_eq!(correlation(&[x]), Err(Undefined::NoOverlap));
    }
}
