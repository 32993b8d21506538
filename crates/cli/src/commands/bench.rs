//! `repartee bench`.

use std::process::ExitCode;

use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::{ComputeDevice, HeadBench, HeadReport, StepBench, StepReport, bench_head, bench_step};
use serde::Serialize;

use super::{print_json, print_line};
use crate::context::{BUILD, Global};

/// Measure speed and memory: parity first, then medians over interleaved runs of both sides.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  repartee bench head                                the paper's output layer, K = 5 and 40
  repartee bench step                                a small model's step, K = 1, 5 and 40
  repartee bench step --d-model 256 --n-layers 3 --d-feedforward 1024 --vocabulary 8000 --latents 5 --json")]
pub(crate) struct Bench {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The output layer: fused against composed of tensor operations, memory, and share of a matrix product's rate
    Head(Head),
    /// A whole training step with different numbers of latents
    Step(Step),
    /// Under mpirun: summing gradients over ranks, beside a copy in memory and MPI's own all-reduce
    #[cfg(feature = "mpi")]
    Sum(super::bench_sum::Sum),
}

#[derive(Debug, clap::Args)]
struct Head {
    /// Sentences, B
    #[arg(long, default_value_t = 16, value_name = "N")]
    sentences: usize,
    /// Tokens of each, T
    #[arg(long, default_value_t = 16, value_name = "N")]
    length: usize,
    /// Width, D
    #[arg(long, default_value_t = 512, value_name = "N")]
    d_model: usize,
    /// Pieces, V
    #[arg(long, default_value_t = 16_000, value_name = "N")]
    vocabulary: usize,
    /// Latents of each comparison, K
    #[arg(long, default_value = "5,40", value_delimiter = ',', value_name = "K")]
    latents: Vec<usize>,
    /// Timed runs of each side
    #[arg(long, default_value_t = 5, value_name = "N")]
    runs: usize,
    /// Leave out the side composed of tensor operations, which may need much memory
    #[arg(long)]
    fused_only: bool,
}

#[derive(Debug, clap::Args)]
struct Step {
    /// Sentences, B
    #[arg(long, default_value_t = 32, value_name = "N")]
    sentences: usize,
    /// Tokens of an utterance and of a reply, `</s>` included
    #[arg(long, default_value_t = 16, value_name = "N")]
    length: usize,
    /// Width, D, and the latent's size
    #[arg(long, default_value_t = 128, value_name = "N")]
    d_model: usize,
    /// Attention heads
    #[arg(long, default_value_t = 4, value_name = "N")]
    n_heads: usize,
    /// Layers of the encoder and of the decoder
    #[arg(long, default_value_t = 2, value_name = "N")]
    n_layers: usize,
    /// Width of the feed-forward layers
    #[arg(long, default_value_t = 512, value_name = "N")]
    d_feedforward: usize,
    /// Pieces, V
    #[arg(long, default_value_t = 1100, value_name = "N")]
    vocabulary: usize,
    /// Latents of each contestant, K; the first is what the others are compared with
    #[arg(long, default_value = "1,5,40", value_delimiter = ',', value_name = "K")]
    latents: Vec<usize>,
    /// Timed runs of each
    #[arg(long, default_value_t = 7, value_name = "N")]
    runs: usize,
}

/// What is written as JSON: where and how, and the reports.
#[derive(Serialize)]
struct Record<B, R> {
    device: String,
    version: &'static str,
    commit: &'static str,
    n_threads: usize,
    sizes: B,
    reports: Vec<R>,
}

impl<B, R> Record<B, R> {
    fn new(device: &ComputeDevice, sizes: B, reports: Vec<R>) -> Self {
        let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { device: device.name.clone(), version: BUILD.version, commit: BUILD.commit, n_threads, sizes, reports }
    }
}

impl Bench {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Head(head) => head.run(global, &global.open_device()?)?,
            What::Step(step) => step.run(global, &global.open_device()?)?,
            #[cfg(feature = "mpi")]
            What::Sum(sum) => sum.run(global)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY);
    table.set_header(header.iter().copied());
    table.add_rows(rows);
    table.to_string()
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

impl Head {
    fn run(self, global: &Global, device: &ComputeDevice) -> anyhow::Result<()> {
        let sizes = HeadBench {
            n_sentences: self.sentences,
            length: self.length,
            d_model: self.d_model,
            vocabulary: self.vocabulary,
            n_latents: self.latents,
            n_runs: self.runs,
            fused_only: self.fused_only,
        };
        let mut reports = Vec::new();
        bench_head(&sizes, device, |report| {
            global.note(&format!("measured K = {}", report.n_latents));
            reports.push(report);
        });
        if global.json {
            return print_json(&Record::new(device, sizes, reports));
        }
        let header =
            ["K", "parity", "fused", "unfused", "ratio", "peak", "unfused peak", "ratio", "scoring", "of matmul"];
        print_line(&table(&header, reports.iter().map(head_row)))
    }
}

fn head_row(report: &HeadReport) -> Vec<String> {
    let or_dash = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let mebibytes = |bytes: usize| format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20));
    let peaks = report.fused_peak_bytes.zip(report.unfused_peak_bytes);
    vec![
        report.n_latents.to_string(),
        or_dash(report.parity.map(|parity| format!("{parity:.1e}"))),
        milliseconds(report.fused.median()),
        or_dash(report.unfused.as_ref().map(|unfused| milliseconds(unfused.median()))),
        or_dash(report.time_ratio.map(|ratio| format!("{ratio:.3}"))),
        or_dash(report.fused_peak_bytes.map(mebibytes)),
        or_dash(report.unfused_peak_bytes.map(mebibytes)),
        or_dash(peaks.map(|(fused, unfused)| format!("{:.4}", fused as f64 / unfused as f64))),
        format!("{:.1} GFLOP/s", report.scoring_gflops),
        format!("{:.3}", report.scoring_share),
    ]
}

impl Step {
    fn run(self, global: &Global, device: &ComputeDevice) -> anyhow::Result<()> {
        let sizes = StepBench {
            n_sentences: self.sentences,
            length: self.length,
            d_model: self.d_model,
            n_heads: self.n_heads,
            n_layers: self.n_layers,
            d_feedforward: self.d_feedforward,
            vocabulary: self.vocabulary,
            n_latents: self.latents,
            n_runs: self.runs,
        };
        let reports = bench_step(&sizes, device)?;
        if global.json {
            return print_json(&Record::new(device, sizes, reports));
        }
        let row = |report: &StepReport| {
            vec![
                report.n_latents.to_string(),
                milliseconds(report.step.median()),
                format!("{:.3}", report.ratio),
                format!("{:.3}", report.loss_nats_per_sentence),
            ]
        };
        print_line(&table(&["K", "step", "ratio", "loss, nats a sentence"], reports.iter().map(row)))
    }
}
