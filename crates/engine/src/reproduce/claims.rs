//! What the paper says of its systems (section 5.1), and whether results bear it out.
//!
//! Owns the rules. A claim about a difference between two systems holds, or does not hold, where the 95 % interval of the
//! difference over utterances lies on one side of 0 (for dist-n, which is not bootstrapped, where the randomisation test has
//! p < 0.05); a claim about KL, of which there is one value a row, by its size.

use repartee_metrics::Row;
use serde::Serialize;

use super::RowResult;

/// KL below this has vanished, above the other it has not; nats per sentence. The paper's T-CVAE has 0.00, its smallest
/// other value above that of cyclical annealing is 0.62.
const VANISHED_KL_NATS: [f64; 2] = [0.1, 0.5];

/// A claim with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// What the paper says.
    pub claim: &'static str,
    /// Whether it holds here.
    pub verdict: Verdict,
    /// The numbers that decide.
    pub numbers: String,
}

/// Whether a claim holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does.
    Holds,
    /// It does not.
    DoesNotHold,
    /// The results do not tell.
    NotDecided,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::NotDecided => "not decided at this scale",
        }
    }

    fn of(holds: bool, fails: bool) -> Self {
        match (holds, fails) {
            (true, false) => Self::Holds,
            (false, true) => Self::DoesNotHold,
            _ => Self::NotDecided,
        }
    }

    /// All must hold; one that fails decides.
    fn all(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let verdicts: Vec<Self> = verdicts.into_iter().collect();
        let holds = !verdicts.is_empty() && verdicts.iter().all(|&verdict| verdict == Self::Holds);
        Self::of(holds, verdicts.contains(&Self::DoesNotHold))
    }
}

/// Every claim, judged by the rows that are there.
pub fn claims(rows: &[RowResult]) -> Vec<Claim> {
    let rows = Rows(rows);
    vec![
        rows.vanishing(),
        rows.rising("KL rises with K", "KL", |row| Some((row.dev_kl_nats_per_sentence?, VANISHED_KL_NATS[0]))),
        rows.rising("dist-2 rises with K", "dist-2", |row| {
            let metric = row.metric("distinct-2")?;
            Some((metric.value, 2.0 * metric.deviation_over_draws.unwrap_or(0.0)))
        }),
        rows.more_diverse("distinct-1", "speculative sampling has a higher dist-1 than T-CVAE at every K"),
        rows.more_diverse("distinct-2", "speculative sampling has a higher dist-2 than T-CVAE at every K"),
        rows.bleu_kept(),
        rows.diverse_and_wrong(
            "bow",
            "the BoW loss resolves KL vanishing, with a higher dist-2 and a lower BLEU than K = 5",
        ),
        rows.diverse_and_wrong(
            "monte-carlo",
            "Monte Carlo sampling resolves KL vanishing, with a higher dist-2 and a lower BLEU than K = 5",
        ),
    ]
}

struct Rows<'a>(&'a [RowResult]);

