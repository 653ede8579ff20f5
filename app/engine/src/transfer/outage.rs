//! Counts failures, waits between retries, and reports an outage while no connection is up.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::shared::Transfer;
use crate::model::outage::Outage;
use crate::scheduling::outage_clock::Failure;

/// Interval at which a pause is looked at once more.
const SLICE: Duration = Duration::from_millis(200);

impl Transfer {
    /// Returns a number that grows with each byte of the file that arrives and is kept. It is 0 before the
    /// length of the file is known.
    fn progress(&self) -> u64 {
        let active = self.context.active();
        let done = active.map_or(0, |active| active.done.load(Ordering::Acquire));
        done + self.partial_packets.gained()
    }

    /// Records that a connection has failed for `reason`; `is_reached` if the server had accepted it.
    pub fn record_failure(&self, reason: &str, is_reached: bool) -> Failure {
        let now = Instant::now();
        self.outage.record(now, self.progress(), reason, is_reached)
    }

    /// Returns whether any byte has arrived in this attempt.
    pub fn has_received(&self) -> bool {
        match self.context.active() {
            Some(active) => self.progress() > active.resumed,
            None => self.counters.used_connections() > 0,
        }
    }

    /// Pauses connection `index` before its next try. If it `may_end_early`, it ends once another
    /// connection brings bytes. Returns whether the connection has nothing left to do.
    pub fn pause(&self, index: usize, pause: Duration, may_end_early: bool) -> bool {
        let end = Instant::now() + pause;
        self.outage.set_next_try(index, Some(end));
        let mut is_unneeded = false;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let is_over = may_end_early && self.outage.is_over(self.progress());
            if left.is_zero() || is_over {
                break;
            }
            if self.cancel.sleep(left.min(SLICE)) || !self.is_needed(index) {
                is_unneeded = true;
                break;
            }
        }
        self.outage.set_next_try(index, None);
        is_unneeded || !self.is_needed(index)
    }

    /// Returns the outage for the user: the failures since the last progress, while no connection is
    /// established.
    pub fn current_outage(&self) -> Option<Outage> {
        let mut connections = self.counters.connections().iter();
        if connections.any(|counters| counters.state().is_up()) {
            return None;
        }
        self.outage.report(Instant::now(), self.progress())
    }
}
