//! Reports of simulated studies: what was planted comes out, and the files are what they should be.

use repartee_study::{
    Criterion, Design, ItemKind,
    exchange::AutomaticScore,
    plan,
    report::{Measure, Report, ReportOptions},
    simulate::{SimulatedRater, Truth, simulate},
};

use crate::common::{SYSTEMS, Study, content, control, design, frozen};

fn rater(name: &str, severity: f64, noise: f64, carelessness: f64) -> SimulatedRater {
    SimulatedRater { name: name.to_owned(), severity, noise, carelessness }
}

fn truth() -> Truth {
    let mut truth = Truth::in_steps(&SYSTEMS.map(str::to_owned));
    truth.systems.insert("sysalpha".to_owned(), [4.5, 4.2]);
    truth
}

fn simulated(k: u32, raters: &[SimulatedRater]) -> Study {
    let design = Design {
        baseline: Some("sysbravo".to_owned()),
        reference: Some("sysalpha".to_owned()),
        quality: repartee_study::Quality::default(),
        ..design(k)
    };
    let mut all = content(120, 4);
    all.items.extend((0..4).map(|number| control(ItemKind::Gold, &format!("gold-{number}"))));
    let mut study = frozen(&design, &all);
    let done = simulate(&mut study.store, raters, &truth(), 5, 1_000_000).unwrap();
    assert!(done.n_pages >= 120 * k as usize && done.n_judgements >= 2 * 4 * 120 * k as usize);
    study
}

fn options() -> ReportOptions {
    ReportOptions { n_draws: 300, n_permutations: 999, seed: 2, names: true, automatic: Vec::new() }
}

#[test]
fn planted_systems_and_raters_come_out() {
    let raters = [rater("mild", 0.4, 0.5, 0.0), rater("severe", -0.6, 0.5, 0.0), rater("careless", 0.0, 0.5, 0.6)];
    let mut study = simulated(3, &raters);
    let report = Report::of(&study.store.ratings().unwrap(), &options()).unwrap();
    let mean = |system: usize| report.systems[system].measure(Measure::Sensibleness).mean.value.unwrap();
    assert!(mean(0) > mean(3) && mean(3) > mean(2) && mean(2) > mean(1), "{:?}", (0..4).map(mean).collect::<Vec<_>>());
    let last = report.contrasts.iter().find(|c| c.system == "sysdelta" && c.measure == Measure::Sensibleness).unwrap();
    // Ids are secret and random, so no two simulated studies are alike: the planted gap of 1.2 points must show in each,
    // how large it comes out is left room.
    assert!(last.p_holm.unwrap() < 0.05 && last.difference.low.unwrap() > 0.0 && last.cliffs_delta.unwrap() > 0.15);
    assert!(report.contrasts.iter().all(|contrast| contrast.system != "sysalpha" && contrast.system != "sysbravo"));
    let of = |name: &str| report.raters.iter().find(|rater| rater.rater == name).unwrap();
    assert!(of("mild").severity.unwrap() > 0.2 && of("severe").severity.unwrap() < -0.4);
    assert!(of("careless").agreement.unwrap() < of("mild").agreement.unwrap() - 0.1);
    assert!(of("careless").gold.unwrap().0 < of("mild").gold.unwrap().0);
    assert!(of("careless").repeats.unwrap().0 < of("mild").repeats.unwrap().0);
    let (drop, p, n) = of("mild").degraded.unwrap();
    // A handful of pages: the direction is sure, its size and p are not.
    assert!(drop > 0.0 && p < 0.5 && n >= 3, "{drop} {p} {n}");
    assert!(of("mild").median_seconds.unwrap() > 10.0);
    let r = |index: usize| report.agreement.last().unwrap().statistics[index].1.value.unwrap();
    assert!(r(0) > r(1), "pooling over systems raises r: {} against {}", r(0), r(1));
    assert!(report.mean_by_position.iter().all(Option::is_some));
}

#[test]
fn the_report_is_the_same_each_time_and_in_each_form() {
    let mut study = simulated(2, &[rater("a", 0.0, 0.7, 0.0), rater("b", 0.2, 0.7, 0.0)]);
    let ratings = study.store.ratings().unwrap();
    let mut options = options();
    options.automatic = SYSTEMS
        .iter()
        .enumerate()
        .map(|(index, system)| AutomaticScore {
            system: (*system).to_owned(),
            metric: "BLEU".to_owned(),
            value: index as f64,
        })
        .collect();
    let report = Report::of(&ratings, &options).unwrap();
    assert_eq!(report.to_json(), Report::of(&ratings, &options).unwrap().to_json());
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["systems"].as_array().unwrap().len(), 4);
    assert_eq!(json["automatic"][0]["n_systems"], 3, "people's replies are left out");
    let mean = report.systems[0].measure(Measure::Sensibleness).mean.value.unwrap();
    for text in [report.to_html(), report.to_markdown(), report.to_latex()] {
        assert!(text.contains("sysdelta") && text.contains(&format!("{mean:.2}")), "{text}");
        assert!(!text.contains("NaN") && !text.contains("inf"));
    }
    let html = report.to_html();
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("<script"), "it loads nothing");
    assert_eq!(html.matches("<svg").count(), 5);
    assert!(report.to_latex().contains("\\dagger"));
}

