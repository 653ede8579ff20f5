//! What a connection is to fetch: the board's answers, with what the meters know, and the waiting for
//! them.

use std::ops::Range;
use std::time::Duration;

use lanes_shared::race;
use lanes_shared::segments::Claim;

use super::Transfer;
use crate::engine::board::{Board, Pace, Theft};
use crate::engine::meter::Meter;

impl Transfer {
    /// See [`Board::ask_share`].
    pub fn ask_share(&self, index: usize, limit: u64) -> bool {
        self.board().ask_share(index, limit)
    }

    /// See [`Board::take_share`].
    pub fn take_share(&self, index: usize) -> Option<Range<u64>> {
        self.board().take_share(index)
    }

    /// See [`Board::claim`].
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

    /// See [`Board::own`].
    pub fn own(&self, index: usize, is_connected: bool) -> Option<Range<u64>> {
        let mean_speed = race::mean_speed(self.meters.iter().map(Meter::speed));
        let theft = Theft::expected(is_connected, self.latency(), mean_speed);
        let pace = |other: usize| self.meters.get(other).map_or(0.0, Meter::pace);
        let (span, stolen_from) = self.board().own(index, pace, theft)?;
        self.note_theft(index, stolen_from, &span);
        Some(span)
    }

    /// Notes that connection `index` took `span` from another, if it did.
    fn note_theft(&self, index: usize, victim: Option<usize>, span: &Range<u64>) {
        if let (Some(victim), Some(active)) = (victim, self.active()) {
            self.meters[index].stole(victim);
            active.cells.start(span.start);
            active.cells.steal(span);
        }
    }

    /// See [`Board::claim_at`].
    pub fn claim_at(&self, index: usize, at: u64, limit: u64) -> Option<Range<u64>> {
        if self.is_retired(index) {
            return None;
        }
        self.board().claim_at(index, at, limit)
    }

    /// See [`Board::race`]. Connection `index` must wait for nothing.
    pub fn race(&self, index: usize, patience: Duration) -> Option<Range<u64>> {
        let active = self.active()?;
        let pace = |other: usize| {
            let meter = self.meters.get(other);
            meter.map_or_else(Pace::default, |meter| Pace {
                speed: meter.speed(),
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
        self.meters.get(index).map_or(0.0, Meter::speed)
    }

    /// Connection `index` is gone and leaves `unfinished`: others may fetch what is missing of it.
    pub fn hand_over(&self, index: usize, unfinished: impl IntoIterator<Item = Range<u64>>) {
        // Under the lock: the length may become known while it is waited for.
        let mut board = self.board();
        board.hand_over(index, self.active(), unfinished);
        drop(board);
        self.work.ring();
    }

    /// Bytes came damaged and are to be fetched again, by whoever comes first.
    pub fn give_back(&self, bytes: Range<u64>) {
        self.board().give_back(bytes);
        self.work.ring();
    }

    /// Waits until there may be work for connection `index`, or nothing more to do; at most `time`.
    pub fn wait_for_work(&self, index: usize, time: Duration) {
        self.wait_until(index, time, |board| board.has_work_for(index));
    }

    /// Waits until there may be a place for a connection, or nothing to do; at most `time`.
    pub fn wait_for_turn(&self, time: Duration) {
        let board = self.board();
        if !self.is_complete() && !self.stop.is_stopped() {
            drop(self.work.wait(board, time));
        }
    }

    /// As [`Self::wait_for_work`], for one that did not find it worth to rob another.
    pub fn wait_for_free(&self, index: usize, time: Duration) {
        self.wait_until(index, time, |board| board.has_free_for(index));
    }

    fn wait_until(&self, index: usize, time: Duration, found: impl Fn(&Board) -> bool) {
        self.wait_while(time, |board| !found(board) && !self.is_retired(index));
    }

    /// Waits as long as there is nothing to do, unless the download is over; at most `time`.
    pub(super) fn wait_while(&self, time: Duration, idle: impl Fn(&Board) -> bool) {
        let board = self.board();
        let waits =
            |board: &mut Board| idle(board) && !self.is_complete() && !self.stop.is_stopped();
        drop(self.work.wait_while(board, time, waits));
    }
}
