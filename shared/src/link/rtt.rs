//! How long a flow waits: smoothed round trip, its deviation, the shortest seen, and the time-out.
//!
//! RFC 6298, with the bounds of Linux: the time-out is never shorter than the smoothed round trip
//! plus 200 ms, and it doubles with every time-out in a row.

use super::Ns;

/// The shortest margin above the smoothed round trip, in nanoseconds.
pub(super) const MIN_MARGIN: Ns = 200_000_000;
/// The time-out is not doubled beyond this, in nanoseconds (Linux: 120 s).
const MAX_TIMEOUT: Ns = 120 * super::SECOND;
/// A probe waits at least this long beyond two round trips, in nanoseconds.
const PROBE_MARGIN: Ns = 2_000_000;

#[derive(Debug, Clone)]
pub(super) struct RoundTrip {
    smoothed: f64,
    deviation: f64,
    min: Ns,
    last: Ns,
    doublings: u32,
}

impl RoundTrip {
    /// The handshake took `rtt`.
    pub(super) fn new(rtt: Ns) -> Self {
        Self {
            smoothed: rtt as f64,
            deviation: rtt as f64 / 2.0,
            min: rtt,
            last: rtt,
            doublings: 0,
        }
    }

    pub(super) fn sample(&mut self, sample: Ns) {
        let error = sample as f64 - self.smoothed;
        self.smoothed += error / 8.0;
        self.deviation += (error.abs() - self.deviation) / 4.0;
        self.min = self.min.min(sample);
        self.last = sample;
        self.doublings = 0;
    }

    pub(super) fn smoothed(&self) -> Ns {
        self.smoothed as Ns
    }

    /// The shortest round trip, the handshake's included.
    pub(super) fn min(&self) -> Ns {
        self.min
    }

    /// The latest sample.
    pub(super) fn last(&self) -> Ns {
        self.last
    }

    /// When to give up waiting.
    pub(super) fn timeout(&self) -> Ns {
        let once = self.smoothed() + MIN_MARGIN.max((4.0 * self.deviation) as Ns);
        once.saturating_mul(1 << self.doublings).min(MAX_TIMEOUT)
    }

    /// When to probe for a lost tail (RFC 8985, section 7.2). A single packet may be waiting for
    /// the receiver's delayed acknowledgement, which deserves more patience.
    pub(super) fn probe(&self, single: bool) -> Ns {
        let margin = if single { MIN_MARGIN } else { PROBE_MARGIN };
        (2 * self.smoothed() + margin).min(self.timeout())
    }

    /// Nothing came back within the time-out.
    pub(super) fn double(&mut self) {
        self.doublings = (self.doublings + 1).min(10);
    }
}
