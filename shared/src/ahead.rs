//! How far ahead a connection asks: enough that the line never idles, little enough that what is
//! left can still be stolen by a faster connection.
//!
//! The caller has the clock, so the engine and the simulation of a link ask alike. Times count from
//! when the connection was begun.

use std::time::Duration;

use crate::packet::DEFAULT_PACKET_LEN;

/// What is asked for before the connection's speed is known, in bytes.
const FIRST: u64 = 4 * DEFAULT_PACKET_LEN as u64;
/// The most that is asked for in advance, in bytes (8 MiB).
const MOST: u64 = 8 << 20;
/// How long a full window should last, at least and at most.
const HORIZON: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// How much a connection asks for in advance: what it brings in four round trips.
pub struct Ahead {
    window: u64,
    /// How long a full window should last; `None` before the first reply.
    horizon: Option<Duration>,
    since: Duration,
    bytes: u64,
}

impl Default for Ahead {
    fn default() -> Self {
        Self {
            window: FIRST,
            horizon: None,
            since: Duration::ZERO,
            bytes: 0,
        }
    }
}

impl Ahead {
    /// How many bytes should be on their way.
    pub fn window(&self) -> u64 {
        self.window
    }

    /// How many bytes to ask for at once: what comes in a round trip.
    pub fn run(&self) -> u64 {
        self.window / 4
    }

    /// `bytes` came; the first of them two round trips after the connection was begun. When a
    /// quarter of the window was drained within a round trip, the next window is twice as long: a
    /// connection that is still getting faster must not wait for requests.
    pub fn came(&mut self, now: Duration, bytes: u64) {
        let horizon = *self.horizon.get_or_insert_with(|| {
            let [least, most] = HORIZON;
            self.since = now;
            (now * 2).clamp(least, most)
        });
        self.bytes += bytes;
        if self.bytes < self.window / 4 {
            return;
        }
        let took = now.saturating_sub(self.since);
        if took < horizon / 4 {
            self.window = (self.window * 2).min(MOST);
        } else if took > horizon {
            self.window = (self.window / 2).max(FIRST / 4);
        }
        (self.bytes, self.since) = (0, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_speed_within_its_bounds() {
        let mut ahead = Ahead::default();
        let mut now = Duration::from_millis(100);
        ahead.came(now, 1);
        for _ in 0..20 {
            now += Duration::from_millis(49);
            ahead.came(now, ahead.run());
        }
        assert_eq!(
            ahead.window(),
            MOST,
            "a quarter within a round trip of 50 ms"
        );
        for _ in 0..20 {
            now += Duration::from_millis(100);
            ahead.came(now, ahead.run());
        }
        assert_eq!(ahead.window(), MOST, "between one and four round trips");
        for _ in 0..20 {
            now += Duration::from_millis(201);
            ahead.came(now, ahead.run());
        }
        assert_eq!(ahead.window(), FIRST / 4, "more than four");
    }
}
