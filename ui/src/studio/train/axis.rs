//! Numbers along an axis.

/// About so many steps of 1, 2 or 5 times a power of ten, from at or below the lowest to at or above the highest.
pub(crate) fn ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    // What does not vary lies in the middle; nothing lies at the bottom.
    let pad = 0.5 * low.abs();
    let (low, high) = match (low, high) {
        (low, high) if high > low => (low, high),
        (0.0, _) => (0.0, 1.0),
        _ => (low - pad, high + pad),
    };
    let raw = (high - low) / about as f64;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= raw).unwrap_or(raw);
    let first = (low / step + 1e-9).floor();
    let last = (high / step - 1e-9).ceil();
    // Counted, not added up, so that errors do not grow.
    (0..=(last - first) as usize).map(|number| (first + number as f64) * step).collect()
}

/// A number as short as it can be read.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    match size {
        0.0 => "0".to_owned(),
        s if s >= 1e6 => trimmed(format!("{:.1}", value / 1e6)) + "M",
        s if s >= 1e4 => trimmed(format!("{:.1}", value / 1e3)) + "k",
        s if s >= 100.0 => format!("{value:.0}"),
        s if s >= 0.01 => trimmed(format!("{value:.2}")),
        _ => {
            let text = format!("{value:.1e}");
            text.replace(".0e", "e")
        }
    }
}

fn trimmed(text: String) -> String {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_enclose() {
        assert_eq!(ticks(0.0, 10.0, 5), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(ticks(12.3, 14.9, 4), [12.0, 13.0, 14.0, 15.0]);
        let same = ticks(3.0, 3.0, 4);
        assert!(same[0] < 3.0 && same[same.len() - 1] > 3.0, "{same:?}");
        assert_eq!(ticks(0.0, 0.0, 2), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in
            [(0.0, "0"), (0.002, "2e-3"), (1.5, "1.5"), (123.4, "123"), (12_000.0, "12k"), (3.1e6, "3.1M")]
        {
            assert_eq!(short(value), text);
        }
    }
}
