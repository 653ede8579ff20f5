//! Limits a transfer to one connection behind a cold cache that fetches whole files.

use std::time::Instant;

use super::shared::Transfer;

impl Transfer {
    /// Records that the request of connection `index` for a range has ended, and wakes the connections
    /// that wait for that.
    pub fn on_far_range_answered(&self, index: usize) {
        let reached = |first: usize| self.counters[first].offset();
        let first = self.cold_cache.first();
        if self
            .cold_cache
            .answered(index, Instant::now(), reached(first))
        {
            self.on_far_range_decided();
        }
    }

    /// Looks at a request for a far range that has no answer yet.
    pub fn tick_far_range(&self) {
        let reached = |first: usize| self.counters[first].offset();
        if self.cold_cache.tick(Instant::now(), reached) {
            self.on_far_range_decided();
        }
    }

    fn on_far_range_decided(&self) {
        if self.cold_cache.is_in_step() {
            self.scheduler
                .set_target_connections(self.cold_cache.first() + 1);
            self.events.notice(
                "A far part of the file begins only once all before it has come, as from a cache that fetches whole files: one connection is used",
            );
        } else {
            self.scheduler.wake_idle();
        }
    }
}
