//! The statistics against vectors made by SciPy, scikit-learn, statsmodels, krippendorff, pingouin and R's psych; the
//! scripts lie beside the vectors in `golden`.

use serde_json::Value;

use repartee_study::statistics::{
    Icc, IccKind, KappaWeights, Level, Units, bca, cliffs_delta, cohens_d, cohens_d_paired, holm, icc,
    krippendorff_alpha, pearson, pearson_test, sign_flip_test, spearman, summary, weighted_kappa, within_one,
};

const TOLERANCE: f64 = 1e-8;

fn golden(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn scores() -> Value {
    golden(include_str!("../../golden/scores.json"))
}

#[track_caller]
fn assert_close(name: &str, actual: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap_or_else(|| panic!("{name}: no number in the golden file"));
    // Written so that NaN fails.
    assert!((actual - expected).abs() <= TOLERANCE, "{name}: {actual} is not {expected}");
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn table(value: &Value) -> Units {
    let rows: Vec<Vec<Option<f64>>> = value
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row.as_array().unwrap().iter().map(Value::as_f64).collect())
        .collect();
    let n_raters = rows[0].len();
    Units::new(rows, n_raters)
}

#[test]
fn agreement_matches_other_programs() {
    let golden = scores();
    let cases = golden["agreement"].as_array().unwrap();
    assert!(cases.len() >= 6);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let units = table(&case["table"]);
        let (x, y) = units.pair(0, 1);
        let r = pearson_test(&x, &y).unwrap();
        for (part, actual, index) in [("r", r.r, 0), ("p", r.p, 1), ("low", r.low, 2), ("high", r.high, 3)] {
            assert_close(&format!("{name}, Pearson, {part}"), actual, &case["pearson"][index]);
        }
        for (part, actual) in [
            ("pearson_mean", units.mean_of_pairs(pearson)),
            ("spearman_mean", units.mean_of_pairs(spearman)),
            ("kappa_linear_mean", units.mean_of_pairs(|x, y| weighted_kappa(x, y, KappaWeights::Linear))),
            ("kappa_quadratic_mean", units.mean_of_pairs(|x, y| weighted_kappa(x, y, KappaWeights::Quadratic))),
            ("within_one_mean", units.mean_of_pairs(within_one)),
        ] {
            assert_close(&format!("{name}, {part}"), actual.unwrap(), &case[part]);
        }
        for (index, level) in [Level::Nominal, Level::Ordinal, Level::Interval].into_iter().enumerate() {
            let actual = krippendorff_alpha(&units, level).unwrap();
            assert_close(&format!("{name}, alpha, {level:?}"), actual, &case["alpha"][index]);
        }
        assert_icc(name, &units.complete(), &case["icc"]);
    }
}

#[test]
fn intraclass_correlations_match_r() {
    let golden = golden(include_str!("../../golden/icc.json"));
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() >= 3);
    for case in cases {
        assert_icc("R", &table(&case["table"]).complete(), &case["icc"]);
    }
}

#[track_caller]
fn assert_icc(name: &str, rows: &[Vec<f64>], expected: &Value) {
    for (index, kind) in [IccKind::OneWay, IccKind::Agreement, IccKind::Consistency].into_iter().enumerate() {
        let Icc { single, average, .. } = icc(rows, kind).unwrap();
        for (estimate, row) in [(single, index), (average, index + 3)] {
            for (part, actual, column) in
                [("value", estimate.value, 0), ("low", estimate.low, 1), ("high", estimate.high, 2)]
            {
                assert_close(&format!("{name}, {kind:?}, {part}, row {row}"), actual, &expected[row][column]);
            }
        }
    }
}

#[test]
fn two_samples_match_other_programs() {
    let golden = scores();
    for case in golden["two_samples"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (x, y) = (numbers(&case["x"]), numbers(&case["y"]));
        let described = summary(&x).unwrap();
        for (index, actual) in [described.mean, described.standard_deviation, described.median].into_iter().enumerate()
        {
            assert_close(&format!("{name}, summary {index}"), actual, &case["summary"][index]);
        }
        assert_close(name, cliffs_delta(&x, &y).unwrap(), &case["cliffs_delta"]);
        assert_close(name, cohens_d(&x, &y).unwrap(), &case["cohens_d"]);
        let differences: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x - y).collect();
        assert_close(name, cohens_d_paired(&differences).unwrap(), &case["cohens_d_paired"]);
    }
}

