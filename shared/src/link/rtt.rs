//! Round-trip time estimator: smoothed round-trip time, its deviation, the minimum, and the
//! retransmission timeout.
//!
//! RFC 6298 with the bounds of Linux: the timeout is at least the smoothed round-trip time plus 200
//! ms, and doubles with every timeout in a row.

use super::Ns;

/// Minimum margin above the smoothed round-trip time, in nanoseconds.
pub(super) const MIN_MARGIN: Ns = 200_000_000;
/// Upper bound of the timeout, in nanoseconds (Linux: 120 s).
const MAX_TIMEOUT: Ns = 120 * super::SECOND;
/// Minimum margin of a probe above two round trips, in nanoseconds.
const PROBE_MARGIN: Ns = 2_000_000;

#[derive(Debug, Clone)]
pub(super) struct RttEstimator {
    smoothed: f64,
    deviation: f64,
    min: Ns,
    last: Ns,
    doublings: u32,
}

impl RttEstimator {
    /// Creates an estimator from the round-trip time of the handshake.
    pub(super) fn new(rtt: Ns) -> Self {
        Self {
            smoothed: rtt as f64,
            deviation: rtt as f64 / 2.0,
            min: rtt,
            last: rtt,
            doublings: 0,
        }
    }

    /// Processes a sample. One of a segment that others overtook says nothing about the segments sent
    /// last.
    pub(super) fn sample(&mut self, sample: Ns, is_late: bool) {
        let error = sample as f64 - self.smoothed;
        self.smoothed += error / 8.0;
        self.deviation += (error.abs() - self.deviation) / 4.0;
        self.min = self.min.min(sample);
        if !is_late {
            self.last = sample;
        }
        self.doublings = 0;
    }

    pub(super) fn smoothed(&self) -> Ns {
        self.smoothed as Ns
    }

    /// Returns the shortest round-trip time, including the handshake.
    pub(super) fn min(&self) -> Ns {
        self.min
    }

    /// Returns the latest sample.
    pub(super) fn last(&self) -> Ns {
        self.last
    }

    /// Returns the retransmission timeout.
    pub(super) fn timeout(&self) -> Ns {
        let once = self.smoothed() + MIN_MARGIN.max((4.0 * self.deviation) as Ns);
        once.saturating_mul(1 << self.doublings).min(MAX_TIMEOUT)
    }

    /// Returns the delay of a tail loss probe (RFC 8985, section 7.2). It is longer for a single
    /// packet, whose acknowledgement the receiver may delay.
    pub(super) fn probe(&self, single: bool) -> Ns {
        let margin = if single { MIN_MARGIN } else { PROBE_MARGIN };
        (2 * self.smoothed() + margin).min(self.timeout())
    }

    /// Doubles the timeout after it expired.
    pub(super) fn back_off(&mut self) {
        self.doublings = (self.doublings + 1).min(10);
    }
}
