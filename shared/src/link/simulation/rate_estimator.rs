//! Speed of a connection as the client measures it: twenty samples per second, averaged with the
//! same time constant as in the engine's progress reports.

use super::super::{Ns, SECOND, secs};
use crate::endgame::SMOOTHING_SECS;

/// Duration of one sample.
const SAMPLE_INTERVAL: Ns = SECOND / 20;

/// Exponentially averaged speed, in bytes per second.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateEstimator {
    bytes_per_sec: f64,
    max: f64,
    /// Data had been received before this sample. The first sample with data replaces the average.
    has_data: bool,
    /// Start of this sample, and the bytes received since.
    sample_start: Ns,
    sample_bytes: u64,
}

impl RateEstimator {
    /// Creates the estimator of a connection that opens at `now`.
    pub(super) fn new(now: Ns) -> Self {
        Self {
            bytes_per_sec: 0.0,
            max: 0.0,
            has_data: false,
            sample_start: now,
            sample_bytes: 0,
        }
    }

    /// Returns the speed in bytes per second. It decreases while no data arrives.
    pub(super) fn at(mut self, now: Ns) -> f64 {
        self.update(now);
        self.bytes_per_sec
    }

    /// Returns the maximum speed so far, in bytes per second.
    pub(super) fn max(&self) -> f64 {
        self.max
    }

    /// Records that `bytes` were received.
    pub(super) fn on_received(&mut self, now: Ns, bytes: u64) {
        self.update(now);
        self.sample_bytes += bytes;
    }

    fn update(&mut self, now: Ns) {
        // Saturates, because a connection that opens a moment later is queried too.
        let count = now.saturating_sub(self.sample_start) / SAMPLE_INTERVAL;
        if count == 0 {
            return;
        }
        let decay = (-secs(SAMPLE_INTERVAL) / SMOOTHING_SECS).exp();
        let recent = self.sample_bytes as f64 / secs(SAMPLE_INTERVAL);
        self.bytes_per_sec = if self.has_data {
            recent + (self.bytes_per_sec - recent) * decay
        } else {
            recent
        };
        self.max = self.max.max(self.bytes_per_sec);
        self.has_data |= self.sample_bytes > 0;
        // The samples since then are empty.
        self.bytes_per_sec *= decay.powf((count - 1) as f64);
        self.sample_start += count * SAMPLE_INTERVAL;
        self.sample_bytes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_follows_the_data_and_decays_without_it() {
        let mut speed = RateEstimator::new(0);
        assert_eq!(speed.at(SECOND) as u64, 0);
        let mut now = 2 * SECOND;
        for _ in 0..200 {
            now += SAMPLE_INTERVAL / 5;
            speed.on_received(now, 1000);
        }
        let steady = speed.at(now);
        assert!((steady / 100_000.0 - 1.0).abs() < 0.1, "{steady}");
        let later = speed.at(now + SECOND);
        assert!(later < 0.4 * steady && later > 0.1 * steady, "{later}");
    }
}
