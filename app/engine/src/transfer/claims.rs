//! What a connection is to fetch: the board's answers, with what the meters know, and the waiting for
//! them.

use std::ops::Range;
use std::time::Duration;

use lanes_shared::endgame;
use lanes_shared::segments::Claim;

use super::shared::Transfer;
use crate::scheduling::range_scheduler::{Pace, RangeScheduler, Steal};
use crate::telemetry::connection_counters::ConnectionCounters;

impl Transfer {
    /// See [`RangeScheduler::ask_share`].
    pub fn ask_share(&self, index: usize, limit: u64) -> bool {
        self.board().ask_share(index, limit)
    }

    /// See [`RangeScheduler::take_share`].
    pub fn take_share(&self, index: usize) -> Option<Range<u64>> {
        self.board().take_share(index)
    }

    /// See [`RangeScheduler::claim`].
    pub fn claim(&self, index: usize, limit: u64, runs_dry: bool) -> Option<Claim> {
        if self.is_retired(index) {
            return None;
        }
        let mut board = self.board();
        if let Some(active) = self.active() {
            board.prune(index, active);
        }
        let claim = board.claim(index, limit, runs_dry, |other| self.speed(other))?;
        let stolen = claim.bytes.start..board.rest_of(index).end.max(claim.bytes.end);
        self.note_theft(index, claim.stolen_from, &stolen);
        Some(claim)
    }

    /// See [`RangeScheduler::own`].
    pub fn own(&self, index: usize, is_connected: bool) -> Option<Range<u64>> {
        let mean_speed = endgame::mean_speed(self.meters.iter().map(ConnectionCounters::rate));
        let theft = Steal::expected(is_connected, self.latency(), mean_speed);
        let pace = |other: usize| {
            self.meters
                .get(other)
                .map_or(0.0, ConnectionCounters::expected_rate)
        };
        let (span, stolen_from) = self.board().own(index, pace, theft)?;
        self.note_theft(index, stolen_from, &span);
        Some(span)
    }

    /// Notes that connection `index` took `span` from another, if it did.
    fn note_theft(&self, index: usize, victim: Option<usize>, span: &Range<u64>) {
        if let (Some(victim), Some(active)) = (victim, self.active()) {
            self.meters[index].stole(victim);
            active.map.mark_start(span.start);
            active.map.mark_stolen(span);
        }
    }

    /// See [`RangeScheduler::claim_at`].
    pub fn claim_at(&self, index: usize, at: u64, limit: u64) -> Option<Range<u64>> {
        if self.is_retired(index) {
            return None;
        }
        self.board().claim_at(index, at, limit)
    }

    /// See [`RangeScheduler::race`]. Connection `index` must wait for nothing.
    pub fn race(&self, index: usize, patience: Duration) -> Option<Range<u64>> {
        let active = self.active()?;
        let pace = |other: usize| {
            let meter = self.meters.get(other);
            meter.map_or_else(Pace::default, |meter| Pace {
                speed: meter.rate(),
                latency_secs: meter.latency().as_secs_f64(),
            })
        };
        let mut board = self.board();
        if board.find_lost(index, active) || !self.has_room() {
            return None;
        }
        board.race(index, active, patience, pace)
    }

    /// Whether a packet may come twice.
    pub fn has_raced(&self) -> bool {
        self.board().has_raced()
    }

    fn speed(&self, index: usize) -> f64 {
        self.meters.get(index).map_or(0.0, ConnectionCounters::rate)
    }

    /// Connection `index` is gone and leaves `unfinished`: others may fetch what is missing of it.
    pub fn hand_over(&self, index: usize, unfinished: impl IntoIterator<Item = Range<u64>>) {
        // Under the lock: the length may become known while it is waited for.
        let mut board = self.board();
        board.hand_over(index, self.active(), unfinished);
        drop(board);
        self.work.notify_all();
    }

    /// Bytes came damaged and are to be fetched again, by whoever comes first.
    pub fn give_back(&self, bytes: Range<u64>) {
        self.board().give_back(bytes);
        self.work.notify_all();
    }

    /// Waits until there may be work for connection `index`, or nothing more to do; at most `time`.
    pub fn wait_for_work(&self, index: usize, time: Duration) {
        self.wait_until(index, time, |board| board.has_work_for(index));
    }

    /// Waits until there may be a place for a connection, or nothing to do; at most `time`.
    pub fn wait_for_turn(&self, time: Duration) {
        let board = self.board();
        if !self.is_complete() && !self.cancel.is_cancelled() {
            drop(self.work.wait_timeout(board, time));
        }
    }

    /// As [`Self::wait_for_work`], for one that did not find it worth to rob another.
    pub fn wait_for_free(&self, index: usize, time: Duration) {
        self.wait_until(index, time, |board| board.has_free_for(index));
    }

    fn wait_until(&self, index: usize, time: Duration, found: impl Fn(&RangeScheduler) -> bool) {
        self.wait_while(time, |board| !found(board) && !self.is_retired(index));
    }

    /// Waits as long as there is nothing to do, unless the download is over; at most `time`.
    pub(crate) fn wait_while(&self, time: Duration, idle: impl Fn(&RangeScheduler) -> bool) {
        let board = self.board();
        let waits = |board: &mut RangeScheduler| {
            idle(board) && !self.is_complete() && !self.cancel.is_cancelled()
        };
        drop(self.work.wait_timeout_while(board, time, waits));
    }
}
