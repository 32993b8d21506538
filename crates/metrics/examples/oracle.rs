//! Lets the scripts in `golden` and `benches/metrics` ask this crate: `corpora` prints the random corpora of the tests,
//! `tokens NAME` cuts the JSON strings of stdin, `bleu NAME HYPOTHESES REFERENCES…` scores files and times it.

#[path = "../tests/generator/mod.rs"]
mod generator;

use std::{
    fs,
    io::{self, BufRead as _, Write as _},
    process::ExitCode,
    time::Instant,
};

use repartee_metrics::{
    Interner, Sample, Segmentation, Text,
    metrics::bleu::{BleuOptions, corpus_bleu},
    segment::moses::{Escape, tokens},
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["corpora"] => corpora(),
        ["tokens", name] => cut(name),
        ["bleu", name, hypotheses, ref references @ ..] => bleu(name, hypotheses, references),
        _ => Err("usage: oracle corpora | tokens NAME | bleu NAME HYPOTHESES REFERENCES…".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

type Done = Result<(), Box<dyn std::error::Error>>;

fn corpora() -> Done {
    for number in 0..generator::N_CORPORA {
        println!("{}", serde_json::to_string(&generator::corpus(number))?);
    }
    Ok(())
}

/// NAME is a segmentation or `moses-plain`, Moses without escapes.
fn cut(name: &str) -> Done {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let text: String = serde_json::from_str(&line?)?;
        let tokens = match name {
            "moses-plain" => tokens(&text, Escape::None),
            _ => name.parse::<Segmentation>()?.tokens(&text),
        };
        writeln!(out, "{}", serde_json::to_string(&tokens)?)?;
    }
    Ok(out.flush()?)
}

/// Prints the score and the seconds from texts in memory to the score: the median of 9 runs.
fn bleu(name: &str, hypotheses: &str, references: &[&str]) -> Done {
    let segmentation: Segmentation = name.parse()?;
    let hypotheses = fs::read_to_string(hypotheses)?;
    let references: Vec<String> = references.iter().map(fs::read_to_string).collect::<Result<_, _>>()?;
    let mut scores = Vec::new();
    let mut seconds: Vec<f64> = Vec::new();
    for _ in 0..9 {
        let start = Instant::now();
        let mut interner = Interner::default();
        let draws: Vec<Vec<Text>> = vec![hypotheses.lines().map(|line| interner.text(line, segmentation)).collect()];
        let mut by_item: Vec<Vec<Text>> = draws[0].iter().map(|_| Vec::new()).collect();
        for file in &references {
            for (texts, line) in by_item.iter_mut().zip(file.lines()) {
                texts.push(interner.text(line, segmentation));
            }
        }
        let sample = Sample::new(&draws, &by_item)?;
        scores.push(corpus_bleu(&sample, BleuOptions::default()).ok_or("no references")?.score);
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("{}", serde_json::json!({ "score": scores[0], "seconds": seconds[4], "seconds_of_runs": seconds }));
    Ok(())
}
