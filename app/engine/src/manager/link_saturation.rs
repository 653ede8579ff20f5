//! Tells from the times that small files take whether the link has room for more of them at a time.
//!
//! Over a kept connection a small file takes one round trip. Once the connections together fill the link, their
//! responses wait for each other in its buffer, and each file takes longer; more connections then only make the
//! queue longer, until the buffer overflows.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// Weight of the last file in the mean, as a divisor.
const WEIGHT: u64 = 8;

/// Durations of files in microseconds.
#[derive(Debug, Default)]
pub(super) struct LinkSaturation {
    count: AtomicUsize,
    fastest: AtomicU64,
    /// Moving mean over about [`WEIGHT`] files.
    mean: AtomicU64,
}

impl LinkSaturation {
    /// Records how long a file took. Of two threads that record at once, one may be ignored.
    pub fn record(&self, duration: Duration) {
        let new = u64::try_from(duration.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        let load = |value: &AtomicU64| match value.load(Ordering::Relaxed) {
            0 => new,
            known => known,
        };
        let (fastest, mean) = (load(&self.fastest), load(&self.mean));
        self.fastest.store(fastest.min(new), Ordering::Relaxed);
        let mean = mean - mean / WEIGHT + new / WEIGHT;
        self.mean.store(mean, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns whether the files of `threads` threads, of which each has finished two, take at most half as
    /// long again as the fastest.
    pub fn has_room(&self, threads: usize) -> bool {
        let [fastest, mean] =
            [&self.fastest, &self.mean].map(|value| value.load(Ordering::Relaxed));
        self.count.load(Ordering::Relaxed) >= threads * 2 && mean <= fastest + fastest / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_room_until_files_wait_for_each_other() {
        let sign = LinkSaturation::default();
        let record = |millis, count| {
            for _ in 0..count {
                sign.record(Duration::from_millis(millis));
            }
        };
        // The first files also connect.
        record(150, 4);
        assert!(!sign.has_room(4));
        record(50, 30);
        assert!(sign.has_room(4) && !sign.has_room(20));
        record(100, 30);
        assert!(!sign.has_room(4));
        sign.record(Duration::MAX);
        sign.record(Duration::ZERO);
        assert!(!sign.has_room(4));
    }
}
