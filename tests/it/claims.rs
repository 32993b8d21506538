//! What the paper claims, judged on made-up results.

use repartee_engine::{
    Direction, Interval, PaperFigures, ROWS, Row, RowResult, Verdict, Versus, claims, corpus::Language,
};

const NOTHING: PaperFigures = PaperFigures { bleu: 0.0, distinct_1: 0.0, distinct_2: 0.0, kl_nats_per_sentence: None };

/// A metric whose difference to the baseline is certain or may be chance.
fn metric(name: &'static str, value: f64, difference: f64, certain: bool) -> Row {
    let half_width = if certain { difference.abs() / 2.0 } else { difference.abs() * 2.0 };
    let interval = [difference - half_width, difference + half_width];
    Row {
        name,
        title: name,
        summary: "",
        direction: Direction::Up,
        value,
        draws: vec![],
        deviation_over_draws: Some(0.01),
        interval: None,
        interval_by: Interval::Bootstrap,
        references: None,
        baseline: Some(Versus {
            value: value - difference,
            difference,
            difference_interval: Some(interval),
            bootstrap_p: None,
            randomisation_p: None,
        }),
    }
}

/// The paper's own figures, with differences that are certain or not.
fn rows(certain: bool) -> Vec<RowResult> {
    let [vanilla, five] = [&ROWS[0], &ROWS[6]].map(|row| row.paper(Language::English));
    let row = |row: &repartee_engine::RowSpec| {
        let paper = row.paper(Language::English);
        let against = |other: PaperFigures| {
            vec![
                metric("bleu", paper.bleu, paper.bleu - other.bleu, certain),
                metric("distinct-1", paper.distinct_1, paper.distinct_1 - other.distinct_1, certain),
                metric("distinct-2", paper.distinct_2, paper.distinct_2 - other.distinct_2, certain),
            ]
        };
        RowResult {
            name: row.name,
            title: row.title,
            k: row.k,
            run: "run".into(),
            checkpoint_blake3: String::new(),
            update: 1,
            dev_nll_nats_per_sentence: 1.0,
            dev_nll_prior_nats_per_sentence: 1.0,
            dev_kl_nats_per_sentence: paper.kl_nats_per_sentence,
            n_unfinished: 0,
            metrics: against(vanilla),
            against_speculative_5: against(five),
            modes: None,
            paper: NOTHING,
        }
    };
    ROWS.iter().map(row).collect()
}

fn verdicts(rows: &[RowResult]) -> Vec<Verdict> {
    claims(rows).iter().map(|claim| claim.verdict).collect()
}

#[test]
fn the_paper_s_english_figures_bear_out_all_but_the_bleu() {
    use Verdict::{DoesNotHold, Holds, NotDecided};
    assert_eq!(verdicts(&rows(true)), [Holds, Holds, Holds, Holds, Holds, DoesNotHold, Holds, Holds]);
    // Where differences may be chance, BLEU is not shown to be lower, and nothing is shown to be higher.
    let open = [Holds, Holds, Holds, NotDecided, NotDecided, Holds, NotDecided, NotDecided];
    assert_eq!(verdicts(&rows(false)), open);
    assert_eq!(verdicts(&[]), [NotDecided; 8]);
    // Nothing can be lost of a BLEU of 0.
    let mut without_bleu = rows(false);
    without_bleu[0].metrics[0].value = 0.0;
    assert_eq!(verdicts(&without_bleu)[5], NotDecided);
}

#[test]
fn the_opposite_does_not_hold() {
    let mut rows = rows(true);
    let n_rows = rows.len();
    for (idx, row) in rows.iter_mut().enumerate() {
        row.dev_kl_nats_per_sentence = row.dev_kl_nats_per_sentence.map(|_| (n_rows - idx) as f64);
        for metric in row.metrics.iter_mut().chain(&mut row.against_speculative_5) {
            metric.value = -metric.value;
            let versus = metric.baseline.as_mut().expect("there is a baseline");
            versus.difference = -versus.difference;
            versus.difference_interval = versus.difference_interval.map(|[low, high]| [-high, -low]);
        }
    }
    use Verdict::DoesNotHold;
    let found = verdicts(&rows);
    assert_eq!([&found[..5], &found[6..]].concat(), [DoesNotHold; 7]);
}
