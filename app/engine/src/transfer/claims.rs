//! Claims of byte ranges, with the measured rates that the range scheduler needs.

use std::ops::Range;
use std::time::Duration;

use lanes_shared::endgame;
use lanes_shared::segments::Claim;

use super::shared::Transfer;
use crate::scheduling::range_scheduler::ConnectionSpeed;
use crate::scheduling::steal_estimate::Steal;
use crate::telemetry::connection_counters::ConnectionCounters;

impl Transfer {
    /// See [`RangeScheduler::claim`](crate::scheduling::range_scheduler::RangeScheduler::claim).
    pub fn claim(&self, index: usize, limit: u64, is_idle: bool) -> Option<Claim> {
        if self.scheduler.is_surplus(index) {
            return None;
        }
        let mut ranges = self.scheduler.lock();
        if let Some(active) = self.context.active() {
            ranges.prune_claims(index, active);
        }
        let rate = |other| self.counters.rate_of(other);
        let claim = ranges.claim(index, limit, is_idle, rate)?;
        let stolen = claim.bytes.start..ranges.unclaimed_of(index).end.max(claim.bytes.end);
        self.record_steal(index, claim.stolen_from, &stolen);
        Some(claim)
    }

    /// See
    /// [`RangeScheduler::assign_segment`](crate::scheduling::range_scheduler::RangeScheduler::assign_segment).
    /// Segments of connections that are `is_silent` are taken as a whole, by a connection that is served.
    pub fn assign_segment(
        &self,
        index: usize,
        is_connected: bool,
        is_silent: impl Fn(usize) -> bool,
    ) -> Option<Range<u64>> {
        let counters = &self.counters;
        let rates = counters.connections().iter().map(ConnectionCounters::rate);
        let mean_rate = endgame::mean_speed(rates);
        // A new connection would be silent too, and the one that it steals from would be closed.
        let mut connections = 0..counters.connections().len();
        let steal = match is_connected || !connections.any(&is_silent) {
            true => Steal::estimate(is_connected, counters.latency(), mean_rate),
            false => Steal::NONE,
        };
        let rate = |other: usize| {
            let counters = counters.connections().get(other);
            counters.map_or(0.0, ConnectionCounters::expected_rate)
        };
        let mut ranges = self.scheduler.lock();
        if is_connected {
            ranges.release_untouched(index, is_silent);
        }
        let (segment, victim) = ranges.assign_segment(index, rate, steal)?;
        drop(ranges);
        self.record_steal(index, victim, &segment);
        Some(segment)
    }

    /// Records that connection `index` took `bytes` from `victim`, if any.
    fn record_steal(&self, index: usize, victim: Option<usize>, bytes: &Range<u64>) {
        if let (Some(victim), Some(active)) = (victim, self.context.active()) {
            self.counters[index].stole(victim);
            active.map.mark_start(bytes.start);
            active.map.mark_stolen(bytes);
        }
    }

    /// Claims bytes that connection `index`, which has nothing in flight, fetches as duplicates.
    /// `None` if there are none that are worthwhile, or the link has no spare capacity. See
    /// [`RangeScheduler::claim_duplicate`](crate::scheduling::range_scheduler::RangeScheduler::claim_duplicate).
    pub fn claim_duplicate(&self, index: usize, min_time_left: Duration) -> Option<Range<u64>> {
        let active = self.context.active()?;
        let speed = |other: usize| {
            let counters = self.counters.connections().get(other);
            counters.map_or_else(ConnectionSpeed::default, |counters| ConnectionSpeed {
                rate: counters.rate(),
                latency_secs: counters.latency().as_secs_f64(),
            })
        };
        let mut ranges = self.scheduler.lock();
        if ranges.requeue_lost(index, active) || !self.counters.has_spare_capacity() {
            return None;
        }
        ranges.claim_duplicate(index, active, min_time_left, speed)
    }
}
