//! The flow of a download, as a connection that waits for a byte has to know it: whether others bring the
//! file meanwhile, and whether a new connection could continue where this one stands.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// A rate below this, in bytes a second, is no flow.
const MIN_RATE: f64 = 1024.0;

/// State that the connections of one download share.
#[derive(Debug, Default)]
pub(crate) struct Flow {
    /// Bits of an `f64`: goodput of all connections in bytes a second.
    rate: AtomicU64,
    /// Longest time from a request to the first byte of its response, in microseconds.
    latency: AtomicU64,
    is_resumable: AtomicBool,
}

impl Flow {
    /// Records the goodput of all connections together, in bytes a second.
    pub fn record_rate(&self, bytes_per_sec: f64) {
        self.rate.store(bytes_per_sec.to_bits(), Relaxed);
    }

    /// Returns whether any connection receives bytes.
    pub fn is_flowing(&self) -> bool {
        f64::from_bits(self.rate.load(Relaxed)) >= MIN_RATE
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
