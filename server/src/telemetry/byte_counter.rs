//! Counts bytes, and how many come a second.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::sync::lock;

/// The rate is that of the last span this long, or longer when nobody counted or looked.
const RATE_WINDOW: Duration = Duration::from_millis(500);

/// Counts bytes, and how many come a second.
pub(crate) struct ByteCounter {
    total: AtomicU64,
    window: Mutex<Window>,
}

struct Window {
    since: Instant,
    total: u64,
    per_sec: u64,
}

impl Default for ByteCounter {
    fn default() -> Self {
        let window = Window {
            since: Instant::now(),
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
    /// Counts so many bytes more.
    pub fn add(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        self.update_rate();
    }

    /// Bytes so far.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// Bytes a second now.
    pub fn per_sec(&self) -> u64 {
        self.update_rate()
    }

    fn update_rate(&self) -> u64 {
        let now = Instant::now();
        let mut window = lock(&self.window);
        let span = now.saturating_duration_since(window.since);
        if span >= RATE_WINDOW {
            let total = self.total();
            let bytes = total.saturating_sub(window.total);
            *window = Window {
                since: now,
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
    fn the_rate_is_that_of_the_last_span() {
        let counter = ByteCounter::default();
        let back = |by: Duration| lock(&counter.window).since -= by;
        counter.add(1000);
        assert_eq!((counter.total(), counter.per_sec()), (1000, 0), "too early");
        back(Duration::from_secs(10));
        let rate = counter.per_sec();
        assert!((90..=100).contains(&rate), "{rate}");
        assert_eq!(counter.per_sec(), rate, "until the next span is over");
        back(Duration::from_secs(1));
        assert_eq!(
            (counter.total(), counter.per_sec()),
            (1000, 0),
            "nothing came"
        );
    }
}
