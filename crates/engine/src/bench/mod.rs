//! Speed and memory of what training spends its time on, measured and not guessed: parity first, then medians over
//! interleaved runs, so that both sides of a ratio see the same machine.

mod embedding;
mod head;
mod step;

use std::time::Instant;

use burn::tensor::{Device, TensorData};
use serde::Serialize;

pub use embedding::{EmbeddingBench, EmbeddingReport, bench_embedding};
pub use head::{HeadBench, HeadReport, bench_head};
pub use step::{StepBench, StepReport, bench_step};

/// Times of one of the things compared, in the order of the runs.
#[derive(Clone, Debug, Serialize)]
pub struct Timing {
    /// What was timed.
    pub name: String,
    /// Wall-clock time of each run.
    pub seconds: Vec<f64>,
}

impl Timing {
    /// The median.
    pub fn median(&self) -> f64 {
        median(self.seconds.clone())
    }

    /// The median of the ratios of both sides of each interleaved run: what disturbs one run disturbs both its sides.
    pub fn ratio(&self, other: &Self) -> f64 {
        median(self.seconds.iter().zip(&other.seconds).map(|(a, b)| a / b).collect())
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        _ if values.is_empty() => f64::NAN,
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

/// Something to time.
struct Contestant<'a> {
    name: String,
    run: Box<dyn FnMut() + 'a>,
}

impl<'a> Contestant<'a> {
    fn new(name: impl Into<String>, run: impl FnMut() + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }
}

/// Runs the contestants in turn, `n_runs` times after one that is not timed.
fn interleaved(device: &Device, mut contestants: Vec<Contestant<'_>>, n_runs: usize) -> Vec<Timing> {
    let mut timings: Vec<Timing> =
        contestants.iter().map(|c| Timing { name: c.name.clone(), seconds: Vec::new() }).collect();
    for run in 0..=n_runs {
        for (contestant, timing) in contestants.iter_mut().zip(&mut timings) {
            wait(device);
            let start = Instant::now();
            (contestant.run)();
            wait(device);
            if run > 0 {
                timing.seconds.push(start.elapsed().as_secs_f64());
            }
        }
    }
    timings
}

/// The largest difference as a share of the largest value; not a number where a value is none.
fn largest_difference(a: TensorData, b: TensorData) -> f64 {
    let (a, b): (Vec<f32>, Vec<f32>) = (a.iter::<f32>().collect(), b.iter::<f32>().collect());
    let largest = b.iter().map(|x| f64::from(x.abs())).fold(0.0, f64::max);
    a.iter().zip(&b).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, max_or_nan) / largest
}

/// A maximum that keeps NaN.
fn max_or_nan(max: f64, x: f64) -> f64 {
    if x > max || x.is_nan() { x } else { max }
}

/// Until the device has done all that was asked of it. A fault shows when results are read.
fn wait(device: &Device) {
    let _ = device.sync();
}
