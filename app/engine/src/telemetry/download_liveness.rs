//! Facts from which a stalled connection chooses its timeout: whether other connections receive, the longest
//! time to the first byte, and whether a new connection could resume.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

/// A rate below this, in bytes a second, is no flow.
const MIN_RATE: f64 = 1024.0;
/// Time after the last bytes after which there is no flow.
const MAX_PAUSE: Duration = Duration::from_secs(2);

/// State that the connections of one download share.
#[derive(Debug)]
pub(crate) struct DownloadLiveness {
    created: Instant,
    /// Milliseconds from `created` to the last bytes of any connection, plus one; 0 for none yet.
    last_bytes: AtomicU64,
    /// Longest time from a request to the first byte of its response, in microseconds.
    latency: AtomicU64,
    is_resumable: AtomicBool,
}

impl Default for DownloadLiveness {
    fn default() -> Self {
        Self {
            created: Instant::now(),
            last_bytes: AtomicU64::new(0),
            latency: AtomicU64::new(0),
            is_resumable: AtomicBool::new(false),
        }
    }
}

impl DownloadLiveness {
    /// Records the goodput of all connections together since the last call, in bytes a second.
    pub fn record_rate(&self, bytes_per_sec: f64) {
        if bytes_per_sec >= MIN_RATE {
            let now = self.created.elapsed().as_millis() as u64 + 1;
            self.last_bytes.store(now, Relaxed);
        }
    }

    /// Returns whether any connection receives bytes.
    pub fn is_flowing(&self) -> bool {
        let last = self.last_bytes.load(Relaxed).checked_sub(1);
        last.is_some_and(|last| self.created.elapsed() < Duration::from_millis(last) + MAX_PAUSE)
    }

    /// Records the time from a request to the first byte of its response.
    pub fn record_latency(&self, latency: Duration) {
        self.latency.fetch_max(latency.as_micros() as u64, Relaxed);
    }

    /// Returns the longest recorded latency.
    pub fn latency(&self) -> Duration {
        Duration::from_micros(self.latency.load(Relaxed))
    }

    /// Records whether the server serves ranges, so that a new connection continues where one was lost.
    pub fn set_resumable(&self, is_resumable: bool) {
        self.is_resumable.store(is_resumable, Relaxed);
    }

    /// Returns whether a new connection continues where one was lost.
    pub fn is_resumable(&self) -> bool {
        self.is_resumable.load(Relaxed)
    }
}
