//! How many connections there are to be: what the tuner says and, for a new file, what the first bytes told.

use std::sync::atomic::Ordering;
use std::time::Duration;

use super::shared::Transfer;
use crate::scheduling::packet_train::{CapacityEstimate, PacketTrain};

/// Of a file shorter than this, in bytes, the first flight is too much to wait for anything.
const SHORT: u64 = 1 << 20;

impl Transfer {
    /// How many connections there are to be now.
    pub fn wanted(&self) -> usize {
        self.wanted.load(Ordering::Acquire)
    }

    /// From now on there are to be so many connections.
    pub fn want(&self, connections: usize) {
        self.wanted.store(connections, Ordering::Release);
        self.wake_idle();
    }

    /// There are to be so many connections, unless the answer has come meanwhile and told better.
    pub fn want_for_now(&self, connections: usize) {
        let board = self.board();
        if self.guess.get().is_none() {
            self.wanted.store(connections, Ordering::Release);
        }
        drop(board);
        self.work.notify_all();
    }

    /// Whether connection `index` is to leave.
    pub fn is_retired(&self, index: usize) -> bool {
        index >= self.wanted()
    }

    /// Waits while connection `index` is to leave; at most `time`.
    pub fn stand_by(&self, index: usize, time: Duration) {
        self.wait_while(time, |_| self.is_retired(index));
    }

    /// Whether the first flight of an answer that promises `len` bytes is of use.
    pub fn wants_flight(&self, len: u64) -> bool {
        let request = &self.request;
        let is_free = request.auto && self.meters.len() > 1 && !request.every_connection;
        // Each mirror has a link of its own.
        is_free && request.mirrors.is_empty() && len >= SHORT && self.active().is_none()
    }

    /// The first flight of an answer that promises `len` bytes has come.
    pub fn note_flight(&self, flight: &PacketTrain, len: u64) {
        let most = self.meters.len();
        // Under the lock, so that it is not taken back by what was for now.
        let board = self.board();
        let Some(mut guess) = flight.guess(len, self.wanted(), most) else {
            return;
        };
        let limit = self.request.rate_limit.map_or(f64::MAX, |rate| rate as f64);
        guess.rate = guess.rate.map(|rate| rate.min(limit));
        if self.guess.set(guess).is_ok() {
            self.wanted.store(guess.count, Ordering::Release);
        }
        drop(board);
    }

    /// What the first bytes told.
    pub fn guess(&self) -> Option<CapacityEstimate> {
        self.guess.get().copied()
    }
}
