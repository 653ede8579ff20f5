//! How far ahead a connection asks: enough that the line never idles, little enough that what is
//! left can still be stolen by a faster connection.
//!
//! The caller has the clock, so the engine and the simulation of a link ask alike. Times count from
//! when the connection was begun.

use std::time::Duration;

use crate::packet::DEFAULT_PACKET_LEN;

/// What is asked for before the connection's speed is known, in bytes.
const INITIAL_SIZE: u64 = 4 * DEFAULT_PACKET_LEN as u64;
/// The most that is asked for in advance, in bytes (8 MiB).
const MAX_SIZE: u64 = 8 << 20;
/// How long a full window should last, at least and at most.
const HORIZON: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// How much a connection asks for in advance: what it brings in four round trips.
pub struct RequestWindow {
    size: u64,
    /// How long a full window should last; `None` before the first reply.
    horizon: Option<Duration>,
    interval_start: Duration,
    interval_bytes: u64,
}

impl Default for RequestWindow {
    fn default() -> Self {
        Self {
            size: INITIAL_SIZE,
            horizon: None,
            interval_start: Duration::ZERO,
            interval_bytes: 0,
        }
    }
}

impl RequestWindow {
    /// How many bytes should be on their way.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// How many bytes to ask for at once: what comes in a round trip.
    pub fn run_size(&self) -> u64 {
        self.size / 4
    }

    /// `bytes` came; the first of them two round trips after the connection was begun. When a
    /// quarter of the window was drained within a round trip, the next window is twice as long: a
    /// connection that is still getting faster must not wait for requests.
    pub fn on_received(&mut self, now: Duration, bytes: u64) {
        let horizon = *self.horizon.get_or_insert_with(|| {
            let [min, max] = HORIZON;
            self.interval_start = now;
            (now * 2).clamp(min, max)
        });
        self.interval_bytes += bytes;
        if self.interval_bytes < self.size / 4 {
            return;
        }
        let elapsed = now.saturating_sub(self.interval_start);
        if elapsed < horizon / 4 {
            self.size = (self.size * 2).min(MAX_SIZE);
        } else if elapsed > horizon {
            self.size = (self.size / 2).max(INITIAL_SIZE / 4);
        }
        (self.interval_bytes, self.interval_start) = (0, now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_follows_the_speed_within_its_bounds() {
        let mut window = RequestWindow::default();
        let mut now = Duration::from_millis(100);
        window.on_received(now, 1);
        for _ in 0..20 {
            now += Duration::from_millis(49);
            window.on_received(now, window.run_size());
        }
        assert_eq!(
            window.size(),
            MAX_SIZE,
            "a quarter within a round trip of 50 ms"
        );
        for _ in 0..20 {
            now += Duration::from_millis(100);
            window.on_received(now, window.run_size());
        }
        assert_eq!(window.size(), MAX_SIZE, "between one and four round trips");
        for _ in 0..20 {
            now += Duration::from_millis(201);
            window.on_received(now, window.run_size());
        }
        assert_eq!(window.size(), INITIAL_SIZE / 4, "more than four");
    }
}
