//! Intraclass correlations from analyses of variance.

use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

use super::Undefined;

/// Which intraclass correlation, in the notation of McGraw & Wong 1996.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum IccKind {
    /// ICC(1): each unit has raters of its own.
    #[serde(rename = "ICC(1)")]
    OneWay,
    /// ICC(A,1): the same raters for all units; a rater's severity counts as disagreement.
    #[serde(rename = "ICC(A,1)")]
    Agreement,
    /// ICC(C,1): the same raters for all units; severity does not count.
    #[serde(rename = "ICC(C,1)")]
    Consistency,
}

/// An estimate with its 95 % interval by the F distribution, which takes the units for independent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IccEstimate {
    /// The value.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// The reliability of one rater and of the mean of all k.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Icc {
    /// Of a single rater: ICC(1), ICC(A,1) or ICC(C,1).
    pub single: IccEstimate,
    /// Of the mean of k raters: ICC(k), ICC(A,k) or ICC(C,k).
    pub average: IccEstimate,
    /// Number of units.
    pub n: usize,
    /// Raters of each unit.
    pub k: usize,
}

/// Mean squares of the two-way table: between units, between raters, residual, and within units.
struct MeanSquares {
    units: f64,
    raters: f64,
    residual: f64,
    within: f64,
}

/// The intraclass correlation of a complete table: rows are units, columns raters (McGraw & Wong 1996, tables 4 and 7).
///
/// # Errors
/// [`Undefined::TooFew`] below two rows or columns, [`Undefined::NoVariance`] if nothing varies.
pub fn icc(rows: &[Vec<f64>], kind: IccKind) -> Result<Icc, Undefined> {
    let (n, k) = (rows.len(), rows.first().map_or(0, Vec::len));
    if n < 2 || k < 2 {
        return Err(Undefined::TooFew);
    }
    let squares = mean_squares(rows, n, k);
    let (single, average) = match kind {
        IccKind::OneWay => one_way(&squares, n, k),
        IccKind::Agreement => agreement(&squares, n, k),
        IccKind::Consistency => consistency(&squares, n, k),
    };
    let all = [single.value, average.value];
    if all.iter().all(|value| value.is_finite()) {
        Ok(Icc { single, average, n, k })
    } else {
        Err(Undefined::NoVariance)
    }
}

fn mean_squares(rows: &[Vec<f64>], n: usize, k: usize) -> MeanSquares {
    let (n_f, k_f) = (n as f64, k as f64);
    let grand = rows.iter().flatten().sum::<f64>() / (n_f * k_f);
    let row_means: Vec<f64> = rows.iter().map(|row| row.iter().sum::<f64>() / k_f).collect();
    let column_means: Vec<f64> = (0..k).map(|column| rows.iter().map(|row| row[column]).sum::<f64>() / n_f).collect();
    let units: f64 = row_means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>() * k_f;
    let raters: f64 = column_means.iter().map(|mean| (mean - grand).powi(2)).sum::<f64>() * n_f;
    let cells =
        rows.iter().zip(&row_means).flat_map(|(row, &mean)| row.iter().zip(&column_means).map(move |x| (x, mean)));
    let (mut residual, mut within) = (0.0, 0.0);
    for ((&cell, &column), row) in cells {
        residual += (cell - row - column + grand).powi(2);
        within += (cell - row).powi(2);
    }
    MeanSquares {
        units: units / (n_f - 1.0),
        raters: raters / (k_f - 1.0),
        residual: residual / ((n_f - 1.0) * (k_f - 1.0)),
        within: within / (n_f * (k_f - 1.0)),
    }
}

/// The quantile 0.975 of F.
fn upper_f(numerator: f64, denominator: f64) -> f64 {
    let f = FisherSnedecor::new(numerator, denominator).expect("degrees of freedom are positive");
    quantile_f(&f, 0.975, numerator, denominator)
}

/// statrs finds the quantile by halving to about 1e-4 of its scale; a few Newton steps make it exact.
fn quantile_f(f: &FisherSnedecor, p: f64, numerator: f64, denominator: f64) -> f64 {
    use statrs::distribution::Continuous as _;
    let mut x = f.inverse_cdf(p);
    for _ in 0..50 {
        let step = (f.cdf(x) - p) / f.pdf(x);
        if !step.is_finite() {
            break;
        }
        let next = if x - step > 0.0 { x - step } else { x / 2.0 };
        if (next - x).abs() <= 1e-14 * x {
            return next;
        }
        x = next;
    }
    debug_assert!(numerator > 0.0 && denominator > 0.0, "checked by the caller");
    x
}

fn from_f(f_low: f64, f_high: f64, k: f64, single: f64, average: f64) -> (IccEstimate, IccEstimate) {
    let one = |f: f64| (f - 1.0) / (f + k - 1.0);
    let all = |f: f64| 1.0 - 1.0 / f;
    (
        IccEstimate { value: single, low: one(f_low), high: one(f_high) },
        IccEstimate { value: average, low: all(f_low), high: all(f_high) },
    )
}

fn one_way(squares: &MeanSquares, n: usize, k: usize) -> (IccEstimate, IccEstimate) {
    let (n, k) = (n as f64, k as f64);
    let single = (squares.units - squares.within) / (squares.units + (k - 1.0) * squares.within);
    let f = squares.units / squares.within;
    let (between, within) = (n - 1.0, n * (k - 1.0));
    let average = (squares.units - squares.within) / squares.units;
    from_f(f / upper_f(between, within), f * upper_f(within, between), k, single, average)
}

fn consistency(squares: &MeanSquares, n: usize, k: usize) -> (IccEstimate, IccEstimate) {
    let (n, k) = (n as f64, k as f64);
    let single = (squares.units - squares.residual) / (squares.units + (k - 1.0) * squares.residual);
    let f = squares.units / squares.residual;
    let (between, residual) = (n - 1.0, (n - 1.0) * (k - 1.0));
    let average = (squares.units - squares.residual) / squares.units;
    from_f(f / upper_f(between, residual), f * upper_f(residual, between), k, single, average)
}

fn agreement(squares: &MeanSquares, n: usize, k: usize) -> (IccEstimate, IccEstimate) {
    let (n, k) = (n as f64, k as f64);
    let MeanSquares { units, raters, residual, .. } = *squares;
    let single = (units - residual) / (units + (k - 1.0) * residual + k * (raters - residual) / n);
    let average = (units - residual) / (units + (raters - residual) / n);
    // Satterthwaite's degrees of freedom (McGraw & Wong 1996, p. 41).
    let f = raters / residual;
    let numerator = (k - 1.0) * (n - 1.0) * (k * single * f + n * (1.0 + (k - 1.0) * single) - k * single).powi(2);
    let denominator = (n - 1.0) * (k * single * f).powi(2) + (n * (1.0 + (k - 1.0) * single) - k * single).powi(2);
    let v = numerator / denominator;
    let spread = k * raters + (k * n - k - n) * residual;
    let (to_low, to_high) =
        if v.is_finite() && v > 0.0 { (upper_f(n - 1.0, v), upper_f(v, n - 1.0)) } else { (f64::NAN, f64::NAN) };
    let low = n * (units - to_low * residual) / (to_low * spread + n * units);
    let high = n * (to_high * units - residual) / (spread + n * to_high * units);
    let of_mean = |single: f64| single * k / (1.0 + single * (k - 1.0));
    (IccEstimate { value: single, low, high }, IccEstimate { value: average, low: of_mean(low), high: of_mean(high) })
}
