//! Tests of each system against the declared baseline.

use serde::Serialize;

use crate::{
    Design,
    statistics::{Undefined, cliffs_delta, cohens_d, cohens_d_paired, holm, sign_flip_test},
};

use super::{Estimate, Measure, ReportOptions, cube::Cube};

/// A system against the baseline.
#[derive(Clone, Debug, Serialize)]
pub struct Contrast {
    /// The system.
    pub system: String,
    /// Under which measure.
    pub measure: Measure,
    /// Items that have judgements of both.
    pub n_items: usize,
    /// Mean over items of the system's mean judgement minus the baseline's.
    pub difference: Estimate,
    /// Two-sided p of the paired permutation test over items.
    pub p: Option<f64>,
    /// p after Holm's correction over all systems under this measure.
    pub p_holm: Option<f64>,
    /// Cliff's δ of the items' mean judgements.
    pub cliffs_delta: Option<f64>,
    /// Cohen's d of the items' mean judgements.
    pub cohens_d: Option<f64>,
    /// Mean of the items' differences in units of their spread.
    pub cohens_d_paired: Option<f64>,
}

/// People's replies are not tested: that they differ is no finding, and would cost the others power.
pub(super) fn all(cube: &Cube, design: &Design, options: &ReportOptions) -> Vec<Contrast> {
    let position =
        |name: &Option<String>| name.as_ref().and_then(|name| cube.systems.iter().position(|known| known == name));
    let Some(baseline) = position(&design.baseline) else { return Vec::new() };
    let reference = position(&design.reference);
    let mut contrasts = Vec::new();
    for measure in Measure::ALL {
        let tested = (0..cube.systems.len()).filter(|&system| system != baseline && Some(system) != reference);
        let mut family: Vec<Contrast> = tested.map(|system| one(cube, measure, system, baseline, options)).collect();
        let p: Vec<f64> = family.iter().filter_map(|contrast| contrast.p).collect();
        let mut adjusted = holm(&p).into_iter();
        for contrast in family.iter_mut().filter(|contrast| contrast.p.is_some()) {
            contrast.p_holm = adjusted.next();
        }
        contrasts.append(&mut family);
    }
    contrasts
}

fn one(cube: &Cube, measure: Measure, system: usize, baseline: usize, options: &ReportOptions) -> Contrast {
    let of = |item, system| cube.mean_of_reply(measure, item, system);
    let pairs: Vec<(f64, f64)> =
        (0..cube.n_items).filter_map(|item| of(item, system).zip(of(item, baseline))).collect();
    let differences: Vec<f64> = pairs.iter().map(|(one, other)| one - other).collect();
    let (mine, theirs): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let difference = Estimate::bootstrapped(differences.len(), options, |sample| {
        if sample.is_empty() {
            return Err(Undefined::TooFew);
        }
        Ok(sample.iter().map(|&item| differences[item]).sum::<f64>() / sample.len() as f64)
    });
    Contrast {
        system: cube.systems[system].clone(),
        measure,
        n_items: pairs.len(),
        difference,
        p: sign_flip_test(&differences, options.n_permutations, options.seed).ok().map(|test| test.p),
        p_holm: None,
        cliffs_delta: cliffs_delta(&mine, &theirs).ok(),
        cohens_d: cohens_d(&mine, &theirs).ok(),
        cohens_d_paired: cohens_d_paired(&differences).ok(),
    }
}
