//! Length of replies. Owns the average; tokens come from the caller.

use super::{Direction, Interval, Metric, Prepared, Sums, each_draw, ratio};
use crate::sample::Sample;

/// Average length.
pub const LENGTH: Length = Length;

/// Tokens / replies, empty replies too.
#[derive(Clone, Copy, Debug)]
pub struct Length;

impl Metric for Length {
    fn name(&self) -> &'static str {
        "length-tokens-per-reply"
    }

    fn title(&self) -> &'static str {
        "length"
    }

    fn summary(&self) -> &'static str {
        "tokens per reply"
    }

    fn interval(&self) -> Interval {
        Interval::Bootstrap
    }

    fn direction(&self) -> Direction {
        Direction::Neither
    }

    fn prepare<'a>(&self, sample: &'a Sample<'a>) -> Option<Box<dyn Prepared + 'a>> {
        Some(each_draw(sample, |replies| Sums {
            rows: replies.iter().map(|reply| [reply.tokens.len() as f64, 1.0]).collect(),
            value: |&[tokens, replies]| ratio(tokens, replies),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::tests::Owned;

    #[test]
    fn average_counts_empty_outputs() {
        assert_eq!(LENGTH.value(&Owned::new(&[vec!["a b c", "", "d"]], &[]).sample()), Some(4.0 / 3.0));
        assert_eq!(LENGTH.value(&Owned::new(&[vec![""]], &[]).sample()), Some(0.0));
    }
}
