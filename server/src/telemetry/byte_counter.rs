//! A byte counter with its current rate.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// Minimum time over which the rate is averaged. Without calls the time is longer.
const RATE_WINDOW: Duration = Duration::from_millis(500);

/// Counts bytes, and bytes per second.
pub(crate) struct ByteCounter {
    total: AtomicU64,
    window: Mutex<Window>,
}

/// The current averaging window, and the rate of the one before.
struct Window {
    start: Instant,
    /// Total at the start.
    total: u64,
    per_sec: u64,
}

impl Default for ByteCounter {
    fn default() -> Self {
        let window = Window {
            start: Instant::now(),
            total: 0,
            per_sec: 0,
        };
        Self {
            total: AtomicU64::new(0),
            window: Mutex::new(window),
        }
    }
}

impl ByteCounter {
    /// Adds `bytes`.
    pub fn add(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        self.update_rate();
    }

    /// Returns the number of bytes so far.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Returns the current rate in bytes per second.
    pub fn per_sec(&self) -> u64 {
        self.update_rate()
    }

    fn update_rate(&self) -> u64 {
        let now = Instant::now();
        let mut window = lock(&self.window);
        let span = now.saturating_duration_since(window.start);
        if span >= RATE_WINDOW {
            let total = self.total();
            let bytes = total.saturating_sub(window.total);
            *window = Window {
                start: now,
                total,
                per_sec: (bytes as f64 / span.as_secs_f64()) as u64,
            };
        }
        window.per_sec
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_averaged_over_the_last_window() {
        let counter = ByteCounter::default();
        let back = |by: Duration| lock(&counter.window).start -= by;
        counter.add(1000);
        let early = (counter.total(), counter.per_sec());
        assert_eq!(early, (1000, 0), "the first window is not over");
        back(Duration::from_secs(10));
        let rate = counter.per_sec();
        assert!((90..=100).contains(&rate), "{rate}");
        assert_eq!(counter.per_sec(), rate, "until the next window is over");
        back(Duration::from_secs(1));
        let idle = (counter.total(), counter.per_sec());
        assert_eq!(idle, (1000, 0), "no bytes in the window");
    }
}
