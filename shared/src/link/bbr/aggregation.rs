//! Acknowledgements that arrive in bunches: the window grows by what they cover beyond the
//! bandwidth, so that sending does not stop between two bunches.

use super::Ns;
use crate::link::secs;

/// Round trips of each of the two windows over which the maximum is kept.
const WINDOW_ROUNDS: u32 = 5;
/// The excess is at most what the bandwidth delivers in this time, in seconds.
const MAX_EXCESS_SECS: f64 = 0.1;
/// Segments after which the measurement starts again.
const MAX_EPOCH_SEGMENTS: f64 = 1_048_576.0;

/// Measures how much more is acknowledged than the bandwidth delivers.
#[derive(Debug, Clone, Default)]
pub(super) struct AckAggregation {
    epoch: Ns,
    acked: f64,
    /// Maxima of this window and of the previous one, in segments.
    excess: [u32; 2],
    rounds: u32,
}

impl AckAggregation {
    /// Processes an acknowledgement of `delivered` segments at a `bandwidth` in segments per second.
    pub(super) fn update(
        &mut self,
        now: Ns,
        delivered: u32,
        bandwidth: f64,
        cwnd: u32,
        is_round_start: bool,
    ) {
        if delivered == 0 {
            return;
        }
        if is_round_start {
            self.rounds += 1;
            if self.rounds >= WINDOW_ROUNDS {
                self.rounds = 0;
                self.excess = [0, self.excess[0]];
            }
        }
        let mut expected = (bandwidth * secs(now - self.epoch)).floor();
        if self.acked <= expected || self.acked + f64::from(delivered) >= MAX_EPOCH_SEGMENTS {
            self.restart(now);
            expected = 0.0;
        }
        self.acked += f64::from(delivered);
        let excess = ((self.acked - expected) as u32).min(cwnd);
        self.excess[0] = self.excess[0].max(excess);
    }

    /// Starts the measurement again.
    pub(super) fn restart(&mut self, now: Ns) {
        (self.epoch, self.acked) = (now, 0.0);
    }

    /// Returns the excess that the window allows for, in segments.
    pub(super) fn extra(&self, bandwidth: f64) -> u32 {
        let limit = (bandwidth * MAX_EXCESS_SECS) as u32;
        self.excess[0].max(self.excess[1]).min(limit)
    }
}