#[test]
fn names_in_reports_are_only_text() {
    let mut all = content(3, 2);
    let evil = "<script>alert(1)</script>|&\"'_%$";
    all.systems[1] = evil.to_owned();
    for item in &mut all.items {
        item.replies[1].system = Some(evil.to_owned());
    }
    let mut study =
        frozen(&Design { name: "<b>x</b>".to_owned(), baseline: Some(SYSTEMS[0].to_owned()), ..design(1) }, &all);
    simulate(&mut study.store, &[rater("<i>", 0.0, 0.5, 0.0)], &truth(), 1, 0).unwrap();
    let report = Report::of(&study.store.ratings().unwrap(), &options()).unwrap();
    let html = report.to_html();
    assert!(!html.contains("<script") && !html.contains("<b>x") && !html.contains("<i>"));
    assert!(html.contains("&lt;script&gt;"));
    assert!(!report.to_markdown().contains("<script"));
    assert!(report.to_latex().contains("\\&") && report.to_latex().contains("\\%"));
    // One rater alone: there is no agreement, and the report says why.
    assert!(report.raters[0].severity.is_none());
    assert!(report.contrasts.iter().all(|contrast| contrast.difference.value.is_some()));
}

#[test]
fn paper_mode_is_the_authors_table() {
    let mut study = simulated(2, &[rater("a", 0.0, 0.7, 0.0), rater("b", 0.2, 0.7, 0.1)]);
    let report = Report::of(&study.store.ratings().unwrap(), &options()).unwrap();
    let paper = report.paper.as_ref().unwrap();
    assert_eq!(paper.n_taken_for_zero, 0);
    for (row, system) in paper.rows.iter().zip(&report.systems) {
        let mean = |measure| system.measure(measure).mean.value.unwrap();
        assert!((row.sensibleness - mean(Measure::Sensibleness)).abs() < 1e-12);
        assert!((row.specificity - mean(Measure::SpecificityZeroCounted)).abs() < 1e-12);
        assert!((row.average - mean(Measure::Average)).abs() < 1e-12);
    }
    let pooled = report.agreement.last().unwrap().statistics[0].1.value.unwrap();
    assert!((paper.pearson_of_script.unwrap() - pooled).abs() < 1e-12);
    let mut apart = simulated(1, &[rater("a", 0.0, 0.7, 0.0), rater("b", 0.2, 0.7, 0.1)]);
    let report = Report::of(&apart.store.ratings().unwrap(), &options()).unwrap();
    assert!(report.paper.as_ref().unwrap_err().contains("needs every rater on every item"));
    assert!(report.to_html().contains("cannot be computed as the authors do"));
}

#[test]
fn a_pilot_gives_its_components() {
    const N_PILOTS: usize = 8;
    let raters = [rater("a", 0.4, 0.6, 0.0), rater("b", -0.4, 0.6, 0.0), rater("c", 0.0, 0.6, 0.0)];
    // A study's ids are secret and random, and with them its items' simulated qualities; one pilot may well be off.
    let mut means = [0.0; 4];
    for _ in 0..N_PILOTS {
        let mut study = simulated(3, &raters);
        let found = plan::components(&study.store.ratings().unwrap(), Criterion::Sensibleness).unwrap();
        let values = [found.item, found.reply, found.rater, found.noise];
        means.iter_mut().zip(values).for_each(|(mean, value)| *mean += value / N_PILOTS as f64);
    }
    // Planted: item 0.6, reply 0.8, raters 0.4, noise 0.6; the ends of the scale take some of it, rounding adds to noise.
    let planted = [("item", 0.6), ("reply", 0.8), ("rater", 0.4), ("noise", 0.6)];
    for ((name, expected), mean) in planted.into_iter().zip(means) {
        assert!((mean - expected).abs() < 0.2, "{name}: {mean}");
    }
    assert!(
        repartee_study::report::Report::of(&frozen(&design(1), &content(1, 1)).store.ratings().unwrap(), &options())
            .is_err()
    );
}
