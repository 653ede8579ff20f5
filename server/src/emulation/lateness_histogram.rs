//! A lock-free histogram of the delay between the emulated arrival of bytes and their write.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Number of buckets; the last one starts above two minutes.
const BUCKETS: usize = 112;
/// Buckets per power of two, so that a bucket is 19 % wide.
const PER_OCTAVE: f64 = 4.0;

/// Lateness of the writes of one session. All writers share it without a lock.
pub(crate) struct LatenessHistogram {
    counts: [AtomicU64; BUCKETS],
}

impl Default for LatenessHistogram {
    fn default() -> Self {
        let counts = [const { AtomicU64::new(0) }; BUCKETS];
        Self { counts }
    }
}

impl LatenessHistogram {
    /// Records one write that was `late`.
    pub fn record(&self, late: Duration) {
        let micros = late.as_secs_f64() * 1e6;
        let bucket = (micros.max(1.0).log2() * PER_OCTAVE).ceil() as usize;
        self.counts[bucket.min(BUCKETS - 1)].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the 99th percentile, rounded up to its bucket; zero if nothing is recorded.
    pub fn p99(&self) -> Duration {
        let counts: Vec<u64> = self
            .counts
            .iter()
            .map(|count| count.load(Ordering::Relaxed))
            .collect();
        let total: u64 = counts.iter().sum();
        let mut beyond = total / 100;
        for (bucket, count) in counts.iter().enumerate().rev() {
            if *count > beyond {
                let micros = (bucket as f64 / PER_OCTAVE).exp2();
                return Duration::from_secs_f64(micros / 1e6);
            }
            beyond -= count;
        }
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p99_ignores_one_outlier_in_a_hundred_but_not_two() {
        let lateness = LatenessHistogram::default();
        assert_eq!(lateness.p99(), Duration::ZERO);
        (0..99).for_each(|_| lateness.record(Duration::from_micros(100)));
        lateness.record(Duration::from_millis(50));
        let near = |value: Duration, micros: f64| {
            let ratio = value.as_secs_f64() * 1e6 / micros;
            (0.999..1.2).contains(&ratio)
        };
        assert!(near(lateness.p99(), 100.0), "{:?}", lateness.p99());
        lateness.record(Duration::from_millis(50));
        assert!(near(lateness.p99(), 50_000.0), "{:?}", lateness.p99());
    }

    #[test]
    fn any_duration_has_a_bucket() {
        let lateness = LatenessHistogram::default();
        lateness.record(Duration::ZERO);
        lateness.record(Duration::MAX);
        assert!(lateness.p99() > Duration::from_secs(60));
    }
}
