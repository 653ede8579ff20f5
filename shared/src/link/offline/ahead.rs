//! How much a connection asks for in advance: what it brings in four round trips, as the engine's
//! connections do. More could not be stolen from it, less would leave the line idle.

use super::super::{Ns, SECOND, secs};

/// What a connection asks for before anything came, in bytes.
const FIRST: u64 = 256 * 1024;
/// Never more than this, in bytes.
const MOST: u64 = 8 << 20;

pub(super) struct Ahead {
    len: u64,
    /// How long a full window should last.
    horizon: Ns,
    connected: Ns,
    since: Ns,
    bytes: u64,
    replied: bool,
    /// Bytes a second, smoothed, and what was counted since it was last looked at.
    speed: f64,
    looked: Ns,
    counted: u64,
}

impl Ahead {
    pub(super) fn new() -> Self {
        Self {
            len: FIRST,
            horizon: SECOND,
            connected: 0,
            since: 0,
            bytes: 0,
            replied: false,
            speed: 0.0,
            looked: 0,
            counted: 0,
        }
    }

    pub(super) fn connected(&mut self, now: Ns) {
        *self = Self::new();
        (self.connected, self.since, self.looked) = (now, now, now);
    }

    /// How many bytes should be on their way.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// How many bytes to ask for at once.
    pub(super) fn run(&self) -> u64 {
        self.len / 4
    }

    /// Bytes a second over the last second or so.
    pub(super) fn speed(&self) -> f64 {
        self.speed
    }

    /// `bytes` came. When a quarter of the window was drained within a round trip, the next is twice
    /// as long.
    pub(super) fn drained(&mut self, now: Ns, bytes: u64) {
        if !self.replied {
            self.replied = true;
            let two_round_trips = now - self.connected;
            self.horizon = (2 * two_round_trips).clamp(SECOND / 20, SECOND);
            self.since = now;
        }
        self.measure(now, bytes);
        self.bytes += bytes;
        if self.bytes < self.len / 4 {
            return;
        }
        let took = now - self.since;
        if took < self.horizon / 4 {
            self.len = (2 * self.len).min(MOST);
        } else if took > self.horizon {
            self.len = (self.len / 2).max(FIRST / 4);
        }
        (self.bytes, self.since) = (0, now);
    }

    fn measure(&mut self, now: Ns, bytes: u64) {
        self.counted += bytes;
        let span = now - self.looked;
        if span >= SECOND / 4 {
            let recent = self.counted as f64 / secs(span);
            let weight = (secs(span)).min(1.0);
            self.speed += (recent - self.speed) * if self.speed == 0.0 { 1.0 } else { weight };
            (self.counted, self.looked) = (0, now);
        }
    }
}
