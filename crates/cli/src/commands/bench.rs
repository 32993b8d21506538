//! `repartee bench`.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use comfy_table::{Table, presets::UTF8_HORIZONTAL_ONLY};
use repartee_engine::{
    ComputeDevice, EmbeddingBench, HeadBench, HeadReport, StepBench, StepReport, Timing, bench_embedding, bench_head,
    bench_step, write_atomically,
};
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
    /// Also draw the medians, as an SVG file
    #[arg(long, global = true, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The output layer: fused against composed of tensor operations, memory, and share of a matrix product's rate
    Head(Head),
    /// A whole training step with different numbers of latents
    Step(Step),
    /// The gradient of an embedding: the sorted segment sum against Burn's scatter
    Embedding(Embedding),
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
    /// Leave out the side composed of tensor operations and the plain products, which may need much memory
    #[arg(long)]
    fused_only: bool,
}

#[derive(Debug, clap::Args)]
struct Embedding {
    /// Tokens of the batch, N
    #[arg(long, default_value_t = 4096, value_name = "N")]
    rows: usize,
    /// Width, D
    #[arg(long, default_value_t = 512, value_name = "N")]
    d_model: usize,
    /// Pieces, V
    #[arg(long, default_value_t = 16_000, value_name = "N")]
    vocabulary: usize,
    /// Timed runs of each side
    #[arg(long, default_value_t = 7, value_name = "N")]
    runs: usize,
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
            What::Head(head) => head.run(global, &global.open_device()?, self.svg.as_deref())?,
            What::Step(step) => step.run(global, &global.open_device()?, self.svg.as_deref())?,
            What::Embedding(embedding) => embedding.run(global, &global.open_device()?, self.svg.as_deref())?,
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
    fn run(self, global: &Global, device: &ComputeDevice, svg: Option<&Path>) -> anyhow::Result<()> {
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
        if let Some(svg) = svg {
            let title = format!(
                "Output layer, forward and backward, B {}, T {}, D {}, V {}",
                sizes.n_sentences, sizes.length, sizes.d_model, sizes.vocabulary
            );
            let bars = |report: &HeadReport| -> Vec<Bar> {
                let bar = |timing: &Timing| Bar::new(report.n_latents, timing);
                std::iter::once(bar(&report.fused)).chain(report.unfused.as_ref().map(bar)).collect()
            };
            draw(svg, &title, device, &reports.iter().flat_map(bars).collect::<Vec<_>>())?;
        }
        if global.json {
            return print_json(&Record::new(device, sizes, reports));
        }
        let header = [
            "K",
            "parity",
            "fused",
            "unfused",
            "ratio",
            "peak",
            "unfused peak",
            "ratio",
            "asked",
            "scoring",
            "of matmul",
            "f16, ratio",
            "f16, regret",
        ];
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
        or_dash(report.fused_asked_bytes.map(mebibytes)),
        format!("{:.1} GFLOP/s", report.scoring_gflops),
        or_dash(report.scoring_share.map(|share| format!("{share:.3}"))),
        or_dash(report.half_scoring.as_ref().map(|half| format!("{:.3}", half.ratio(&report.scoring)))),
        or_dash(report.half_regret_nats_per_sentence.map(|regret| format!("{regret:.1e}"))),
    ]
}

impl Embedding {
    fn run(self, global: &Global, device: &ComputeDevice, svg: Option<&Path>) -> anyhow::Result<()> {
        let Self { rows: n_rows, d_model, vocabulary, runs: n_runs } = self;
        let sizes = EmbeddingBench { n_rows, d_model, vocabulary, n_runs };
        let report = bench_embedding(&sizes, device);
        if let Some(svg) = svg {
            let title = format!("Gradient of an embedding, N {n_rows}, D {d_model}, V {vocabulary}");
            let bar = |timing: &Timing| Bar { label: timing.name.clone(), milliseconds: timing.median() * 1e3 };
            draw(svg, &title, device, &[bar(&report.segment_sum), bar(&report.scatter)])?;
        }
        if global.json {
            return print_json(&Record::new(device, sizes, vec![report]));
        }
        let row = vec![
            format!("{:.1e}", report.parity),
            milliseconds(report.segment_sum.median()),
            milliseconds(report.scatter.median()),
            format!("{:.3}", report.time_ratio),
        ];
        print_line(&table(&["parity", "segment sum", "Burn's scatter", "ratio"], [row]))
    }
}

impl Step {
    fn run(self, global: &Global, device: &ComputeDevice, svg: Option<&Path>) -> anyhow::Result<()> {
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
        if let Some(svg) = svg {
            let title = format!(
                "Training step, B {}, T {}, D {}, {} + {} layers, V {}",
                sizes.n_sentences, sizes.length, sizes.d_model, sizes.n_layers, sizes.n_layers, sizes.vocabulary
            );
            let bars = reports.iter().map(|report| Bar::new(report.n_latents, &report.step));
            draw(svg, &title, device, &bars.collect::<Vec<_>>())?;
        }
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

/// One bar of a drawing.
struct Bar {
    label: String,
    milliseconds: f64,
}

impl Bar {
    fn new(n_latents: usize, timing: &Timing) -> Self {
        let k = format!("K = {n_latents}");
        let label = if timing.name == k { k } else { format!("{k}, {}", timing.name) };
        Self { label, milliseconds: timing.median() * 1e3 }
    }
}

/// Writes medians as horizontal bars.
fn draw(path: &Path, title: &str, device: &ComputeDevice, bars: &[Bar]) -> anyhow::Result<()> {
    let longest = bars.iter().map(|bar| bar.milliseconds).fold(0.0, f64::max);
    let height = 56 + 28 * bars.len();
    let device = device.name.replace('&', "&amp;").replace('<', "&lt;");
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 720 {height}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#222\"><rect width=\"720\" height=\"{height}\" fill=\"#fff\"/>\
         <text x=\"10\" y=\"20\" font-weight=\"bold\">{title}</text><text x=\"10\" y=\"38\">{device}; median, ms</text>\n"
    );
    for (i, bar) in bars.iter().enumerate() {
        let (y, width) = (48 + 28 * i, 440.0 * bar.milliseconds / longest);
        svg += &format!(
            "<text x=\"170\" y=\"{}\" text-anchor=\"end\">{}</text><rect x=\"180\" y=\"{y}\" width=\"{width:.1}\" \
             height=\"20\" fill=\"#4477aa\"/><text x=\"{:.1}\" y=\"{}\">{:.1}</text>\n",
            y + 15,
            bar.label,
            width + 186.0,
            y + 15,
            bar.milliseconds
        );
    }
    Ok(write_atomically(path, (svg + "</svg>\n").as_bytes())?)
}
