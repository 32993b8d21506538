//! BLEU and chrF against sacrebleu on random corpora. Scores and script: `golden/`.

mod generator;

use repartee_metrics::{
    Interner, Metric as _, Sample, Segmentation, Text,
    metrics::{
        bleu::{BleuOptions, Smoothing, corpus_bleu},
        chrf::CHRF,
    },
};

/// Scores of one corpus.
#[derive(serde::Deserialize)]
struct Golden {
    bleu_none: f64,
    bleu_none_exp: f64,
    bleu_none_effective: f64,
    bleu_13a: f64,
    bleu_13a_exp: f64,
    precisions_13a: [f64; 4],
    brevity_penalty_13a: f64,
    lengths_13a: [u64; 2],
    chrf: f64,
}

fn texts(corpus: &[generator::Item], segmentation: Segmentation) -> (Vec<Vec<Text>>, Vec<Vec<Text>>) {
    let mut interner = Interner::default();
    let (hypotheses, references) = corpus
        .iter()
        .map(|(hypothesis, references)| {
            let mut text = |text: &String| interner.text(text, segmentation);
            (text(hypothesis), references.iter().map(&mut text).collect::<Vec<_>>())
        })
        .unzip();
    (vec![hypotheses], references)
}

#[track_caller]
fn assert_close(name: &str, number: u64, actual: f64, expected: f64) {
    // Written so that NaN fails.
    assert!((actual - expected).abs() <= 1e-9, "{name} of corpus {number}: {actual} is not {expected}");
}

#[test]
fn scores_match_sacrebleu() {
    let golden = include_str!("../golden/sacrebleu.jsonl");
    let smoothed = BleuOptions { smoothing: Smoothing::Exp, effective_order: false };
    let effective = BleuOptions { smoothing: Smoothing::Exp, effective_order: true };
    let (mut n_corpora, mut n_positive) = (0, 0);
    for (number, line) in (0..).zip(golden.lines()) {
        let golden: Golden = serde_json::from_str(line).unwrap();
        let corpus = generator::corpus(number);
        let (draws, references) = texts(&corpus, Segmentation::None);
        let plain = Sample::new(&draws, &references).unwrap();
        let (draws, references) = texts(&corpus, Segmentation::ThirteenA);
        let cut = Sample::new(&draws, &references).unwrap();
        let bleu = |sample, options| corpus_bleu(sample, options).unwrap();
        let score = |sample, options| bleu(sample, options).score;
        let parts = bleu(&cut, BleuOptions::default());
        for (name, actual, expected) in [
            ("none", score(&plain, BleuOptions::default()), golden.bleu_none),
            ("none, exp", score(&plain, smoothed), golden.bleu_none_exp),
            ("none, exp, effective order", score(&plain, effective), golden.bleu_none_effective),
            ("13a", parts.score, golden.bleu_13a),
            ("13a, exp", score(&cut, smoothed), golden.bleu_13a_exp),
            ("brevity penalty", parts.brevity_penalty, golden.brevity_penalty_13a),
            ("chrF", CHRF.value(&plain).unwrap(), golden.chrf),
        ] {
            assert_close(name, number, actual, expected);
        }
        for (actual, expected) in parts.precisions.into_iter().zip(golden.precisions_13a) {
            assert_close("precision", number, actual, expected);
        }
        assert_eq!([parts.hypothesis_length, parts.reference_length], golden.lengths_13a, "corpus {number}");
        n_corpora += 1;
        n_positive += usize::from(parts.score > 0.0);
    }
    assert_eq!(n_corpora, generator::N_CORPORA);
    assert!(n_positive > 100, "only {n_positive} corpora score above 0");
}
