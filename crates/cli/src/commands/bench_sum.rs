//! `repartee bench sum`.

use std::{process::ExitCode, time::Duration};

use repartee_mpi::{MpiCommunicator, SumBench, bench_sum};

use super::{print_json, print_line};
use crate::{context::Global, ranks::Ranks};

/// Far longer than any sum.
const DEADLINE: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Args)]
pub(super) struct Sum {
    /// Numbers to sum; the paper's model has so many parameters
    #[arg(long, default_value_t = 29_615_872, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    values: u64,
    /// Timed repetitions
    #[arg(long, default_value_t = 7, value_name = "N")]
    runs: usize,
}

impl Sum {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<()> {
        let ranks = Ranks::meet(DEADLINE)?;
        let result = match &ranks {
            Ranks::Mpi(mpi) => self.measure(&ranks.global(global), mpi),
            Ranks::Alone(_) => {
                Err(anyhow::anyhow!("there is one process only; write `mpirun -n 2 repartee bench sum`"))
            }
        };
        ranks.end(result.map(|()| ExitCode::SUCCESS)).map(|_| ())
    }

    fn measure(&self, global: &Global, mpi: &MpiCommunicator) -> anyhow::Result<()> {
        let report = bench_sum(mpi, usize::try_from(self.values)?, self.runs)?;
        if global.quiet {
            return Ok(());
        }
        if global.json {
            return print_json(&report);
        }
        print_line(&table(&report))
    }
}

fn table(report: &SumBench) -> String {
    let bytes = 4.0 * report.n_values as f64;
    let rate = |seconds: f64| format!("{:.1} ms, {:.2} GB/s", seconds * 1e3, bytes / seconds / 1e9);
    let lines = [
        ("values", format!("{} ({:.1} MB) on {} ranks", report.n_values, bytes / 1e6, report.n_ranks)),
        ("copy in memory", rate(report.copy_seconds)),
        ("ordered sum", rate(report.sum_seconds)),
        ("the same as f16", rate(report.f16_seconds)),
        ("MPI_Allreduce", rate(report.all_reduce_seconds)),
        ("latency", format!("{:.1} µs one way", report.latency_seconds * 1e6)),
        ("bandwidth", format!("{:.2} Gbit/s one way", report.bandwidth_bytes_per_second * 8.0 / 1e9)),
        ("error of f16", format!("{:.2e} of the sum's norm", report.f16_relative_error)),
    ];
    lines.map(|(name, fact)| format!("{name:15} {fact}")).join("\n")
}