impl<'a> Rows<'a> {
    fn named(&self, name: &str) -> Option<&'a RowResult> {
        self.0.iter().find(|row| row.name == name)
    }

    /// Rows of speculative sampling, by rising K.
    fn speculative(&self) -> Vec<(usize, &'a RowResult)> {
        let mut rows: Vec<_> = self.0.iter().filter_map(|row| Some((row.k?, row))).collect();
        rows.sort_by_key(|&(k, _)| k);
        rows
    }

    fn vanishing(&self) -> Claim {
        let kl = self.named("vanilla").and_then(|row| row.dev_kl_nats_per_sentence);
        let [vanished, not] = VANISHED_KL_NATS;
        Claim {
            claim: "the KL of T-CVAE vanishes",
            verdict: kl.map_or(Verdict::NotDecided, |kl| Verdict::of(kl < vanished, kl > not)),
            numbers: kl.map_or_else(missing, |kl| format!("KL {kl:.3} nats")),
        }
    }

    /// Holds if every step rises and the last value is above the first by more than what may be chance, does not hold if it
    /// is below by that much. `value` gives a row's value and how much of it may be chance.
    fn rising(&self, claim: &'static str, name: &str, value: impl Fn(&RowResult) -> Option<(f64, f64)>) -> Claim {
        let found: Vec<(usize, (f64, f64))> =
            self.speculative().into_iter().filter_map(|(k, row)| Some((k, value(row)?))).collect();
        let chance = found.iter().map(|&(_, (_, chance))| chance).fold(0.0, f64::max);
        let values: Vec<(usize, f64)> = found.into_iter().map(|(k, (value, _))| (k, value)).collect();
        let (Some(first), Some(last), true) = (values.first(), values.last(), values.len() > 2) else {
            return Claim { claim, verdict: Verdict::NotDecided, numbers: missing() };
        };
        let rises = values.windows(2).all(|pair| pair[1].1 > pair[0].1);
        let shown: Vec<String> = values.iter().map(|(k, value)| format!("{value:.3} (K = {k})")).collect();
        Claim {
            claim,
            verdict: Verdict::of(rises && last.1 - first.1 > chance, first.1 - last.1 > chance),
            numbers: format!("{name} {}", shown.join(", ")),
        }
    }

    fn more_diverse(&self, metric: &str, claim: &'static str) -> Claim {
        let judged: Vec<(Verdict, String)> = self
            .speculative()
            .into_iter()
            .filter_map(|(k, row)| {
                let (sign, difference) = difference(row.metric(metric)?)?;
                Some((Verdict::of(sign > 0, sign < 0), format!("{difference:+.2} (K = {k})")))
            })
            .collect();
        of_all(claim, judged)
    }

    /// Kept: not significantly lower. A BLEU of 0 says nothing, it cannot be lost.
    fn bleu_kept(&self) -> Claim {
        let some_bleu = self.named("vanilla").and_then(|row| row.metric("bleu")).is_some_and(|bleu| bleu.value > 0.0);
        let judged: Vec<(Verdict, String)> = self
            .speculative()
            .into_iter()
            .filter_map(|(k, row)| {
                let (sign, difference) = difference(row.metric("bleu")?)?;
                let verdict = Verdict::of(some_bleu && sign >= 0, sign < 0);
                Some((verdict, format!("{difference:+.2} (K = {k})")))
            })
            .collect();
        of_all("speculative sampling keeps the BLEU of T-CVAE", judged)
    }

    fn diverse_and_wrong(&self, name: &str, claim: &'static str) -> Claim {
        let judged = self.named(name).and_then(|row| {
            let find = |name: &str| row.against_speculative_5.iter().find(|metric| metric.name == name);
            let (diverse, dist) = difference(find("distinct-2")?)?;
            let (right, bleu) = difference(find("bleu")?)?;
            let kl = row.dev_kl_nats_per_sentence?;
            let [vanished, not] = VANISHED_KL_NATS;
            let verdict = Verdict::all([
                Verdict::of(kl > not, kl < vanished),
                Verdict::of(diverse > 0, diverse < 0),
                Verdict::of(right < 0, right > 0),
            ]);
            Some((verdict, format!("KL {kl:.3} nats, dist-2 {dist:+.2}, BLEU {bleu:+.2}")))
        });
        of_all(claim, judged.into_iter().collect())
    }
}

fn of_all(claim: &'static str, judged: Vec<(Verdict, String)>) -> Claim {
    let verdict = Verdict::all(judged.iter().map(|(verdict, _)| *verdict));
    let numbers: Vec<String> = judged.into_iter().map(|(_, numbers)| numbers).collect();
    Claim { claim, verdict, numbers: if numbers.is_empty() { missing() } else { numbers.join(", ") } }
}

/// The sign of a difference to the baseline, 0 where it may be chance, and the difference.
fn difference(row: &Row) -> Option<(i8, f64)> {
    let versus = row.baseline.as_ref()?;
    let certain = match versus.difference_interval {
        Some([low, high]) => low > 0.0 || high < 0.0,
        None => versus.randomisation_p? < 0.05,
    };
    let sign = if versus.difference > 0.0 { 1 } else { -1 };
    Some((if certain { sign } else { 0 }, versus.difference))
}

fn missing() -> String {
    "rows are missing".to_owned()
}
