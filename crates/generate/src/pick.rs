//! The choice of one token from one row of logits, in f64 on the host: the same on every device up to the logits.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::Strategy;

/// The chosen token and its log-probability at temperature 1 in nats. `pad` is never chosen. `None` if the logits hold a
/// value that is not finite.
pub(crate) fn pick(logits: &[f32], pad: u32, strategy: Strategy, rng: &mut ChaCha8Rng) -> Option<(u32, f64)> {
    if !logits.iter().all(|logit| logit.is_finite()) {
        return None;
    }
    let max = f64::from(logits.iter().copied().fold(f32::MIN, f32::max));
    let candidates =
        || (0u32..).zip(logits).filter(|&(id, _)| id != pad).map(|(id, &logit)| (id, f64::from(logit) - max));
    let log_partition = logits.iter().map(|&logit| (f64::from(logit) - max).exp()).sum::<f64>().ln();
    let chosen = match strategy {
        Strategy::Greedy => candidates().fold(None, |best: Option<(u32, f64)>, candidate| match best {
            Some(best) if best.1 >= candidate.1 => Some(best),
            _ => Some(candidate),
        }),
        Strategy::Sample { temperature } => {
            let weight = |logit: f64| (logit / f64::from(temperature)).exp();
            let total: f64 = candidates().map(|(_, logit)| weight(logit)).sum();
            let mut left = rng.random::<f64>() * total;
            let mut last = None;
            for (id, logit) in candidates().filter(|&(_, logit)| weight(logit) > 0.0) {
                last = Some((id, logit));
                left -= weight(logit);
                if left < 0.0 {
                    break;
                }
            }
            last
        }
    };
    chosen.map(|(id, logit)| (id, logit - log_partition))
}
