//! How fast a connection is, as far as the client can tell: measured twenty times a second and
//! averaged over the last second or so, as the engine does (`report.rs`).

use super::super::{Ns, SECOND, secs};
use crate::endgame::SMOOTHING_SECS;

/// How long one measurement takes.
const MEASURE: Ns = SECOND / 20;

/// Bytes a second over the last second or so.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateEstimator {
    bytes_per_sec: f64,
    at_best: f64,
    /// Whether anything had come before this measurement: the first bytes are averaged with nothing.
    begun: bool,
    /// When this measurement began, and what has come since.
    looked: Ns,
    counted: u64,
}

impl RateEstimator {
    /// Of a connection that is begun now.
    pub(super) fn from(now: Ns) -> Self {
        Self {
            bytes_per_sec: 0.0,
            at_best: 0.0,
            begun: false,
            looked: now,
            counted: 0,
        }
    }

    /// In bytes a second. It falls while nothing comes.
    pub(super) fn at(mut self, now: Ns) -> f64 {
        self.measure(now);
        self.bytes_per_sec
    }

    /// The most that was measured, in bytes a second.
    pub(super) fn at_best(&self) -> f64 {
        self.at_best
    }

    /// `bytes` came.
    pub(super) fn came(&mut self, now: Ns, bytes: u64) {
        self.measure(now);
        self.counted += bytes;
    }

    fn measure(&mut self, now: Ns) {
        // Connections that begin a moment later are looked at, too.
        let count = now.saturating_sub(self.looked) / MEASURE;
        if count == 0 {
            return;
        }
        let stays = (-secs(MEASURE) / SMOOTHING_SECS).exp();
        let recent = self.counted as f64 / secs(MEASURE);
        self.bytes_per_sec = if self.begun {
            recent + (self.bytes_per_sec - recent) * stays
        } else {
            recent
        };
        self.at_best = self.at_best.max(self.bytes_per_sec);
        self.begun |= self.counted > 0;
        // Nothing came since.
        self.bytes_per_sec *= stays.powf((count - 1) as f64);
        self.looked += count * MEASURE;
        self.counted = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_follows_what_comes_and_falls_when_nothing_does() {
        let mut speed = RateEstimator::from(0);
        assert_eq!(speed.at(SECOND) as u64, 0);
        let mut now = 2 * SECOND;
        for _ in 0..200 {
            now += MEASURE / 5;
            speed.came(now, 1000);
        }
        let steady = speed.at(now);
        assert!((steady / 100_000.0 - 1.0).abs() < 0.1, "{steady}");
        let later = speed.at(now + SECOND);
        assert!(later < 0.4 * steady && later > 0.1 * steady, "{later}");
    }
}
