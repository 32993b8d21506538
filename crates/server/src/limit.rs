//! How often one address may fail to log in or to open a link. Successes are free: fifty raters may share an address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Failures that an address has in a window before it must wait.
const MAX_FAILURES: u32 = 10;
/// Failures of all addresses together in a window.
const MAX_FAILURES_OF_ALL: u32 = 200;
const WINDOW_MS: i64 = 60_000;
/// Addresses that are remembered; beyond that the old ones go.
const MAX_ADDRESSES: usize = 10_000;

#[derive(Clone, Copy)]
struct Count {
    n: u32,
    since_ms: i64,
}

/// Counts of failed attempts.
#[derive(Default)]
pub(crate) struct Limiter {
    counts: Mutex<HashMap<Option<IpAddr>, Count>>,
}

impl Limiter {
    /// Whether the address may try; else the seconds to wait.
    pub(crate) fn check(&self, address: IpAddr, now_ms: i64) -> Result<(), u64> {
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, most) in [(Some(network(address)), MAX_FAILURES), (None, MAX_FAILURES_OF_ALL)] {
            let count = counts.get(&key).filter(|count| now_ms - count.since_ms < WINDOW_MS);
            if let Some(count) = count.filter(|count| count.n >= most) {
                return Err(((count.since_ms + WINDOW_MS - now_ms).max(0) as u64).div_ceil(1_000));
            }
        }
        Ok(())
    }

    /// Counts a failure. Where guessing is possible at all, count before the attempt and [`Limiter::forgive`] after it:
    /// then attempts at the same moment count, too.
    pub(crate) fn count(&self, address: IpAddr, now_ms: i64) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() > MAX_ADDRESSES {
            counts.retain(|_, count| now_ms - count.since_ms < WINDOW_MS);
        }
        for key in [Some(network(address)), None] {
            let count = counts.entry(key).or_insert(Count { n: 0, since_ms: now_ms });
            if now_ms - count.since_ms >= WINDOW_MS {
                *count = Count { n: 0, since_ms: now_ms };
            }
            count.n += 1;
        }
    }

    /// The attempt was a success after all.
    pub(crate) fn forgive(&self, address: IpAddr) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for key in [Some(network(address)), None] {
            if let Some(count) = counts.get_mut(&key) {
                count.n = count.n.saturating_sub(1);
            }
        }
    }
}

/// Whoever has an IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_limited_by_address_and_in_all_and_end_with_the_window() {
        let limiter = Limiter::default();
        let attempt = |address, now_ms| limiter.check(address, now_ms).map(|()| limiter.count(address, now_ms));
        let address = |last| IpAddr::from([10, 0, 0, last]);
        for now_ms in 0..100 {
            attempt(address(1), now_ms).unwrap();
            limiter.forgive(address(1));
        }
        for _ in 0..MAX_FAILURES {
            attempt(address(1), 1_000).unwrap();
        }
        assert!(matches!(attempt(address(1), 2_000), Err(1..=60)));
        attempt(address(2), 2_000).unwrap();
        attempt(address(1), 1_000 + WINDOW_MS).unwrap();
        let n_allowed = (3..=250).filter(|&last| attempt(address(last), 70_000).is_ok()).count();
        assert_eq!(n_allowed as u32, MAX_FAILURES_OF_ALL - 1);
        assert_eq!(network("2001:db8:1:2::7".parse().unwrap()), network("2001:db8:1:2:ffff::1".parse().unwrap()));
    }
}
