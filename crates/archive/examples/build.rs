//! `repartee corpus build` with the options that measurements need, without the tensor library that the program links.
//!
//! `cargo run --release -p repartee-archive --example build -- ARCHIVE --out corpus --train 2017,2018 --test 2019`

use std::path::PathBuf;

use clap::Parser;
use repartee_archive::{BuildOptions, build};

#[derive(Parser)]
struct Arguments {
    inputs: Vec<PathBuf>,
    #[arg(long)]
    out: PathBuf,
    #[arg(long, default_value = "en")]
    language: repartee_corpus::Language,
    #[arg(long, default_value = "paper")]
    preset: repartee_archive::Preset,
    #[arg(long, value_delimiter = ',')]
    train: Vec<i32>,
    #[arg(long, value_delimiter = ',')]
    test: Vec<i32>,
    #[arg(long, default_value_t = 0)]
    dev: usize,
    #[arg(long)]
    test_contexts: Option<usize>,
    #[arg(long)]
    near_duplicates: Option<f64>,
    #[arg(long, default_value_t = 0)]
    threads: usize,
    #[arg(long, default_value_t = 768)]
    memory_mebibytes: usize,
    #[arg(long)]
    overwrite: bool,
    #[arg(long)]
    quiet: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let options = BuildOptions {
        inputs: arguments.inputs,
        out: arguments.out,
        language: arguments.language,
        preset: arguments.preset,
        train_years: arguments.train,
        test_years: arguments.test,
        dev_pairs: arguments.dev,
        test_contexts: arguments.test_contexts,
        near_duplicates: arguments.near_duplicates,
        threads: arguments.threads,
        memory_bytes: arguments.memory_mebibytes << 20,
        overwrite: arguments.overwrite,
        ..BuildOptions::default()
    };
    match build(&options, &mut |_| {}) {
        Ok(_) if arguments.quiet => {}
        Ok(report) => println!("{}", serde_json::to_string_pretty(&report).unwrap_or_default()),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    }
}