#[test]
fn tests_and_their_correction_match_other_programs() {
    let golden = scores();
    for case in golden["permutation"].as_array().unwrap() {
        let differences = numbers(&case["differences"]);
        let test = sign_flip_test(&differences, 0, 0).unwrap();
        assert!(test.exact);
        assert_close(case["name"].as_str().unwrap(), test.p, &case["p"]);
        // With ten copies of each difference the patterns are drawn; the p of such a sample is far smaller.
        let many: Vec<f64> = differences.iter().cycle().take(differences.len() * 10).copied().collect();
        let drawn = sign_flip_test(&many, 9_999, 1).unwrap();
        assert!(!drawn.exact && drawn.p <= test.p && drawn.p >= 1e-4, "{drawn:?}");
    }
    for case in golden["holm"].as_array().unwrap() {
        let adjusted = holm(&numbers(&case["p"]));
        for (index, actual) in adjusted.into_iter().enumerate() {
            assert_close("Holm", actual, &case["adjusted"][index]);
        }
    }
}

#[test]
fn bootstrap_intervals_match_scipy() {
    let golden = scores();
    for case in golden["bca"].as_array().unwrap() {
        let (mut draws, jackknife) = (numbers(&case["draws"]), numbers(&case["jackknife"]));
        let interval = bca(case["estimate"].as_f64().unwrap(), &mut draws, &jackknife);
        assert_close("low", interval.low, &case["low"]);
        assert_close("high", interval.high, &case["high"]);
    }
}

#[test]
fn alpha_has_its_properties() {
    let units = table(&scores()["agreement"][3]["table"]);
    let (rows, n_raters) = (units.rows().map(<[_]>::to_vec).collect::<Vec<_>>(), units.n_raters());
    let ordinal = krippendorff_alpha(&units, Level::Ordinal).unwrap();
    // Order of units and raters does not matter.
    let turned = Units::new(rows.iter().rev().map(|row| row.iter().rev().copied().collect()), n_raters);
    assert!((krippendorff_alpha(&turned, Level::Ordinal).unwrap() - ordinal).abs() < 1e-12);
    // Nor does a strictly rising change of the scale, for ordinal data; it does for interval data.
    let cubed = |row: &Vec<Option<f64>>| row.iter().map(|cell| cell.map(|score| score.powi(3))).collect();
    let stretched = Units::new(rows.iter().map(cubed), n_raters);
    assert!((krippendorff_alpha(&stretched, Level::Ordinal).unwrap() - ordinal).abs() < 1e-12);
    let interval = |units: &Units| krippendorff_alpha(units, Level::Interval).unwrap();
    assert!((interval(&stretched) - interval(&units)).abs() > 1e-3);
    // A missing judgement is not a 0.
    let zeros = Units::new(rows.iter().map(|row| row.iter().map(|cell| cell.or(Some(0.0))).collect()), n_raters);
    assert!((interval(&zeros) - interval(&units)).abs() > 1e-3);
    // Raters who always agree, and vary.
    let same = Units::new((0..9).map(|unit| vec![Some(f64::from(unit % 4)); 3]), 3);
    assert!((interval(&same) - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_not_defined_says_why() {
    use repartee_study::statistics::Undefined::{NoOverlap, NoVariance, TooFew};
    let constant = Units::new(vec![vec![Some(3.0), Some(3.0)]; 5], 2);
    assert_eq!(constant.mean_of_pairs(pearson), Err(NoVariance));
    assert_eq!(constant.mean_of_pairs(|x, y| weighted_kappa(x, y, KappaWeights::Linear)), Err(NoVariance));
    assert_eq!(krippendorff_alpha(&constant, Level::Interval), Err(NoVariance));
    assert_eq!(icc(&constant.complete(), IccKind::Agreement), Err(NoVariance));
    let apart = Units::new([vec![Some(3.0), None], vec![None, Some(2.0)]], 2);
    assert_eq!(apart.mean_of_pairs(pearson), Err(NoOverlap));
    assert_eq!(krippendorff_alpha(&apart, Level::Nominal), Err(NoOverlap));
    assert_eq!(pearson(&[1.0], &[2.0]), Err(TooFew));
    assert_eq!(pearson_test(&[1.0, 2.0, 3.0], &[2.0, 4.0, 3.0]), Err(TooFew));
    assert_eq!(icc(&[vec![1.0, 2.0]], IccKind::OneWay), Err(TooFew));
    assert_eq!(summary(&[]), Err(TooFew));
    assert_eq!(cohens_d_paired(&[1.0, 1.0]), Err(NoVariance));
    assert_eq!(sign_flip_test(&[0.0, 0.0], 9, 0).map(|test| test.p), Ok(1.0));
}
