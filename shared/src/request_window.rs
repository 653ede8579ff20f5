//! Request window: the number of bytes that a connection requests in advance.
//!
//! It is large enough that the connection never idles between requests, and small enough that most
//! of a segment stays unclaimed, so that a faster connection can still steal it.
//!
//! The caller owns the clock, so the engine and the simulation size their windows alike. Times
//! count from the start of the connection.

use std::time::Duration;

use crate::packet::DEFAULT_PACKET_LEN;

/// Window before the connection's speed is known, in bytes.
const INITIAL_SIZE: u64 = 4 * DEFAULT_PACKET_LEN as u64;
/// Upper bound of the window, in bytes (8 MiB).
const MAX_SIZE: u64 = 8 << 20;
/// Bounds of the time that a full window should last.
const HORIZON: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Bytes to request in advance on one connection: about four round trips' worth of data.
///
/// ```
/// use lanes_shared::request_window::RequestWindow;
/// use std::time::Duration;
///
/// let mut window = RequestWindow::default();
/// let initial = window.size();
/// // A round trip of 50 ms, then a quarter of the window every 10 ms.
/// window.on_received(Duration::from_millis(100), window.run_size());
/// window.on_received(Duration::from_millis(110), window.run_size());
/// assert!(window.size() > initial);
/// ```
pub struct RequestWindow {
    size: u64,
    /// Target duration of a full window; `None` before the first reply.
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
    /// Returns the number of bytes that should be requested and not yet received.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the number of bytes per request: a quarter of the window, about one round trip of
    /// data.
    pub fn run_size(&self) -> u64 {
        self.size / 4
    }

    /// Records that `bytes` were received. The first bytes are expected two round trips after the
    /// start of the connection.
    ///
    /// The window doubles when a quarter of it arrives within a round trip, because a connection
    /// that is still speeding up must not wait for requests. It halves when a quarter takes more
    /// than four round trips.
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
    fn window_follows_the_speed_within_its_bounds() {
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
            "a quarter of the window in less than one round trip of 50 ms"
        );
        for _ in 0..20 {
            now += Duration::from_millis(100);
            window.on_received(now, window.run_size());
        }
        assert_eq!(
            window.size(),
            MAX_SIZE,
            "a quarter in one to four round trips"
        );
        for _ in 0..20 {
            now += Duration::from_millis(201);
            window.on_received(now, window.run_size());
        }
        assert_eq!(
            window.size(),
            INITIAL_SIZE / 4,
            "a quarter in more than four round trips"
        );
    }
}
