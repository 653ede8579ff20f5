//! Policer: a token bucket that drops packets which find too few tokens. Nothing waits.

use super::{Link, Ns};

/// A token bucket (RFC 2697, with one rate and one burst).
#[derive(Debug, Clone)]
pub(super) struct Policer {
    ns_per_byte: f64,
    burst_bytes: f64,
    tokens: f64,
    filled_at: Ns,
}

impl Policer {
    /// Creates the policer of a link with a full bucket; `None` when it has none.
    pub(super) fn new(link: &Link) -> Option<Self> {
        let burst_bytes = link.policer_burst_bytes() as f64;
        Some(Self {
            ns_per_byte: 8e9 / link.policer_bps()?,
            burst_bytes,
            tokens: burst_bytes,
            filled_at: 0,
        })
    }

    /// Returns whether a packet of `wire` bytes passes at `now`.
    pub(super) fn admits(&mut self, now: Ns, wire: u64) -> bool {
        let new = now.saturating_sub(self.filled_at) as f64 / self.ns_per_byte;
        self.tokens = (self.tokens + new).min(self.burst_bytes);
        self.filled_at = self.filled_at.max(now);
        let passes = self.tokens >= wire as f64;
        if passes {
            self.tokens -= wire as f64;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse_profile;
    use super::*;

    #[test]
    fn burst_passes_at_once_and_then_the_rate() {
        let profile = parse_profile("policer_mbit = 12\npolicer_burst_kib = 30").unwrap();
        let mut policer = Policer::new(&profile.validate().unwrap()).unwrap();
        let at_once = (0..100).filter(|_| policer.admits(0, 1500)).count();
        assert_eq!(at_once, 20);
        // 12 Mbit/s are one packet of 1500 bytes in each millisecond.
        let later = (1..=1000)
            .filter(|ms| policer.admits(ms * 1_000_000, 1500))
            .count();
        assert!((999..=1000).contains(&later), "{later}");
        assert!(
            (0..5)
                .filter(|_| policer.admits(60_000_000_000, 1500))
                .count()
                == 5
        );
    }
}
